"""`ca init` from nothing and once more: what it makes, what it says of it, and that it then keeps still."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from support.northwind import CAMPUS_RADIUS, NORTHWIND
from support.sites import INFRASTRUCTURE, NOW, certificate, contents, counter, new_site

from onboard.errors import PkiError, StateError
from onboard.model import Authority, KeyKind
from onboard.pki import read_certificates
from onboard.provision import Kind, Outcome, StateFolder, init
from scep_server.authority import Shape
from scep_server.keys import KeyState


def test_everything_the_org_needs_is_made(tmp_path):
    """Authorities in pki/, keys and infrastructure in the state folder, the root's CRL; one row each."""
    site = new_site(tmp_path)
    rows = init(site)
    assert {row.outcome for row in rows} == {Outcome.CREATED}
    public = {path.name for path in (tmp_path / "pki").iterdir()}
    assert public == {"root.pem", "staff.pem", "students.pem", "root.crl"}
    for name in ("root", "staff", "students"):
        assert site.state.keys().state(name) is KeyState.PRESENT
    for name in INFRASTRUCTURE:
        assert (site.state.path / f"{name}.key").is_file()
        assert (site.state.path / f"{name}.pem").is_file()
    assert {f"{row.kind}/{row.name}" for row in rows} == INFRASTRUCTURE | {
        "authority/root",
        "authority/staff",
        "authority/students",
        "crl/root",
    }


def test_rows_say_what_an_administrator_compares(site):
    """Subject, key, digests and end of each certificate."""
    row = next(row for row in init(site) if row.kind is Kind.AUTHORITY and row.name == "root")
    root = read_certificates(NORTHWIND, site.folder)["root"]
    assert row.subject == "O=Northwind University,CN=Northwind Root CA"
    assert (row.key, row.sha1, row.sha256) == (
        "ec-p384",
        root.sha1.hex().upper(),
        root.sha256.hex().upper(),
    )
    assert row.not_after == root.not_after


def test_nobody_else_reads_the_state(site):
    """Folder 0700, keys 0600, and git ignores all of it."""
    assert site.state.path.stat().st_mode & 0o777 == 0o700
    assert (site.state.path / ".gitignore").read_text() == "*\n"
    for path in site.state.path.rglob("*.key"):
        assert path.stat().st_mode & 0o777 == 0o600
    assert (site.state.path / "pepper").stat().st_mode & 0o777 == 0o600


def test_authorities_are_what_the_org_says(site):
    """Keys, lifetimes, names, path lengths and who issued whom."""
    certificates = {name: p.parsed for name, p in read_certificates(NORTHWIND, site.folder).items()}
    for authority in NORTHWIND.authorities:
        made = certificates[authority.name]
        made.verify_directly_issued_by(certificates[authority.issuer or authority.name])
        assert made.public_key().key_size == authority.key.bits
        assert made.not_valid_after_utc - NOW == authority.valid_for
        length = made.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
        assert length == (1 if authority.is_root else 0)


def test_infrastructure_is_issued_by_the_right_authority(site):
    """The RA by the group's CA, the RADIUS server by what devices trust."""
    issuers = {"ra/staff": "staff", "ra/students": "students", "radius/campus": "root", "ocsp/root": "root"}
    for leaf, issuer in issuers.items():
        made = certificate(site.state.path / f"{leaf}.pem")
        made.verify_directly_issued_by(certificate(site.folder / "pki" / f"{issuer}.pem"))
    radius = certificate(site.state.path / "radius/campus.pem")
    names = radius.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == list(CAMPUS_RADIUS.server_names)
    usages = radius.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert {u.dotted_string for u in usages} == set(Shape.RADIUS_SERVER.value)
    assert (radius.not_valid_after_utc - radius.not_valid_before_utc).days <= 825


