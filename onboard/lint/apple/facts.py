"""What the rules want to know of a certificate, read once for each distinct certificate."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from onboard.cms import UNREADABLE_CERTIFICATE

# Payloads carry DER; PEM bytes are taken too (Apple's schema calls the types aliases of one another).
_PEM = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """What the rules ask of one certificate."""

    name: str  # common name, or the whole subject
    is_ca: bool
    is_self_signed: bool
    weakness: str  # "" when key and signature are strong enough
    not_before: datetime  # aware UTC
    not_after: datetime  # aware UTC
    sha1: bytes
    sha256: bytes


@functools.lru_cache(maxsize=256)
def facts(content: bytes) -> CertificateFacts | None:
    """Facts of a DER or PEM certificate; None when it is neither."""
    try:
        if content.lstrip().startswith(_PEM):
            certificate = x509.load_pem_x509_certificate(content)
        else:
            certificate = x509.load_der_x509_certificate(content)
        return _facts(certificate)
    except UNREADABLE_CERTIFICATE:
        return None


def _facts(certificate: x509.Certificate) -> CertificateFacts:
    der = certificate.public_bytes(Encoding.DER)
    self_signed = certificate.subject == certificate.issuer and _key_ids_agree(certificate)
    return CertificateFacts(
        name=_name(certificate),
        is_ca=_is_ca(certificate),
        is_self_signed=self_signed,
        weakness=_weakness(certificate, self_signed=self_signed),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        sha1=hashlib.sha1(der, usedforsecurity=False).digest(),
        sha256=hashlib.sha256(der).digest(),
    )


def _name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return certificate.version is x509.Version.v1 and certificate.subject == certificate.issuer


def _key_ids_agree(certificate: x509.Certificate) -> bool:
    """False for a self-issued certificate of another key, as CAs make them when they roll over."""
    try:
        own = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        issuer = certificate.extensions.get_extension_for_class(
            x509.AuthorityKeyIdentifier
        ).value.key_identifier
    except x509.ExtensionNotFound:
        return True
    return issuer is None or issuer == own


def _weakness(certificate: x509.Certificate, *, self_signed: bool) -> str:
    match certificate.public_key():
        case rsa.RSAPublicKey() as key if key.key_size < 2048:
            return f"its RSA key has {key.key_size} bits; devices demand 2048"
        case ec.EllipticCurvePublicKey() as key if key.curve.key_size < 256:
            return f"its EC key has {key.curve.key_size} bits; devices demand 256"
        case _:
            pass
    digest = certificate.signature_hash_algorithm
    if (
        digest is not None and digest.name in {"md5", "sha1"} and not self_signed
    ):  # nobody checks a root's own
        return f"it is signed with {digest.name.upper()}, which devices refuse"
    return ""
