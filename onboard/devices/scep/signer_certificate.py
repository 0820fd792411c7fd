"""The self-signed certificate that carries a first request (RFC 8894 §2.3), as each family makes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from onboard.devices.scep import der
from onboard.devices.scep.csr import CertificateRequest, NameAttribute, name_der
from onboard.devices.scep.request_shape import SignerCertificate

_COMMON_NAME = "2.5.4.3"
_SHA256_WITH_RSA = "1.2.840.113549.1.1.11"
_LIFE = timedelta(days=7)
_FIXED_NAMES = {
    SignerCertificate.WINDOWS: "SCEP Protocol Certificate",
    SignerCertificate.SEPARATE_KEY: "MDM SCEP SIGNER",
}


def make_signer_certificate(
    request: CertificateRequest,
    key: rsa.RSAPrivateKey,
    kind: SignerCertificate,
    *,
    now: datetime,
    serial: int,
    utf8: bool,
) -> x509.Certificate:
    """A certificate for `key` that signs the message around `request`.

    Written byte by byte, so that its subject is the very encoding of the request's subject.

    Args:
        request: whose subject it takes, where the family does so.
        key: signs itself.
        kind: the family's habit.
        now: aware UTC; valid from a minute before.
        serial: positive.
        utf8: how the family spells the subject.
    """
    name = _name(request, kind, utf8=utf8)
    extensions = (der.explicit(3, der.sequence(_authority_key_identifier(key))),)
    body = der.sequence(
        der.explicit(0, der.integer(2)),
        der.integer(serial),
        der.algorithm(_SHA256_WITH_RSA),
        name,
        der.sequence(_utc_time(now - timedelta(minutes=1)), _utc_time(now + _LIFE)),
        name,
        key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        *(extensions if kind is SignerCertificate.WINDOWS else ()),
    )
    signature = key.sign(body, padding.PKCS1v15(), hashes.SHA256())
    certificate = der.sequence(body, der.algorithm(_SHA256_WITH_RSA), der.bit_string(signature))
    return x509.load_der_x509_certificate(certificate)


def _name(request: CertificateRequest, kind: SignerCertificate, *, utf8: bool) -> bytes:
    fixed = _FIXED_NAMES.get(kind)
    if fixed is None:
        return name_der(request.subject, utf8=utf8)
    return name_der(((NameAttribute(_COMMON_NAME, fixed),),), utf8=utf8)


def _authority_key_identifier(key: rsa.RSAPrivateKey) -> bytes:
    """Critical, against RFC 5280 §4.2.1.1, and so on the wire."""
    value = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return der.sequence(der.oid(value.oid.dotted_string), b"\x01\x01\xff", der.octets(value.public_bytes()))


def _utc_time(moment: datetime) -> bytes:
    return der.tlv(0x17, moment.astimezone(UTC).strftime("%y%m%d%H%M%SZ").encode())
