"""What a rehearsal takes from the organization's own PKI."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography import x509
from support.northwind import CAMPUS_RADIUS, NORTHWIND, STAFF_CA, certificates, staff_plan
from support.world import World, make_world

from onboard.devices.radius.eapol import EapolError
from onboard.devices.windows.profile import read_lan
from onboard.model import Anchor
from onboard.payloads.windows.elements import document
from onboard.payloads.windows.lan import lan_profile
from onboard.pki import read_certificates
from onboard.radius import judge_server, make_policy
from onboard.rehearse import radius_server
from onboard.rehearse.from_site import current_crls, labels, server_certificate


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    return make_world(tmp_path_factory.mktemp("northwind"))


def test_server_certificate_is_one_that_devices_accept(world):
    """What `ca init` made for RADIUS fits what the payloads demand."""
    given = server_certificate(world.site, CAMPUS_RADIUS)
    certificates = read_certificates(NORTHWIND, world.site.folder)
    assert given is not None
    assert judge_server(given, CAMPUS_RADIUS.server_names, (certificates["root"],), datetime.now(UTC)) == ()
    assert "PRIVATE" not in repr(given)


def test_server_certificate_brings_its_issuers(tmp_path):
    """A server below an issuing authority sends that authority's certificate, never the root's."""
    radius = replace(CAMPUS_RADIUS, trust=(Anchor(authority=STAFF_CA.name), Anchor(authority="root")))
    world = make_world(tmp_path, replace(NORTHWIND, radius=(radius,)))
    given = server_certificate(world.site, radius)
    assert given is not None
    assert given.chain[1:] == (world.site.certificate("staff"),)


def test_a_radius_of_another_pki_has_none(world):
    """Where `ca init` made nothing there is nothing."""
    assert server_certificate(world.site, replace(CAMPUS_RADIUS, name="elsewhere")) is None


def test_crls_are_those_that_the_server_publishes(world):
    """Every trusted authority has a current CRL that it signed itself."""
    policy = make_policy(NORTHWIND, CAMPUS_RADIUS, read_certificates(NORTHWIND, world.site.folder))
    crls = current_crls(world.site, policy)
    assert set(crls) == {"root", "staff", "students"}
    for name, crl in crls.items():
        assert crl.is_signature_valid(world.site.certificate(name).public_key())
        assert crl.next_update_utc > datetime.now(UTC)
        assert isinstance(crl, x509.CertificateRevocationList)


def test_crls_without_issuing_keys_are_those_in_pki(tmp_path):
    """On a host without keys the offline authorities' CRLs are there, and the others are fetched later."""
    world = make_world(tmp_path)
    for key in (world.site.state.path / "keys").iterdir():
        key.unlink()
    policy = make_policy(NORTHWIND, CAMPUS_RADIUS, read_certificates(NORTHWIND, tmp_path))
    assert set(current_crls(world.site, policy)) == {"root"}


def test_absent_freeradius_is_an_error_with_a_cure(world, tmp_path, monkeypatch):
    """Without FreeRADIUS nothing is guessed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(radius_server, "_SYSTEM_FOLDERS", ())
    policy = make_policy(NORTHWIND, CAMPUS_RADIUS, read_certificates(NORTHWIND, world.site.folder))
    own = server_certificate(world.site, CAMPUS_RADIUS)
    with pytest.raises(EapolError) as caught, radius_server.running_radius(policy, own, {}, tmp_path):
        pytest.fail("there is no FreeRADIUS here")
    assert "apt install freeradius" in caught.value.hint


def test_wires_are_told_apart_by_their_servers():
    """A LAN profile has no name; of two wires of a group it is the one whose RADIUS server it believes."""
    lab_radius = replace(CAMPUS_RADIUS, name="lab", server_names=("radius.lab.example",))
    desk = next(n for n in NORTHWIND.networks if n.name == "desk")
    lab = replace(desk, name="lab", radius=lab_radius)
    staff = next(g for g in NORTHWIND.groups if g.name == "staff")
    group = replace(staff, networks=(*staff.networks, lab))
    label = labels(replace(NORTHWIND, networks=(*NORTHWIND.networks, lab), groups=(group,)))
    plan = staff_plan()
    for names, expected in ((desk.radius.server_names, "desk"), (lab_radius.server_names, "lab")):
        profile = document(lan_profile(plan, replace(plan.networks[1], server_names=names)))
        network = read_lan(profile, [certificates()["root"].parsed])
        assert label("staff", network) == expected
    assert label("nobody", network) == network.name