def test_serials_are_random_and_positive(site):
    """Each certificate has a serial of its own from the entropy that was given."""
    paths = [*site.state.path.rglob("*.pem"), *(site.folder / "pki").glob("*.pem")]
    serials = Counter(certificate(path).serial_number for path in paths)
    assert set(serials.values()) == {1}
    assert all(0 < serial < 2**127 for serial in serials)


def test_a_second_run_changes_no_file(site):
    """Idempotent to the byte, and it says so."""
    before = contents(site.folder)
    rows = init(site)
    assert contents(site.folder) == before
    assert {row.outcome for row in rows} == {Outcome.KEPT}


def test_a_new_group_gets_what_it_lacks_only(site):
    """Adding an authority and a group makes theirs and touches nothing else."""
    before = contents(site.folder)
    guests = Authority(
        name="guests",
        issuer="root",
        common_name="Northwind Guest CA",
        key=KeyKind.EC_P256,
        valid_for=timedelta(days=365),
    )
    group = replace(NORTHWIND.groups[1], name="guests", authority=guests)
    organization = replace(
        NORTHWIND, authorities=(*NORTHWIND.authorities, guests), groups=(*NORTHWIND.groups, group)
    )
    rows = init(replace(site, organization=organization))
    made = {f"{row.kind}/{row.name}" for row in rows if row.outcome is Outcome.CREATED}
    assert made == {"authority/guests", "ocsp/guests", "ra/guests"}
    after = contents(site.folder)
    assert {name: after[name] for name in before} == before


def test_a_state_folder_that_cannot_be_is_explained(tmp_path):
    """A file in its place, named with the cure."""
    (tmp_path / "file").write_text("x")
    site = replace(new_site(tmp_path), state=StateFolder(tmp_path / "file" / "state"))
    with pytest.raises(StateError, match="Not a directory") as caught:
        init(site)
    assert "--state" in caught.value.hint


def test_keys_are_encrypted_where_a_passphrase_is_given(tmp_path):
    """All keys, and the next run needs the passphrase."""
    site = new_site(tmp_path)
    locked = replace(site, state=StateFolder(site.state.path, b"correct horse battery"))
    init(locked)
    for path in site.state.path.rglob("*.key"):
        assert b"BEGIN ENCRYPTED PRIVATE KEY" in path.read_bytes()
    assert {row.outcome for row in init(locked)} == {Outcome.KEPT}
    with pytest.raises(PkiError, match="is encrypted"):
        init(site)


def test_a_name_that_no_certificate_holds_is_refused(tmp_path):
    """X.520 bounds, before a key is wasted on it."""
    organization = replace(NORTHWIND, name="x" * 65)
    with pytest.raises(PkiError, match="65 characters"):
        init(new_site(tmp_path, organization))


def test_entropy_and_clock_are_arguments(tmp_path):
    """Serials come from the entropy that was given, dates from the clock."""
    site = replace(new_site(tmp_path), entropy=counter())
    init(site)
    root = certificate(tmp_path / "pki/root.pem")
    assert root.serial_number == int.from_bytes((2 << 64).to_bytes(16, "big"), "big") >> 1
    assert root.not_valid_before_utc == NOW - timedelta(hours=1)


def test_a_crl_of_another_program_is_continued(site):
    """One without a number or reasons is followed by number 1, and its entries stay revoked."""
    key = site.state.keys().load("root")
    foreign = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(site.certificate("root").subject)
        .last_update(NOW)
        .next_update(NOW + timedelta(days=30))
        .add_revoked_certificate(
            x509.RevokedCertificateBuilder().serial_number(77).revocation_date(NOW).build()
        )
        .sign(key, hashes.SHA384())
    )
    (site.folder / "pki/root.crl").write_bytes(foreign.public_bytes(Encoding.PEM))
    (row,) = [row for row in init(site) if row.outcome is Outcome.RENEWED]
    assert row.kind is Kind.CRL
    crl = x509.load_der_x509_crl((site.folder / "pki/root.crl").read_bytes())
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 1
    assert crl.get_revoked_certificate_by_serial_number(77).revocation_date_utc == NOW
