"""Certificates and keys of the SCEP responder for tests: exactly the extensions that a test names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from onboard.devices.scep import der

NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
KEYS = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(3)]


def certificate(
    name: str | x509.Name,
    public,
    issuer_name: str,
    issuer_key,
    *,
    ca: bool = False,
    usage: tuple[str, ...] = (),
    serial: int = 7,
    alt_names: x509.SubjectAlternativeName | None = None,
    client: bool = False,
) -> x509.Certificate:
    """A certificate with exactly the extensions named."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(name if isinstance(name, x509.Name) else common_name(name))
        .issuer_name(common_name(issuer_name))
        .public_key(public)
        .serial_number(serial)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=300))
    )
    if ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if usage:
        flags = dict.fromkeys(_USAGES, False)
        flags.update(dict.fromkeys(usage, True))
        builder = builder.add_extension(x509.KeyUsage(**flags), critical=True)
    if alt_names is not None:
        builder = builder.add_extension(alt_names, critical=False)
    if client:
        purpose = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = builder.add_extension(purpose, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def degenerate(certificates: list[x509.Certificate]) -> bytes:
    """A certs-only SignedData with the certificates in the order given."""
    body = b"".join(c.public_bytes(Encoding.DER) for c in certificates)
    signed = der.sequence(
        der.integer(1),
        der.set_of(),
        der.sequence(der.oid("1.2.840.113549.1.7.1")),
        der.tlv(0xA0, body),
        der.set_of(),
    )
    return der.sequence(der.oid("1.2.840.113549.1.7.2"), der.tlv(0xA0, signed))


def common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
