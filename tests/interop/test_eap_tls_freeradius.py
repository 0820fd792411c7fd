"""EAP-TLS for real: FreeRADIUS with the generated configuration, eapol_test with what the artifacts say."""

from __future__ import annotations

import shutil
import subprocess
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku
from cryptography.x509.oid import NameOID
from support.northwind import NORTHWIND, STAFF, STUDENTS
from support.radius_scene import DAY, Scene, issue, server
from support.world import make_world

from onboard.devices.scep.client import Identity
from onboard.devices.settings import Medium
from onboard.pki import read_certificates
from onboard.provision import Kind
from onboard.provision.leaves import inventory, read
from onboard.radius import Settings, build, make_policy, write_folder
from onboard.radius.openssl_names import name_hash
from onboard.radius.policy import Opening
from onboard.rehearse import faketime, rehearse
from onboard.rehearse.from_site import fetch_crls, labels, server_certificate, vlans
from onboard.rehearse.radius_server import is_possible, running_radius
from onboard.rehearse.result import all_ok
from onboard.serve import configure
from scep_server.runtime import running_server

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not is_possible(), reason="FreeRADIUS or eapol_test is not installed"),
]


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Scene:
    return Scene(make_world(tmp_path_factory.mktemp("northwind")), tmp_path_factory.mktemp("radius"))


def test_every_device_gets_onto_its_networks_and_vlan(scene):
    """From the artifact alone: enrolled at our server, accepted by RADIUS, in the VLAN of org.yaml."""
    more = {"label": labels(NORTHWIND), "vlans": vlans(NORTHWIND)}
    with (
        scene.world.stage(**more) as stage,
        scene.radius(crls=fetch_crls(scene.policy, stage.client)) as radius,
    ):
        results = rehearse(scene.world.artifacts, replace(stage, authenticator=radius))
    assert all_ok(results), [r for r in results if not r.ok]
    found = {(r.group, r.network): r.vlan for r in results if r.platform != "android"}
    assert found == {("staff", "campus"): 20, ("staff", "desk"): 20, ("students", "campus"): 30}
    assert all(r.authenticated for r in results if r.enrolled)


@pytest.mark.parametrize("platform", ["apple", "windows", "chromeos", "linux"])
@pytest.mark.parametrize("medium", list(Medium))
def test_the_server_is_accepted_by_every_platform(scene, platform, medium):
    """The names and anchors of each platform's artifact fit the server certificate that `ca init` made."""
    with scene.radius() as radius:
        outcome = radius.authenticate("staff", scene.network(medium, platform), scene.identity(), scene.chain)
    assert (outcome.accepted, outcome.vlan) == (True, 20), outcome.reason


def test_tls_1_3_works_where_both_want_it(scene):
    """With TLS 1.3 on both sides the handshake is 1.3 and the VLAN arrives all the same."""
    network = replace(scene.network(), tls_minimum="1.3", tls_maximum="1.3")
    with scene.radius(tls_maximum="1.3") as radius:
        outcome = radius.authenticate("staff", network, scene.identity(), scene.chain)
    assert (outcome.accepted, outcome.vlan) == (True, 20), outcome.reason


def test_device_need_not_send_its_chain(scene):
    """RADIUS holds the issuing authorities itself: a device may send its own certificate alone."""
    with scene.radius() as radius:
        outcome = radius.authenticate("staff", scene.network(), scene.identity(), ())
    assert outcome.accepted, outcome.reason


def test_revoked_certificate_is_rejected(scene):
    """A certificate in the CRL does not get in; another one does."""
    gone = scene.identity()
    with scene.radius(revoked=[gone.certificate]) as radius:
        assert radius.authenticate("staff", scene.network(), scene.identity(), scene.chain).accepted
        outcome = radius.authenticate("staff", scene.network(), gone, scene.chain)
    assert not outcome.accepted
    assert "revoked" in outcome.reason


