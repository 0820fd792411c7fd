"""Intune bundles that somebody has changed: each mistake is named at its object."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.northwind import staff_plan

from onboard.lint import intune as room
from onboard.lint import lint
from onboard.payloads.intune import build

_SPELLING = {"user.email": "{{EmailAddress}}", "user.upn": "{{UserPrincipalName}}"}.__getitem__


def _bundle(platform: str, *, validated: bool = True) -> dict:
    (found,) = [a for a in build(staff_plan(), _SPELLING, validated=validated) if a.platform == platform]
    return json.loads(found.content)


def _findings(bundle: dict) -> list[tuple[str, str]]:
    return [(f.rule, f.where) for f in lint("b.json", json.dumps(bundle).encode())]


def _entry(bundle: dict, key: str) -> dict:
    return next(entry for entry in bundle["objects"] if entry["key"] == key)


@pytest.mark.parametrize(
    ("platform", "key", "name", "value", "rule"),
    [
        ("windows", "windows-scep", "keySize", None, "windows-30"),
        (
            "windows",
            "windows-scep",
            "@odata.type",
            "microsoft.graph.windows81SCEPCertificateProfile",
            "windows-30",
        ),
        ("windows", "windows-scep", "@odata.type", "#microsoft.graph.somethingElse", "windows-30"),
        ("windows", "windows-scep", "subjectNameFormatString", "CN={{DeviceId}}", "windows-34"),
        ("windows", "windows-scep", "certificateValidityPeriodValue", 1000, "windows-36"),
        ("windows", "windows-scep", "challenge", "x", "windows-32"),
        ("windows", "windows-scep", "certificateStore", "machine", "windows-34"),
        ("windows", "windows-root-9ec4c395", "destinationStore", "computerCertStoreRoot", "windows-10"),
        ("windows", "windows-root-9ec4c395", "trustedRootCertificate", "AAAA", "windows-28"),
        ("android", "android-work-scep", "scepServerUrls", ["http://scep.example"], "windows-38"),
    ],
)
def test_a_wrong_property_is_named(platform, key, name, value, rule):
    """One change to a good bundle makes the rule speak, at the object."""
    bundle = _bundle(platform)
    _entry(bundle, key)["body"][name] = value
    assert (rule, key) in _findings(bundle)


@pytest.mark.parametrize(
    ("platform", "key", "navigation"),
    [
        ("windows", "windows-scep", "rootCertificate"),
        ("apple", "macos-wired-desk", "identityCertificateForClientAuthentication"),
        ("android", "android-work-wifi-campus", "rootCertificateForServerValidation"),
    ],
)
def test_a_missing_reference_is_named(platform, key, navigation):
    """Half a network is worse than none."""
    bundle = _bundle(platform)
    del _entry(bundle, key)["bind"][navigation]
    assert ("windows-30", key) in _findings(bundle)


@pytest.mark.parametrize("change", ["drop", "add", "no list"])
def test_all_objects_go_to_the_same_groups(change):
    """An object that is left out of the assignment, or is assigned and not there, is named."""
    bundle = _bundle("windows")
    keys = bundle["assignment"]["keys"]
    if change == "drop":
        keys.remove("windows-scep")
    elif change == "add":
        keys.append("windows-wifi-nowhere")
    else:
        bundle["assignment"]["keys"] = "all"
    assert ("windows-31", "assignment") in _findings(bundle)


def test_the_order_of_creation_is_judged():
    """An object before what it refers to cannot be created."""
    bundle = _bundle("windows")
    bundle["objects"].reverse()
    assert ("windows-30", "windows-scep") in _findings(bundle)


def test_two_objects_of_one_key_are_an_error():
    """A reference would be ambiguous."""
    bundle = _bundle("windows")
    bundle["objects"].append(bundle["objects"][0])
    assert ("windows-30", "windows-root-208aac62") in _findings(bundle)


def test_the_wlan_profile_inside_is_judged():
    """A profile with a wrong order, or under another name, is found inside the setting."""
    bundle = _bundle("windows")
    setting = _entry(bundle, "windows-wifi-campus")["body"]["omaSettings"][0]
    good = setting["value"]
    setting["value"] = good.replace("<connectionType>ESS</connectionType>", "")
    assert any(rule == "windows-01" for rule, _ in _findings(bundle))
    setting["value"] = good
    setting["omaUri"] = setting["omaUri"].replace("Northwind", "Southwind")
    assert ("windows-29", "windows-wifi-campus") in _findings(bundle)


def test_the_lan_profile_inside_is_judged():
    """A LAN profile with a wrong order is found; a WLAN profile at the node of the wire is none."""
    bundle = _bundle("windows")
    setting = _entry(bundle, "windows-wired-desk")["body"]["omaSettings"][0]
    good = setting["value"]
    setting["value"] = good.replace("<OneXEnforced>false</OneXEnforced>", "")
    assert any(rule == "windows-01" for rule, _ in _findings(bundle))
    setting["value"] = _entry(bundle, "windows-wifi-campus")["body"]["omaSettings"][0]["value"]
    assert ("windows-29", "windows-wired-desk") in _findings(bundle)


def test_the_apple_profile_inside_is_judged():
    """A payload that is no profile is found."""
    bundle = _bundle("apple", validated=False)
    _entry(bundle, "ios-custom")["body"]["payload"] = "AAAA"
    assert any(rule.startswith("apple-") for rule, _ in _findings(bundle))


_CONTENT = json.dumps(_bundle("windows")).encode()


@given(st.data())
def test_no_damage_raises(data):
    """Any damage ends in findings or none."""
    content = _CONTENT
    at = data.draw(st.integers(0, len(content)))
    room.lint(
        "b", content[:at] + data.draw(st.binary(max_size=5)) + content[at + data.draw(st.integers(0, 9)) :]
    )


@pytest.mark.parametrize(
    "entry", [None, 1, [], {}, {"key": 1, "body": [], "bind": 3}, {"key": "a", "bind": {"x": [1]}}]
)
def test_objects_of_any_shape_are_findings(entry):
    """JSON that is no object of ours is an error and no exception."""
    document = {"collection": "/deviceManagement/deviceConfigurations", "objects": [entry]}
    assert lint("b", json.dumps(document).encode())
