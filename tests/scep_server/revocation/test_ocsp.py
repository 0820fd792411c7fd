"""OCSP answers, read back by another library."""

from __future__ import annotations

import functools
from datetime import timedelta

import pytest
from asn1crypto import ocsp as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given
from hypothesis import strategies as st
from support.issuance import NOW, YEAR, approval, authority

from scep_server.authority import Shape, infrastructure
from scep_server.keys import generate
from scep_server.revocation import CertificateStatus, Responder, Standing, answer

GOOD, REVOKED, UNKNOWN = 100, 200, 300
STATUSES = {
    GOOD: CertificateStatus(standing=Standing.GOOD),
    REVOKED: CertificateStatus(standing=Standing.REVOKED, revoked_at=NOW - timedelta(hours=2), reason=4),
}


def look_up(serial: int) -> CertificateStatus:
    """What the test authority says."""
    return STATUSES.get(serial, CertificateStatus(standing=Standing.UNKNOWN))


@functools.cache
def responder(algorithm: str = "ec-p256") -> Responder:
    """A delegate of the test authority."""
    issuer = authority(algorithm)
    key = generate(algorithm)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "OCSP")])
    signer = infrastructure(
        issuer, Shape.OCSP_SIGNER, name, key.public_key(), valid_for=YEAR, serial=3, now=NOW
    )
    return Responder(issuer=issuer.certificate, signer=signer, key=key)


def request(serial: int, *, algorithm: str = "ec-p256", hasher=None, nonce: bytes | None = None) -> bytes:
    """An OCSP request for one serial."""
    issuer = authority(algorithm)
    leaf = issuer.issue(approval(), serial=serial, now=NOW)
    builder = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer.certificate, hasher or hashes.SHA1())
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def answered(asked: bytes, by: Responder | None = None) -> ocsp.OCSPResponse:
    """The answer, parsed."""
    return ocsp.load_der_ocsp_response(answer(asked, by or responder(), look_up, now=NOW))


@pytest.mark.parametrize(
    ("serial", "status"),
    [
        (GOOD, ocsp.OCSPCertStatus.GOOD),
        (REVOKED, ocsp.OCSPCertStatus.REVOKED),
        (UNKNOWN, ocsp.OCSPCertStatus.UNKNOWN),
    ],
)
@pytest.mark.parametrize("hasher", [hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
def test_each_status_is_told(serial, status, hasher):
    """Good, revoked or unknown, for whatever hash the client identifies the issuer with."""
    response = answered(request(serial, hasher=hasher))
    assert response.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
    assert response.certificate_status is status
    assert response.serial_number == serial
    assert (response.this_update_utc, response.produced_at_utc) == (NOW, NOW)
    assert response.next_update_utc == NOW + timedelta(hours=1)


def test_a_revocation_tells_when_and_why():
    """The time and reason of the record."""
    response = answered(request(REVOKED))
    assert response.revocation_time_utc == NOW - timedelta(hours=2)
    assert response.revocation_reason is x509.ReasonFlags.superseded


@pytest.mark.parametrize("algorithm", ["ec-p256", "ec-p384", "rsa-2048"])
def test_the_delegate_signs_and_shows_its_certificate(algorithm):
    """The response verifies with the certificate inside, which the authority made for OCSP signing."""
    response = answered(request(GOOD, algorithm=algorithm), responder(algorithm))
    (signer,) = response.certificates
    signer.verify_directly_issued_by(authority(algorithm).certificate)
    key, digest = signer.public_key(), response.signature_hash_algorithm
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(digest))
    else:
        key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), digest)
    subject_key = signer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert response.responder_key_hash == subject_key.digest


def test_an_authority_may_answer_for_itself():
    """Without a delegate no certificate is sent along."""
    issuer = authority()
    own = Responder(issuer=issuer.certificate, signer=issuer.certificate, key=issuer.key)
    assert answered(request(GOOD), own).certificates == []


@pytest.mark.parametrize("size", [1, 16, 32, 128])
def test_a_nonce_is_repeated(size):
    """RFC 9654: 1 to 128 octets."""
    response = answered(request(GOOD, nonce=b"n" * size))
    assert response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"n" * size


@pytest.mark.parametrize("nonce", [b"", b"n" * 129])
def test_an_abused_nonce_is_malformed(nonce):
    """Nobody gets a signature over text of their own choice and length."""
    response = answered(request(GOOD, nonce=nonce))
    assert response.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_another_issuer_is_none_of_our_business():
    """RFC 5019 §2.2.3: unauthorized."""
    response = answered(request(GOOD, algorithm="rsa-2048"))
    assert response.response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED
    unknown_hash = asn1.OCSPRequest.load(request(GOOD))
    unknown_hash["tbs_request"]["request_list"][0]["req_cert"]["hash_algorithm"]["algorithm"] = "md5"
    response = answered(unknown_hash.dump(force=True))
    assert response.response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED


def test_several_certificates_are_answered_at_once():
    """One answer for each, in the request's order."""
    parsed = asn1.OCSPRequest.load(request(GOOD))
    entries = parsed["tbs_request"]["request_list"]
    entries.append(asn1.OCSPRequest.load(request(REVOKED))["tbs_request"]["request_list"][0])
    parsed["tbs_request"]["requestor_name"] = asn1.GeneralName(name="rfc822_name", value="a@x.example")
    reply = asn1.OCSPResponse.load(answer(parsed.dump(force=True), responder(), look_up, now=NOW))
    responses = reply.response_data["responses"]
    assert [r["cert_id"]["serial_number"].native for r in responses] == [GOOD, REVOKED]
    assert [r["cert_status"].name for r in responses] == ["good", "revoked"]


def test_more_certificates_than_anybody_asks_about_are_malformed():
    """A request cannot make the server search for ever."""
    parsed = asn1.OCSPRequest.load(request(GOOD))
    entries = parsed["tbs_request"]["request_list"]
    for _ in range(16):
        entries.append(entries[0].copy())
    response = answered(parsed.dump(force=True))
    assert response.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


@given(
    garbage=st.binary(max_size=200), cut=st.integers(0, 120), octet=st.integers(0, 120), bit=st.integers(0, 7)
)
def test_any_bytes_get_an_answer(garbage, cut, octet, bit):
    """Garbage, cut and damaged requests are answered, never raised for."""
    whole = request(GOOD, nonce=b"0123456789abcdef")
    damaged = bytearray(whole)
    damaged[octet % len(whole)] ^= 1 << bit
    for asked in (garbage, whole[:cut], bytes(damaged)):
        assert answered(asked).response_status in {
            ocsp.OCSPResponseStatus.MALFORMED_REQUEST,
            ocsp.OCSPResponseStatus.UNAUTHORIZED,
            ocsp.OCSPResponseStatus.SUCCESSFUL,
        }


def test_the_responders_key_never_prints():
    """Responders are part of a configuration that may be logged."""
    assert "key=" not in repr(responder())