def test_expired_certificate_is_rejected(scene):
    """Yesterday's certificate does not get in."""
    with scene.radius() as radius:
        outcome = radius.authenticate("staff", scene.network(), scene.identity(until=-DAY), scene.chain)
    assert not outcome.accepted
    assert "expired" in outcome.reason


@pytest.mark.skipif(faketime.library() is None, reason="libfaketime is not installed")
def test_another_day_has_its_own_clock(scene):
    """Two days on, a certificate of one day has run out, and so has the CRL."""
    crls = scene.crls()
    with scene.radius(crls=crls, ahead=timedelta(hours=12)) as radius:
        identity = scene.identity()
        assert radius.authenticate("staff", scene.network(), identity, scene.chain).accepted
    with scene.radius(crls=crls, ahead=2 * DAY) as radius:
        outcome = radius.authenticate("staff", scene.network(), identity, scene.chain)
    assert not outcome.accepted
    assert "expired" in outcome.reason


def test_certificate_of_an_unknown_ca_is_rejected(scene):
    """A look-alike authority with the same name and another key is nobody."""
    key, own = (
        ec.generate_private_key(ec.SECP256R1()),
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
    )
    real = scene.world.site.certificate("staff")
    fake = issue(None, key, real.subject, key.public_key(), (), DAY)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ada@northwind.example")])
    certificate = issue(fake, key, subject, own.public_key(), (Eku.CLIENT_AUTH,), DAY)
    with scene.radius() as radius:
        outcome = radius.authenticate(
            "staff", scene.network(), Identity(certificate=certificate, key=own), (fake,)
        )
    assert not outcome.accepted


def test_group_is_kept_off_networks_that_are_not_its_own(scene):
    """A student's certificate opens the Wi-Fi and not the wire."""
    student = scene.identity("students")
    with scene.radius() as radius:
        wifi = radius.authenticate("students", scene.network(), student, scene.chain)
        wire = radius.authenticate("students", scene.network(Medium.ETHERNET), student, scene.chain)
    assert (wifi.accepted, wifi.vlan) == (True, 30)
    assert not wire.accepted


def test_certificate_opens_no_other_ssid(scene):
    """An SSID that org.yaml does not give to the group stays shut, whatever the certificate."""
    with scene.radius() as radius:
        other = replace(scene.network(), ssid=b"Northwind-Lab")
        assert not radius.authenticate("staff", other, scene.identity(), scene.chain).accepted


@pytest.mark.parametrize("eku", [(), (Eku.SERVER_AUTH,), (Eku.EMAIL_PROTECTION,)])
def test_certificate_without_client_auth_is_rejected(scene, eku):
    """RA, RADIUS and other certificates of the same authorities are no devices."""
    with scene.radius() as radius:
        assert not radius.authenticate(
            "staff", scene.network(), scene.identity(eku=eku), scene.chain
        ).accepted


def test_absent_crl_lets_nobody_in(scene):
    """Without a CRL nobody can be known to be unrevoked."""
    crls = scene.crls()
    del crls["staff"]
    with scene.radius(crls=crls) as radius:
        outcome = radius.authenticate("staff", scene.network(), scene.identity(), scene.chain)
        assert radius.authenticate(
            "students", scene.network(), scene.identity("students"), scene.chain
        ).accepted
    assert not outcome.accepted
    assert "CRL" in outcome.reason


@pytest.mark.parametrize("platform", ["apple", "windows", "chromeos", "linux"])
def test_server_with_a_wrong_name_is_refused_by_the_device(scene, platform):
    """A server of the same root under another name never sees the device's certificate."""
    with scene.radius(server=server(scene, "evil.northwind.example")) as radius:
        outcome = radius.authenticate(
            "staff", scene.network(platform=platform), scene.identity(), scene.chain
        )
    assert not outcome.accepted
    assert "device refused the RADIUS server" in outcome.reason


