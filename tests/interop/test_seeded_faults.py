"""One broken field in an artifact, and the rehearsal must say which: for each platform, down to EAP-TLS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from support.changes import Change, plist
from support.northwind import NORTHWIND
from support.scep_responder import Responder
from support.seeded_faults import FAULTS
from support.trust_faults import ABSENT, BROKEN, Fault
from support.world import World, make_world

from onboard.pki import read_certificates
from onboard.radius import make_policy
from onboard.rehearse import Given, Stage, rehearse
from onboard.rehearse.from_site import current_crls, labels, server_certificate, vlans
from onboard.rehearse.radius_server import is_possible, running_radius

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not is_possible(), reason="FreeRADIUS or eapol_test is not installed"),
]
GROUP = "staff"


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    return make_world(tmp_path_factory.mktemp("northwind"))


@pytest.fixture(scope="module")
def stage(world, tmp_path_factory) -> Stage:
    """SCEP server and RADIUS server, once for all faults."""
    radius = NORTHWIND.radius[0]
    policy = make_policy(NORTHWIND, radius, read_certificates(NORTHWIND, world.site.folder))
    crls = current_crls(world.site, policy)
    own = server_certificate(world.site, radius)
    with (
        world.stage(label=labels(NORTHWIND), vlans=vlans(NORTHWIND)) as plain,
        running_radius(policy, own, crls, tmp_path_factory.mktemp("radius")) as local,
    ):
        yield replace(plain, authenticator=local)


# Other ways to the same network: they would tell of a fault in the one that is played.
BESIDE = ("wpa-supplicant", "netplan", "iwd", "script", "gpo")


def broken(world: World, platform: str, changes: Mapping[str, Change]) -> list[Given]:
    """The group's artifacts for the platform, the first of each kind changed."""
    own = [g for g in world.artifacts if (g.group, g.platform) == (GROUP, platform)]
    given = [g for g in own if g.kind not in BESIDE or g.kind in changes]
    for kind, change in changes.items():
        at = next(i for i, g in enumerate(given) if g.kind == kind)
        given[at] = replace(given[at], content=change(given[at].content))
    return given


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_each_seeded_fault_is_named(world, stage, fault):
    """The row fails and its reason says what to look at."""
    platform, kind, change, named = fault
    results = rehearse(broken(world, platform, {kind: change}), stage)
    failed = [r for r in results if not r.ok]
    assert failed, results
    assert any(named in r.reason for r in failed), [r.reason for r in failed]


@pytest.mark.parametrize("platform", ["apple", "windows", "chromeos", "linux"])
def test_without_a_fault_nothing_fails(world, stage, platform):
    """The faults are what fails, not the scene around them."""
    given = [g for g in world.artifacts if (g.group, g.platform) == (GROUP, platform)]
    assert all(r.ok and r.vlan == 20 for r in rehearse(given, stage))


def test_wrong_anchor_of_the_server_is_named(world, stage):
    """A profile that trusts another CA for RADIUS refuses the real server."""
    stranger = Responder().root.public_bytes(Encoding.DER)
    change = plist("security.root", "PayloadContent", value=stranger)
    results = rehearse(broken(world, "apple", {"mobileconfig": change}), stage)
    assert any("device refused the RADIUS server" in r.reason for r in results), results


@pytest.mark.parametrize(("platform", "fault"), BROKEN, ids=[f"{p}: {f}" for p, f in BROKEN])
def test_trust_is_judged_on_every_platform(world, stage, platform, fault):
    """Each platform refuses each fault by its own file, or the server does, and the row says which."""
    changes, named = BROKEN[platform, fault]
    failed = [r for r in rehearse(broken(world, platform, changes), stage) if not r.ok]
    assert failed
    assert any(named in r.reason for r in failed), [r.reason for r in failed]


def test_no_fault_is_forgotten_on_any_platform():
    """A platform that is not asked about a fault has a reason."""
    platforms = {"apple", "windows", "chromeos", "android", "linux"}
    assert {*BROKEN, *ABSENT} == {(platform, fault) for platform in platforms for fault in Fault}
    assert not {*BROKEN} & {*ABSENT}
