"""A CA rollover from end to end: two authorities at one endpoint; nobody is cut off."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from support.northwind import NORTHWIND, STAFF, STAFF_CA, STAFF_CHALLENGE
from support.sites import at, new_site

from onboard.devices.scep import request_shape as shapes
from onboard.devices.scep.ca_certificates import Fingerprint, choose_ra, parse_degenerate
from onboard.devices.scep.client import Identity, ScepClient
from onboard.devices.scep.csr import CertificateRequest, NameAttribute
from onboard.devices.scep.pki_message import Endpoint
from onboard.model import Organization
from onboard.pki import read_certificates
from onboard.plan import make_plan
from onboard.provision import Outcome, Site, init, renew
from onboard.provision.hierarchy import Kind
from onboard.provision.leaves import inventory
from onboard.radius import make_policy
from onboard.serve import configure
from scep_server.runtime import running_server

DAY = timedelta(days=1)
LATER_CA = replace(STAFF_CA, name="staff-2", common_name="Northwind Staff Issuing CA 2")
EMAIL = "ada@northwind.example"
REQUEST = CertificateRequest(
    subject=(
        (NameAttribute("2.5.4.3", EMAIL),),
        (NameAttribute("2.5.4.11", "staff"),),
        (NameAttribute("2.5.4.10", NORTHWIND.name),),
    ),
    alt_names=(),
    challenge=STAFF_CHALLENGE,
)
KEYS = [rsa.generate_private_key(65537, 2048) for _ in range(4)]


def with_authorities(first, *others) -> Organization:
    group = replace(STAFF, authority=first, also_accepted=others)
    known = {a.name: a for a in (*NORTHWIND.authorities, first, *others)}
    return replace(
        NORTHWIND,
        authorities=tuple(known.values()),
        groups=(group, *(g for g in NORTHWIND.groups if g.name != "staff")),
    )


BEFORE = with_authorities(STAFF_CA)
ANNOUNCED = with_authorities(STAFF_CA, LATER_CA)
ROLLING = with_authorities(LATER_CA, STAFF_CA)
AFTER = replace(
    with_authorities(LATER_CA), authorities=tuple(a for a in ROLLING.authorities if a.name != "staff")
)


class Campus:
    """A site whose org definition changes, and a device that lives through it."""

    def __init__(self, folder):
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.site: Site = new_site(folder, BEFORE, self.now)
        init(self.site)

    def becomes(self, organization: Organization, *, after: timedelta = timedelta()) -> Site:
        self.now += after
        self.site = replace(at(self.site, self.now), organization=organization)
        init(self.site)
        return self.site

    def server(self):
        config = configure(self.site, {"staff": STAFF_CHALLENGE})
        return running_server(replace(config, clock=lambda: self.now, per_address=None))

    def client(self, base: str, http: httpx.Client) -> ScepClient:
        return ScepClient(url=f"{base}/scep/staff", client=http, shape=shapes.PLAIN, now=self.now)

    def pin(self) -> Fingerprint:
        return Fingerprint(hashlib.sha256(self.site.certificate("root").public_bytes(Encoding.DER)).digest())

    def issuer_of(self, identity: Identity) -> str:
        by = {self.site.certificate(a.name).subject: a.name for a in self.site.organization.authorities}
        return by[identity.certificate.issuer]

    def enrol(self, key, endpoint: Endpoint | None = None) -> tuple[Identity, Endpoint]:
        with self.server() as base, httpx.Client() as http:
            device = self.client(base, http)
            endpoint = endpoint or device.discover(self.pin())
            return device.enroll(endpoint, REQUEST, key), endpoint

    def renew(self, identity: Identity, key) -> Identity:
        with self.server() as base, httpx.Client() as http:
            device = self.client(base, http)
            endpoint = device.discover(self.pin())
            return device.renew(endpoint, replace(REQUEST, challenge=None), key, identity)


@pytest.fixture
def campus(tmp_path) -> Campus:
    return Campus(tmp_path)


def test_a_device_that_seals_to_the_old_ra_gets_the_old_authority(campus):
    """Whoever holds what GetCACert said before the rollover is answered as before; the others get the new."""
    identity, before = campus.enrol(KEYS[0])
    assert campus.issuer_of(identity) == "staff"
    campus.becomes(ROLLING, after=DAY)
    assert campus.issuer_of(campus.enrol(KEYS[1], before)[0]) == "staff"
    assert campus.issuer_of(campus.enrol(KEYS[2])[0]) == "staff-2"


def test_a_certificate_of_the_old_authority_renews_into_the_new(campus):
    """Renewal goes by the record, so that a fleet moves over by itself; also once the old one is gone."""
    identity, _ = campus.enrol(KEYS[0])
    campus.becomes(ROLLING, after=340 * DAY)
    renewed = campus.renew(identity, KEYS[1])
    assert campus.issuer_of(renewed) == "staff-2"
    campus.becomes(AFTER, after=340 * DAY)
    assert campus.issuer_of(campus.renew(renewed, KEYS[2])) == "staff-2"


def test_the_next_authority_is_announced_and_answers(campus):
    """RFC 8894 §4.7: GetNextCACert names it; who seals to its RA gets its certificate."""
    campus.becomes(ANNOUNCED, after=DAY)
    with campus.server() as base, httpx.Client() as http:
        device = campus.client(base, http)
        assert "GetNextCACert" in device.get_ca_caps()
        current = device.discover(campus.pin())
        reply = http.get(f"{base}/scep/staff", params={"operation": "GetNextCACert"})
        assert reply.headers["content-type"] == "application/x-x509-next-ca-cert"
        following = parse_degenerate(_inner(reply.content))
        authority = choose_ra(following, device.shape.ra_rule, campus.pin(), ())
        now = device.enroll(current, REQUEST, KEYS[0])
        then = device.enroll(replace(current, authority=authority), REQUEST, KEYS[1])
    assert (campus.issuer_of(now), campus.issuer_of(then)) == ("staff", "staff-2")


def _inner(signed: bytes) -> bytes:
    from asn1crypto import cms

    return cms.ContentInfo.load(signed)["content"]["encap_content_info"]["content"].native


@pytest.mark.parametrize("organization", [BEFORE, ROLLING], ids=["no rollover", "switched"])
def test_without_a_next_authority_there_is_no_announcement(campus, organization):
    """Capability and operation exist only while there is something to announce."""
    campus.becomes(organization, after=DAY)
    with campus.server() as base, httpx.Client() as http:
        assert "GetNextCACert" not in campus.client(base, http).get_ca_caps()
        assert http.get(f"{base}/scep/staff", params={"operation": "GetNextCACert"}).status_code >= 400


def test_a_rollover_keeps_every_pair_and_makes_each_once(campus):
    """New keys stand beside the old ones, and a second run makes nothing."""
    site = campus.becomes(ROLLING, after=DAY)
    assert [pair.stem for pair in inventory(site.state)[Kind.RA, "staff"]] == ["staff@2", "staff"]
    assert {row.outcome for row in init(site)} == {Outcome.KEPT}
    back = campus.becomes(ANNOUNCED)
    assert {row.outcome for row in init(back)} == {Outcome.KEPT}


def test_payloads_and_radius_hold_both_authorities(campus):
    """A device keeps the chain of the certificate it has, and both certificates are let in."""
    site = campus.becomes(ROLLING, after=DAY)
    certificates = read_certificates(site.organization, site.folder)
    plan = make_plan(site.organization, site.organization.group("staff"), certificates, None)
    assert [c.name for c in plan.signers] == ["staff-2", "staff"]
    assert {"root", "staff", "staff-2"} == {c.name for c in plan.anchors}
    policy = make_policy(site.organization, site.organization.radius[0], certificates)
    of_staff = [rule for rule in policy.rules if rule.group == "staff"]
    names = [rule.issuer.partition("CN=")[2].partition("/O=")[0] for rule in of_staff]
    assert names == [LATER_CA.common_name, STAFF_CA.common_name]
    assert {"staff", "staff-2"} <= set(policy.crl_urls)


def test_both_authorities_publish_their_crls(campus):
    """RADIUS lets nobody in whose issuer has no current CRL."""
    campus.becomes(ROLLING, after=DAY)
    with campus.server() as base, httpx.Client() as http:
        assert {http.get(f"{base}/crl/{name}.crl").status_code for name in ("staff", "staff-2")} == {200}


def test_an_ra_of_the_old_authority_is_renewed_while_the_rollover_lasts(campus):
    """Both RAs are kept from running out."""
    site = campus.becomes(ROLLING, after=DAY)
    renewed = [row for row in renew(at(site, campus.now + 660 * DAY), {Kind.RA}) if row.name == "staff"]
    assert [row.outcome for row in renewed] == [Outcome.RENEWED, Outcome.RENEWED]
    assert len(inventory(site.state)[Kind.RA, "staff"]) == 4