@pytest.mark.parametrize("platform", ["apple", "windows", "chromeos", "linux"])
def test_server_that_is_a_client_is_refused_by_the_device(scene, platform):
    """A certificate of the org's own PKI that is for clientAuth alone is no server's: a member's, say."""
    member = server(scene, "radius.northwind.example", eku=(Eku.CLIENT_AUTH,))
    with scene.radius(server=member) as radius:
        outcome = radius.authenticate(
            "staff", scene.network(platform=platform), scene.identity(), scene.chain
        )
    assert not outcome.accepted
    assert "device refused the RADIUS server" in outcome.reason


@pytest.mark.parametrize("kind", [Kind.RA, Kind.RADIUS, Kind.OCSP])
def test_infrastructure_of_the_org_is_no_device(scene, kind):
    """The very certificates that `ca init` made for servers, with their keys, open nothing."""
    site = scene.world.site
    with scene.radius() as radius:
        for (found, _), pairs in inventory(site.state).items():
            if found is kind:
                identity = Identity(
                    certificate=read(site.state, kind, pairs[0]),
                    key=site.state.keys(kind.value).load(pairs[0].stem),
                )
                outcome = radius.authenticate("staff", scene.network(), identity, scene.chain)
                assert not outcome.accepted


def test_revoked_authority_takes_its_members_along(scene):
    """Where the root has revoked an authority, what that one has issued opens nothing any more."""
    gone = scene.world.site.certificate("staff")
    with scene.radius(revoked=[gone]) as radius:
        outcome = radius.authenticate("staff", scene.network(), scene.identity(), scene.chain)
        student = radius.authenticate("students", scene.network(), scene.identity("students"), scene.chain)
    assert student.accepted, student.reason
    assert not outcome.accepted
    assert "CRL" in outcome.reason


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_refresh_script_drops_a_revoked_authority(scene, tmp_path):
    """Its CRL goes when the root's CRL names it, and comes back where it does not."""
    crls = scene.crls(scene.world.site.certificate("staff"))
    files = {name: tmp_path / f"{name}.der" for name in crls}
    for name, path in files.items():
        path.write_bytes(crls[name].public_bytes(Encoding.DER))
    policy = replace(scene.policy, crl_urls={name: path.as_uri() for name, path in files.items()})
    write_folder(tmp_path, build(policy, Settings(folder=str(tmp_path)), None, scene.crls()))
    place = tmp_path / "trust" / f"{name_hash(scene.world.site.certificate('staff').subject)}.r0"
    assert place.is_file()
    for crl, there in ((None, False), (scene.crls()["root"], True)):
        if crl is not None:
            files["root"].write_bytes(crl.public_bytes(Encoding.DER))
        done = subprocess.run([tmp_path / "refresh-crls"], capture_output=True, text=True, check=True)
        assert place.is_file() is there
        assert ("staff is revoked" in done.stderr) is not there


@pytest.mark.skipif(faketime.library() is None, reason="libfaketime is not installed")
def test_a_new_crl_is_taken_without_a_restart(scene):
    """On a clock 60 times as fast the trust folder is read anew, and the revoked device stays out."""
    gone, other = scene.identity(), scene.identity()
    with scene.radius(speed=60) as radius:
        assert radius.authenticate("staff", scene.network(), gone, scene.chain).accepted
        place = scene.folder / str(scene.runs) / "raddb"
        fresh = build(scene.policy, Settings(folder=str(place)), None, scene.crls(gone.certificate))
        write_folder(place, [file for file in fresh if file.path.endswith(".r0")])
        end = time.monotonic() + 30
        while time.monotonic() < end:
            outcome = radius.authenticate("staff", scene.network(), gone, scene.chain)
            if not outcome.accepted:
                break
        assert radius.authenticate("staff", scene.network(), other, scene.chain).accepted
    assert "revoked" in outcome.reason


def test_server_of_an_unknown_ca_is_refused_by_the_device(scene):
    """The right name from another root is a rogue access point."""
    with scene.radius(server=server(scene, "radius.northwind.example", issuer=None)) as radius:
        outcome = radius.authenticate("staff", scene.network(), scene.identity(), scene.chain)
    assert not outcome.accepted
    assert "device refused the RADIUS server" in outcome.reason


