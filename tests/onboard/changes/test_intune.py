"""Bundles for Intune compared: what devices lose, fetch anew or take in passing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from support.northwind import certificates, staff_plan

from onboard.changes import Effect, compare
from onboard.model import Platform, Security, Ssid
from onboard.payloads.intune import build
from onboard.payloads.intune.bundle import Assignment
from onboard.secret import Secret

_PLATFORMS = (Platform.WINDOWS, Platform.APPLE, Platform.ANDROID)
_INSTALL, _ENROL, _DROP = Effect.REINSTALL, Effect.RE_ENROL, Effect.DROP


def _bundles(plan=None, *, validated: bool = True, to: Assignment | None = None) -> dict[Platform, bytes]:
    made = build(plan or staff_plan(), "{{{}}}".format, validated=validated, assignment=to or Assignment())
    return {artifact.platform: artifact.content for artifact in made}


def _effects(platform: Platform, plan, *, validated: bool = True) -> set[Effect]:
    old, new = (_bundles(p, validated=validated)[platform] for p in (staff_plan(), plan))
    return set(compare("old", old, "new", new).effects)


def _network(**changes):
    plan = staff_plan()
    return replace(plan, networks=(replace(plan.networks[0], **changes), plan.networks[1]))


@pytest.mark.parametrize("platform", _PLATFORMS)
@pytest.mark.parametrize("validated", [False, True])
def test_the_same_bundle_changes_nothing(platform, validated):
    """Names for people are no change: a new title of the organization moves no device."""
    plan = staff_plan()
    renamed = replace(plan, support=replace(plan.support, email="other@northwind.example"))
    assert _effects(platform, plan, validated=validated) == set()
    if validated:
        assert _effects(platform, renamed) == set()


@pytest.mark.parametrize("platform", _PLATFORMS)
def test_a_change_of_the_certificate_enrols_again(platform):
    """A new URL, or a new life, is a new certificate on every device."""
    plan = staff_plan()
    moved = replace(plan, scep=replace(plan.scep, url="https://other.example/scep/staff"))
    longer = replace(plan, profile=replace(plan.profile, valid_for=timedelta(days=200)))
    for changed in (moved, longer):
        assert _effects(platform, changed) == {_ENROL, _INSTALL}


@pytest.mark.parametrize("platform", _PLATFORMS)
@pytest.mark.parametrize(
    ("changes", "drops"),
    [
        ({"server_names": ("radius2.northwind.example",)}, True),
        ({"server_names": ("radius.northwind.example", "radius2.northwind.example")}, False),
        ({"hidden": True}, False),
    ],
)
def test_a_network_says_whether_devices_drop_off(platform, changes, drops):
    """Another server drops devices off, one more does not."""
    found = _effects(platform, _network(**changes))
    assert (_DROP in found) == drops
    assert _ENROL not in found
    assert _INSTALL in found


def test_another_ssid_drops_devices_off():
    """Native objects keep their key, so the old network goes when the SSID changes."""
    assert _DROP in _effects(Platform.ANDROID, _network(ssid=Ssid("Southwind")))


def test_a_profile_inside_is_compared_as_a_file_would_be():
    """The WLAN profile of Windows and the custom profile of Apple say what they say alone."""
    stronger = _network(security=Security.WPA3_ENTERPRISE)
    assert _effects(Platform.WINDOWS, stronger) == {_DROP, _INSTALL}
    plan = staff_plan()
    secret = replace(plan, scep=replace(plan.scep, challenge=Secret("another-challenge-of-nobody")))
    old, new = (_bundles(p, validated=False)[Platform.APPLE] for p in (plan, secret))
    comparison = compare("old", old, "new", new)
    assert comparison.changes
    assert "another-challenge" not in str(comparison)


def test_a_root_that_goes_takes_networks_with_it():
    """Objects that are gone are deleted, and devices lose what they had brought."""
    plan = staff_plan()
    root = certificates()["root"]
    only = replace(plan, issuing=root, issuers=())
    assert _DROP in _effects(Platform.ANDROID, only)
    old, new = (_bundles(p)[Platform.ANDROID] for p in (only, plan))
    assert compare("old", old, "new", new).effects == (_INSTALL,)


@pytest.mark.parametrize(
    ("before", "after", "effects"),
    [
        (("A",), ("A", "B"), {_ENROL, _INSTALL}),
        (("A", "B"), ("A",), {_DROP}),
        (("A",), ("A",), set()),
    ],
)
def test_an_assignment_is_a_change(before, after, effects):
    """Whoever is added enrols, whoever is left out loses all of it."""
    old, new = (_bundles(to=Assignment(include=names))[Platform.APPLE] for names in (before, after))
    assert set(compare("old", old, "new", new).effects) == effects
    old, new = (_bundles(to=Assignment(exclude=names))[Platform.APPLE] for names in (after, before))
    assert set(compare("old", old, "new", new).effects) == effects


def test_other_types_are_made_anew():
    """From our own profile to Intune's objects, devices lose the one and get the others."""
    old, new = (_bundles(validated=validated)[Platform.APPLE] for validated in (False, True))
    assert set(compare("old", old, "new", new).effects) == {_DROP, _ENROL, _INSTALL}
    document = json.loads(old)
    document["objects"][0]["body"]["@odata.type"] = "#microsoft.graph.macOSCustomConfiguration"
    (change,) = compare("old", old, "new", json.dumps(document).encode()).changes
    assert "cannot change its type" in change.what
