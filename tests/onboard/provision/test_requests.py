"""Authorities that somebody else's CA signs, and CRLs signed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from support.northwind import NORTHWIND, ROOT, STAFF, STAFF_CA
from support.sites import NOW, at, new_site, provisioned

from onboard.errors import PkiError
from onboard.provision import Outcome, Reason, crls, import_certificate, init, request, seal, sign_crl
from onboard.secret import Secret
from scep_server.keys import KeyState, generate

DAY = timedelta(days=1)
FOREIGN_ROOT = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Somebody's Root")])
# An org whose only issuing CA hangs below a root that is not ours to make.
BORROWED = replace(NORTHWIND, authorities=(ROOT, STAFF_CA), groups=(STAFF,), radius=())


class Somebody:
    """Somebody else's CA."""

    def __init__(self):
        self.key = generate("ec-p256")
        self.certificate = self._sign(FOREIGN_ROOT, self.key.public_key(), path_length=None)

    def _sign(self, subject, public_key, *, ca=True, path_length=0, sign=True, end=NOW + 900 * DAY):
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(FOREIGN_ROOT)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 800 * DAY)
            .not_valid_after(end)
            .add_extension(
                x509.BasicConstraints(ca=ca, path_length=path_length if ca else None), critical=True
            )
            .add_extension(
                x509.KeyUsage(
                    digital_signature=not sign,
                    content_commitment=False,
                    key_encipherment=False,
                    data_encipherment=False,
                    key_agreement=False,
                    key_cert_sign=sign,
                    crl_sign=sign,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
        )
        return builder.sign(self.key, hashes.SHA256())

    def answer(self, pem: bytes, **changes) -> bytes:
        """A certificate for a request."""
        asked = x509.load_pem_x509_csr(pem)
        made = self._sign(asked.subject, asked.public_key(), **changes)
        return made.public_bytes(Encoding.PEM)


@pytest.fixture(name="somebody", scope="module")
def _somebody() -> Somebody:
    return Somebody()


@pytest.fixture(name="site")
def _site(tmp_path, somebody):
    (tmp_path / "pki").mkdir()
    (tmp_path / "pki/root.pem").write_bytes(somebody.certificate.public_bytes(Encoding.PEM))
    return new_site(tmp_path, BORROWED)


def test_a_request_names_the_authority(site):
    """Subject, key and CA extensions; the key is made once."""
    first = x509.load_pem_x509_csr(request(site, "staff"))
    again = x509.load_pem_x509_csr(request(site, "staff"))
    assert first.public_key() == again.public_key()
    assert first.subject.rfc4514_string() == "O=Northwind University,CN=Northwind Staff Issuing CA"
    assert site.state.keys().state("staff") is KeyState.PRESENT


def test_the_answer_becomes_the_authoritys_certificate(site, somebody):
    """What came back is in pki/, byte for byte, and importing it again changes nothing."""
    pem = somebody.answer(request(site, "staff"))
    assert import_certificate(site, "staff", pem, "staff.crt").outcome is Outcome.CREATED
    assert (site.folder / "pki/staff.pem").read_bytes() == pem
    assert import_certificate(site, "staff", pem, "staff.crt").outcome is Outcome.KEPT
    assert site.issuing("staff").certificate == x509.load_pem_x509_certificate(pem)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ca": False}, "may not sign"),
        ({"sign": False}, "may not sign"),
        ({"end": NOW - DAY}, "expired"),
    ],
)
def test_an_answer_that_is_no_working_ca_is_refused(site, somebody, changes, message):
    """Before anything is written."""
    pem = somebody.answer(request(site, "staff"), **changes)
    with pytest.raises(PkiError, match=f"staff.crt: .*{message}"):
        import_certificate(site, "staff", pem, "staff.crt")
    assert not (site.folder / "pki/staff.pem").exists()


def test_an_answer_for_another_key_or_from_another_ca_is_refused(site, somebody):
    """Mixed-up files are told from each other."""
    pem = somebody.answer(request(site, "staff"))
    with pytest.raises(PkiError, match="was not issued by"):
        import_certificate(site, "staff", Somebody().answer(request(site, "staff")), "x")
    own = somebody.certificate.public_bytes(Encoding.PEM)
    with pytest.raises(PkiError, match="for another key"):
        import_certificate(site, "staff", own, "x")
    with pytest.raises(PkiError, match="not a certificate"):
        import_certificate(site, "staff", b"garbage", "x")
    import_certificate(site, "staff", pem, "x")
    with pytest.raises(PkiError, match="holds another certificate"):
        import_certificate(site, "staff", somebody.answer(_csr(site)), "x")


