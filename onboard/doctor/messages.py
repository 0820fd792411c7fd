"""The pkiMessages that only doctor sends: a poll that cannot match, requests that a server must refuse."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from onboard.devices.scep import der
from onboard.devices.scep.client import PKCS_REQ
from onboard.devices.scep.csr import CertificateRequest, NameAttribute, build_csr
from onboard.devices.scep.pki_message import PreparedRequest, Signer, write_message
from onboard.devices.scep.request_shape import SignerCertificate
from onboard.devices.scep.signer_certificate import make_signer_certificate
from onboard.doctor.visit import Seen, Visit

CERT_POLL = 20
_SHA1_WITH_RSA = "1.2.840.113549.1.1.5"
_NOBODY = CertificateRequest(subject=((NameAttribute("2.5.4.3", "onboard doctor"),),))


def poll(visit: Visit, seen: Seen, key: rsa.RSAPrivateKey) -> PreparedRequest:
    """A CertPoll for a transaction that never was (§3.3.3): a refusal is sure, and nothing is issued."""
    authority = seen.endpoint.authority
    subject = der.sequence(
        der.set_of(der.sequence(der.oid("2.5.4.3"), der.printable("onboard doctor"))),
    )
    body = der.sequence(authority.ca.subject.public_bytes(), subject)
    return _message(visit, seen, key, body, message_type=CERT_POLL, request=_NOBODY)


def unproven(
    visit: Visit, seen: Seen, key: rsa.RSAPrivateKey, request: CertificateRequest
) -> PreparedRequest:
    """A PKCSReq whose PKCS#10 has a wrong signature: the sender does not prove to hold the key."""
    csr = bytearray(_csr(seen, request, key))
    csr[-1] ^= 0x01
    return _message(visit, seen, key, bytes(csr), message_type=PKCS_REQ, request=request)


def signed_with_sha1(
    visit: Visit, seen: Seen, key: rsa.RSAPrivateKey, request: CertificateRequest
) -> PreparedRequest:
    """A PKCSReq whose PKCS#10 is signed with SHA-1, as old Windows profiles do."""
    info = x509.load_der_x509_csr(_csr(seen, request, key)).tbs_certrequest_bytes
    signature = key.sign(info, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303  that is the question
    csr = der.sequence(info, der.algorithm(_SHA1_WITH_RSA), der.bit_string(signature))
    return _message(visit, seen, key, csr, message_type=PKCS_REQ, request=request)


def _csr(seen: Seen, request: CertificateRequest, key: rsa.RSAPrivateKey) -> bytes:
    return build_csr(request, key, utf8=seen.shape.utf8_subject, version=seen.shape.version)


def _message(
    visit: Visit,
    seen: Seen,
    key: rsa.RSAPrivateKey,
    body: bytes,
    *,
    message_type: int,
    request: CertificateRequest,
) -> PreparedRequest:
    shape = seen.shape
    transaction_id = visit.random(20).hex().upper()
    certificate = make_signer_certificate(
        request,
        key,
        SignerCertificate.SUBJECT_OF_REQUEST,
        now=visit.now,
        serial=int.from_bytes(visit.random(15), "big") + 1,
        utf8=shape.utf8_subject,
    )
    return write_message(
        body,
        shape=shape,
        endpoint=seen.endpoint,
        message_type=message_type,
        transaction_id=transaction_id,
        signer=Signer(key=key, certificate=certificate),
        subject_key=key,
        random=visit.random,
    )
