"""Keys, certificates and the algorithms of a SCEP client that shares nothing with the server it tests."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

START = datetime(2026, 1, 1, tzinfo=UTC)


ARC = "2.16.840.1.113733.1.9."


HASHES = {
    "md5": hashes.MD5(),
    "sha1": hashes.SHA1(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


CIPHERS = {  # name: (OID, key octets, block octets)
    "aes128": ("2.16.840.1.101.3.4.1.2", 16, 16),
    "aes192": ("2.16.840.1.101.3.4.1.22", 24, 16),
    "aes256": ("2.16.840.1.101.3.4.1.42", 32, 16),
    "3des": ("1.2.840.113549.3.7", 24, 8),
    "des": ("1.3.14.3.2.7", 8, 8),
    "rc2": ("1.2.840.113549.3.2", 16, 8),
}


TRANSPORTS = {
    "pkcs1": padding.PKCS1v15(),
    "oaep-sha1": padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None),
    "oaep-sha256": padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None),
    "oaep-java": padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA256(), None),
    "oaep-sha512": padding.OAEP(padding.MGF1(hashes.SHA512()), hashes.SHA512(), None),
}


class PkiAttribute(core.Sequence):
    """A signed attribute of any type with one value."""

    _fields = [("type", core.ObjectIdentifier), ("values", core.SetOf, {"spec": core.Any})]  # noqa: RUF012


@dataclass(frozen=True)
class Pair:
    """A key and a certificate of it."""

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)


@functools.cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key for each name, made once in a test run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@functools.cache
def ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    """The same on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def self_signed(key, *, subject="CN=client", serial=1, digest="sha256", extensions=()) -> Pair:
    """A certificate that a client makes for itself (RFC 8894 §2.3)."""
    name = x509.Name.from_rfc4514_string(subject)
    builder = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        .serial_number(serial)
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=3650))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return Pair(key, builder.sign(key, HASHES[digest]))


def tlv(tag: int, content: bytes) -> bytes:
    """One DER element, written here again so that nothing is shared with the server."""
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 + len(octets)]) + octets + content


def split(data: bytes) -> tuple[int, bytes, bytes, bytes]:
    """Tag, content, whole element, and what follows it, of definite DER."""
    length, start = data[1], 2
    if length & 0x80:
        start = 2 + (length & 0x7F)
        length = int.from_bytes(data[2:start], "big")
    end = start + length
    return data[0], data[start:end], data[:end], data[end:]