def test_expired_server_is_refused_by_the_device(scene):
    """A RADIUS certificate that ran out is noticed before any device does."""
    old = server(scene, "radius.northwind.example", until=-DAY)
    with scene.radius(server=old) as radius:
        outcome = radius.authenticate("staff", scene.network(), scene.identity(), scene.chain)
    assert not outcome.accepted
    assert "expired" in outcome.reason


def test_groups_of_one_authority_are_told_apart_by_subject(tmp_path):
    """Where groups share an authority the organizational unit decides, and a name cannot forge it."""
    guests = replace(STUDENTS, name="guests", authority=STAFF.authority, vlan=40)
    shared = replace(NORTHWIND, groups=(STAFF, guests))
    world = make_world(tmp_path / "org", shared)
    scene = Scene(world, tmp_path / "radius")
    authority = world.site.issuing("staff")
    policy = make_policy(shared, shared.radius[0], read_certificates(shared, world.site.folder))

    def member(name: str, group: str) -> Identity:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pairs = [(NameOID.COMMON_NAME, name), (NameOID.ORGANIZATIONAL_UNIT_NAME, group)]
        pairs.append((NameOID.ORGANIZATION_NAME, "Northwind University"))
        subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs])
        certificate = issue(
            authority.certificate, authority.key, subject, key.public_key(), (Eku.CLIENT_AUTH,), DAY
        )
        return Identity(certificate=certificate, key=key)

    own = server_certificate(world.site, shared.radius[0])
    crls = {name: scene._crl(name, ()) for name in ("root", "staff")}
    with running_radius(policy, own, crls, tmp_path / "run") as radius:
        vlan = [
            radius.authenticate("x", scene.network(), member(*who), scene.chain[:1]).vlan
            for who in (
                ("ada@northwind.example", "staff"),
                ("device-1", "guests"),
                ("x/OU=staff/O=Northwind University", "guests"),
                ("device-2", "strangers"),
            )
        ]
    assert vlan == [20, 40, None, None]


ODD_SSIDS = [
    "Café 'n' $x %{User-Name}",
    "a\\b",
    'say "x"',
    "x') || (1 == 1",
    "/a/b",
    "${confdir}",
    "a:b",
    " lead",
]


def test_odd_names_of_networks_are_compared_as_they_are(scene):
    """Quotation marks, expansions and colons in an SSID open that SSID and no other."""
    rules = tuple(
        replace(rule, openings=tuple(Opening(ssid=ssid, vlan=1) for ssid in ODD_SSIDS))
        for rule in scene.policy.rules
    )
    own, identity = server_certificate(scene.world.site, NORTHWIND.radius[0]), scene.identity()
    policy = replace(scene.policy, rules=rules)
    with running_radius(policy, own, scene.crls(), scene.folder / "odd") as radius:
        accepted = {
            ssid: radius.authenticate(
                "staff", replace(scene.network(), ssid=ssid.encode()), identity, scene.chain
            ).accepted
            for ssid in (*ODD_SSIDS, "Northwind", "x", "lead", "b")
        }
    assert [ssid for ssid, opened in accepted.items() if opened] == ODD_SSIDS


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_refresh_script_fetches_and_judges_crls(scene, tmp_path):
    """The script takes what the server publishes and nothing that its authority has not signed."""
    with running_server(configure(scene.world.site, {})) as base:
        urls = {name: f"{base}/crl/{name}.crl" for name in ("root", "staff")}
        urls["students"] = urls["staff"]  # another authority's
        policy = replace(scene.policy, crl_urls=urls)
        write_folder(tmp_path, build(policy, Settings(folder=str(tmp_path)), None, {}))
        done = subprocess.run([tmp_path / "refresh-crls"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "students" in done.stderr
    assert "root" not in done.stderr
    assert len(list((tmp_path / "trust").glob("*.r0"))) == 2
    assert not [path for path in (tmp_path / "trust").iterdir() if path.name.startswith(".")]