def _csr(site) -> bytes:
    key = site.state.keys().load("staff")
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "again")])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return made.public_bytes(Encoding.PEM)


def test_an_answer_without_a_request_is_refused(site, somebody):
    """The cure is named."""
    with pytest.raises(PkiError, match="no key for 'staff'") as caught:
        import_certificate(site, "staff", somebody.certificate.public_bytes(Encoding.PEM), "x")
    assert "ca request staff" in caught.value.hint


def test_a_certificate_without_ca_extensions_is_refused(site, somebody):
    """A leaf from a web server's CA is no CA."""
    asked = x509.load_pem_x509_csr(request(site, "staff"))
    bare = (
        x509.CertificateBuilder()
        .subject_name(asked.subject)
        .issuer_name(FOREIGN_ROOT)
        .public_key(asked.public_key())
        .serial_number(5)
        .not_valid_before(NOW)
        .not_valid_after(NOW + DAY)
        .sign(somebody.key, hashes.SHA256())
    )
    with pytest.raises(PkiError, match="basic constraints"):
        import_certificate(site, "staff", bare.public_bytes(Encoding.PEM), "x")


def test_a_path_length_without_room_is_refused(tmp_path):
    """The org has an authority below the one that was signed."""
    site = new_site(tmp_path)
    pem = request(site, "root")
    signer = Somebody()
    asked = x509.load_pem_x509_csr(pem)
    assert asked.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 1
    with pytest.raises(PkiError, match="path length 0 leaves no room") as caught:
        import_certificate(site, "root", signer.answer(pem), "x")
    assert "path length of 1" in caught.value.hint


def test_an_authority_that_exists_is_not_requested_again(tmp_path):
    """Its certificate is in use."""
    with pytest.raises(PkiError, match="in use"):
        request(provisioned(tmp_path), "staff")


def test_a_revoked_authority_is_in_the_roots_crl_from_then_on(tmp_path):
    """Time and reason stay through later CRLs."""
    site = provisioned(tmp_path)
    serial = site.certificate("students").serial_number
    sign_crl(site, "root", {serial: Reason.CA_COMPROMISE})
    sign_crl(at(site, NOW + 30 * DAY), "root", {7: Reason.UNSPECIFIED, serial: Reason.SUPERSEDED})
    crl = x509.load_der_x509_crl((tmp_path / "pki/root.crl").read_bytes())
    entry = crl.get_revoked_certificate_by_serial_number(serial)
    assert entry.revocation_date_utc == NOW
    reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert reason is x509.ReasonFlags.ca_compromise
    assert crl.get_revoked_certificate_by_serial_number(7).revocation_date_utc == NOW + 30 * DAY
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 3
    assert {row.outcome for row in init(site)} == {Outcome.KEPT}


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"]
)
def test_garbage_in_place_of_a_crl_is_named(tmp_path, content):
    """It is not overwritten."""
    site = provisioned(tmp_path)
    (tmp_path / "pki/root.crl").write_bytes(content)
    with pytest.raises(PkiError, match=r"root\.crl: this is not a CRL"):
        init(site)
    assert (tmp_path / "pki/root.crl").read_bytes() == content


def test_a_crl_of_another_authority_is_named(tmp_path):
    """Its signature tells."""
    site = provisioned(tmp_path)
    crls.sign(site, site.issuing("staff"), None)
    (tmp_path / "pki/staff.crl").rename(tmp_path / "pki/root.crl")
    with pytest.raises(PkiError, match="was not signed by"):
        init(site)


@pytest.mark.parametrize(
    "use",
    [
        lambda site: request(site, "nobody"),
        lambda site: import_certificate(site, "nobody", b"", "x"),
        lambda site: sign_crl(site, "nobody"),
        lambda site: seal(site, "nobody", site.folder / "x", Secret("correct horse battery")),
    ],
)
def test_an_unknown_authority_is_named_beside_those_that_exist(tmp_path, use):
    """A typing mistake on the command line is no traceback."""
    with pytest.raises(PkiError, match="no authority 'nobody'") as caught:
        use(provisioned(tmp_path))
    assert caught.value.hint == "it has root, staff, students"
