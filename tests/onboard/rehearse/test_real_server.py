"""Every simulated device of the contract's org at its real server, on loopback."""

from __future__ import annotations

import pytest
from support.northwind import NORTHWIND, neutral
from support.world import World, make_world

from onboard.payloads import BUILDERS
from onboard.pki import read_certificates
from onboard.plan import make_plan
from onboard.radius import make_policy
from onboard.rehearse import Given, rehearse
from onboard.rehearse.from_site import fetch_crls, labels
from onboard.rehearse.result import all_ok
from onboard.secret import Secret


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    return make_world(tmp_path_factory.mktemp("northwind"))


def test_every_device_of_the_org_enrols(world):
    """Each group and platform: read, pinned, enrolled from the artifact alone, on each of its networks."""
    with world.stage(label=labels(NORTHWIND)) as stage:
        results = rehearse(world.artifacts, stage)
    assert {r.network for r in results} == {"campus", "desk"}
    assert all_ok(results), [r for r in results if not r.ok]
    assert {(r.group, r.platform) for r in results if r.enrolled} == {
        (group.name, platform.value)
        for group in NORTHWIND.groups
        for platform in group.platforms
        if platform.value != "android"
    }


def test_a_wrong_challenge_is_refused(world):
    """An artifact with another secret gets nowhere, and the row says why."""
    plan = make_plan(
        NORTHWIND,
        NORTHWIND.group("staff"),
        read_certificates(NORTHWIND, world.site.folder),
        Secret("another-long-enough-secret"),
    )
    given = [Given.of(a) for p in plan.platforms for a in BUILDERS[p](plan, neutral)]
    with world.stage() as stage:
        results = rehearse(given, stage)
    assert not [r for r in results if r.enrolled]
    assert all("refused" in r.reason for r in results if r.platform != "android")


def test_every_crl_of_the_policy_is_served(world):
    """What RADIUS needs to let anybody in is where the certificates say it is."""
    policy = make_policy(NORTHWIND, NORTHWIND.radius[0], read_certificates(NORTHWIND, world.site.folder))
    with world.stage() as stage:
        crls = fetch_crls(policy, stage.client)
    assert set(crls) == {"root", "staff", "students"}
