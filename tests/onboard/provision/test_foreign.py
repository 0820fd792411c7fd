"""Somebody else's authority: trusted, never made here; and ours below it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from support.northwind import NORTHWIND, ROOT, STAFF, STAFF_CA
from support.sites import NOW, new_site

from onboard.errors import OnboardError, PkiError
from onboard.model import Anchor, Authority, Organization
from onboard.pki import read_certificates
from onboard.plan import make_plan
from onboard.provision import Kind, Outcome, Site, import_certificate, init, inspect, request, seal, sign_crl
from onboard.radius import make_policy
from onboard.secret import Secret
from onboard.serve import configure
from scep_server.authority import IssuingAuthority, Urls, certificate_authority, root
from scep_server.keys import generate

THEIRS = Authority(name="corp", certificate="pki/corp-adcs.pem")
BELOW = replace(STAFF_CA, issuer="corp")
RADIUS = replace(NORTHWIND.radius[0], trust=(Anchor(authority="corp"),))
NETWORKS = tuple(replace(network, radius=RADIUS) for network in NORTHWIND.networks)
ORGANIZATION: Organization = replace(
    NORTHWIND,
    authorities=(THEIRS, BELOW),
    radius=(RADIUS,),
    networks=NETWORKS,
    groups=(replace(STAFF, authority=BELOW, networks=NETWORKS),),
)


class Corp:
    """The other PKI."""

    def __init__(self, urls: Urls | None = None):
        key, name = (
            generate("ec-p256"),
            x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Corp Root")]),
        )
        top = root(name, key, path_length=1, valid_for=timedelta(days=9999), serial=1, now=NOW)
        more = {"urls": urls} if urls else {}
        self.authority = IssuingAuthority(name="corp", certificate=top, key=key, **more)

    @property
    def pem(self) -> bytes:
        return self.authority.certificate.public_bytes(Encoding.PEM)

    def sign(self, pem: bytes) -> bytes:
        csr = x509.load_pem_x509_csr(pem)
        made = certificate_authority(
            self.authority,
            csr.subject,
            csr.public_key(),
            path_length=0,
            valid_for=timedelta(days=1825),
            serial=2,
            now=NOW,
        )
        return made.public_bytes(Encoding.PEM)


@pytest.fixture
def site(tmp_path) -> Site:
    (tmp_path / "pki").mkdir()
    return new_site(tmp_path, ORGANIZATION)


def finished(site: Site, corp: Corp) -> Site:
    (site.folder / THEIRS.certificate).write_bytes(corp.pem)
    import_certificate(site, "staff", corp.sign(request(site, "staff")), "staff.crt")
    init(site)
    return site


def test_request_and_import_end_in_a_server(site):
    """Below somebody else's root everything is made but that root, and the server can start."""
    rows = {(row.kind, row.name): row for row in init(finished(site, Corp()))}
    assert {row.outcome for row in rows.values()} == {Outcome.KEPT}
    assert (Kind.OCSP, "corp") not in rows
    assert (Kind.CRL, "corp") not in rows
    (endpoint,) = configure(site, {}).endpoints
    assert endpoint.authority.chain == (site.certificate("corp"),)
    assert [a.name for a in configure(site, {}).authorities or ()] == ["staff"]


def test_until_the_certificate_comes_the_request_waits(site):
    """`ca init` writes the request and says what to do; `status` says so too."""
    (site.folder / THEIRS.certificate).write_bytes(Corp().pem)
    blocked = {row.name: row for row in init(site) if row.kind is Kind.AUTHORITY}["staff"]
    assert blocked.outcome is Outcome.BLOCKED
    assert x509.load_pem_x509_csr((site.folder / "pki/staff.csr").read_bytes()).is_signature_valid
    waiting = {row.name: row for row in inspect(site) if row.kind is Kind.AUTHORITY}["staff"]
    assert "ca import staff FILE" in waiting.remark


def test_its_absence_is_named(site):
    """Nothing can be made below a certificate that is not there."""
    with pytest.raises(PkiError, match=r"corp-adcs\.pem is not there"):
        init(site)


def test_payloads_carry_its_certificate(site):
    """It is the root that SCEP clients pin, and an anchor of the RADIUS server."""
    finished(site, Corp())
    certificates = read_certificates(site.organization, site.folder)
    plan = make_plan(site.organization, site.organization.groups[0], certificates, None)
    assert plan.root.parsed == site.certificate("corp")
    assert all(network.anchors == (plan.root,) for network in plan.networks)


def test_radius_fetches_its_crl_from_where_its_certificates_say(site):
    """Our server does not publish it; without it nobody would be let in."""
    finished(site, Corp(Urls(crl="http://crl.corp.example/root.crl", ocsp="", issuer="http://x.example/c")))
    certificates = read_certificates(site.organization, site.folder)
    policy = make_policy(site.organization, RADIUS, certificates)
    assert policy.crl_urls["corp"] == "http://crl.corp.example/root.crl"


def test_radius_without_its_crl_is_refused(site):
    """A configuration that would let nobody in is not written."""
    finished(site, Corp())
    certificates = read_certificates(site.organization, site.folder)
    with pytest.raises(OnboardError, match="names its CRL by http"):
        make_policy(site.organization, RADIUS, certificates)


@pytest.mark.parametrize(
    "use",
    [
        lambda site: request(site, "corp"),
        lambda site: import_certificate(site, "corp", b"", "x"),
        lambda site: sign_crl(site, "corp"),
        lambda site: seal(site, "corp", site.folder / "x", Secret("correct horse battery")),
    ],
)
def test_its_key_is_not_ours_to_use(site, use):
    """What needs the key says whose it is."""
    with pytest.raises(PkiError, match="somebody else's authority"):
        use(finished(site, Corp()))


def test_crls_live_as_long_as_the_org_says(tmp_path):
    """`crl_valid_for` of an offline authority, and that of `pki` for those that groups enrol with."""
    short = replace(ROOT, crl_valid_for=timedelta(days=30))
    pki = replace(NORTHWIND.pki, crl_valid_for=timedelta(days=5))
    organization = replace(NORTHWIND, authorities=(short, *NORTHWIND.authorities[1:]), pki=pki)
    site = new_site(tmp_path, organization)
    init(site)
    crl = x509.load_der_x509_crl((tmp_path / "pki/root.crl").read_bytes())
    assert crl.next_update_utc == NOW + timedelta(days=30)
    published = {a.name: a for a in configure(site, {}).authorities or ()}
    assert published["staff"].crl_valid_for == timedelta(days=5)
    assert {row.outcome for row in init(site) if row.kind is Kind.CRL} == {Outcome.KEPT}
    later = replace(site, now=NOW + timedelta(days=16))
    assert {row.outcome for row in init(later) if row.kind is Kind.CRL} == {Outcome.RENEWED}


def test_without_ocsp_certificates_name_no_responder(tmp_path):
    """`ocsp: false`: no signer is made, no URL goes into certificates, nothing answers."""
    site = new_site(tmp_path, replace(NORTHWIND, pki=replace(NORTHWIND.pki, ocsp=False)))
    assert Kind.OCSP not in {row.kind for row in init(site)}
    access = site.certificate("staff").extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    assert [d.access_method for d in access.value] == [x509.AuthorityInformationAccessOID.CA_ISSUERS]
    assert all(a.responder is None for a in configure(site, {}).authorities or ())
