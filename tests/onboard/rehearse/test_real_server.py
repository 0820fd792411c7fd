"""Every simulated device of the contract's org at its real server, on loopback."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from support.northwind import NORTHWIND, STAFF, neutral
from support.world import World, make_world

from onboard.devices.apple.profile import read_profile
from onboard.devices.fill_in import fill_in
from onboard.devices.scep.client import ScepClient
from onboard.devices.scep.request_shape import FAMILIES
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


@pytest.fixture(scope="module")
def always_renewing(tmp_path_factory) -> World:
    always = replace(STAFF.profile, renew_within=STAFF.profile.valid_for)
    organization = replace(NORTHWIND, groups=(replace(STAFF, profile=always),))
    return make_world(tmp_path_factory.mktemp("renewing"), organization)


@pytest.mark.parametrize("shape", FAMILIES, ids=lambda s: s.name)
def test_every_family_enrols_and_renews(always_renewing, shape):
    """Each client family gets a certificate and, in the renewal window, another one without a challenge."""
    world = always_renewing
    given = next(g for g in world.artifacts if g.kind == "mobileconfig")
    values = world.values("staff", "apple")
    enrolment = read_profile(fill_in(given.content, given.kind, values)).enrolment
    with world.stage() as stage:
        device = ScepClient(url=enrolment.url, client=stage.client, shape=shape, now=stage.now)
        endpoint = device.discover(enrolment.pin)
        keys = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]
        first = device.enroll(endpoint, enrolment.request, keys[0])
        second = device.renew(endpoint, replace(enrolment.request, challenge=None), keys[1], first)
    assert second.certificate.subject == first.certificate.subject
    assert second.certificate.serial_number != first.certificate.serial_number
    assert second.certificate.public_key() == keys[1].public_key()
