"""Writes a signed file: CMS SignedData, attached, DER, one signer, SHA-256 (RFC 5652 §5, RFC 5754).

What is the same for every file of a signer is encoded once. The signed attributes are content type and
digest, the two that must be there; the time of signing is left out, so an RSA signer gives the same bytes
for the same content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

_SEQUENCE, _SET, _INTEGER, _OCTETS, _CONTEXT_0 = 0x30, 0x31, 0x02, 0x04, 0xA0


def _tlv(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(octets))) + octets + content


def _oid(hexadecimal: str) -> bytes:
    return _tlv(0x06, bytes.fromhex(hexadecimal))


_NULL = b"\x05\x00"
_SIGNED_DATA = _oid("2a864886f70d010702")
_DATA = _oid("2a864886f70d010701")
_SHA_256 = _tlv(_SEQUENCE, _oid("608648016503040201"))  # without parameters (RFC 5754 §2)
_RSA = _tlv(_SEQUENCE, _oid("2a864886f70d010101") + _NULL)
_ECDSA_SHA_256 = _tlv(_SEQUENCE, _oid("2a8648ce3d040302"))
_CONTENT_TYPE = _tlv(_SEQUENCE, _oid("2a864886f70d010903") + _tlv(_SET, _DATA))
_MESSAGE_DIGEST = _oid("2a864886f70d010904")
_VERSION_1 = _tlv(_INTEGER, b"\x01")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerIdentity:
    """What every file of a signer repeats, in DER."""

    certificates: bytes = field(repr=False)  # [0] with the signer's and its issuers'
    before_attributes: bytes = field(repr=False)  # of the SignerInfo: version, signer, digest algorithm
    algorithm: bytes = field(repr=False)  # of the signature

    @classmethod
    def of(
        cls, certificate: x509.Certificate, chain: tuple[x509.Certificate, ...], *, is_rsa: bool
    ) -> SignerIdentity:
        """The identity of a signer whose key is RSA, or else EC."""
        serial = certificate.serial_number
        number = _tlv(_INTEGER, serial.to_bytes(serial.bit_length() // 8 + 1, signed=True))
        who = _tlv(_SEQUENCE, certificate.issuer.public_bytes() + number)
        ders = sorted({c.public_bytes(Encoding.DER) for c in (certificate, *chain)})
        return cls(
            certificates=_tlv(_CONTEXT_0, b"".join(ders)),
            before_attributes=_VERSION_1 + who + _SHA_256,
            algorithm=_RSA if is_rsa else _ECDSA_SHA_256,
        )


def write_signed(content: bytes, signer: SignerIdentity, sign: Callable[[bytes], bytes]) -> bytes:
    """The signed file.

    Args:
        content: goes inside, byte for byte.
        signer: whose certificates go along.
        sign: the signer's signature over the bytes it is given, with SHA-256: RSA PKCS#1 v1.5, or ECDSA as
            a DER sequence.
    """
    digest = _tlv(_SET, _tlv(_OCTETS, hashlib.sha256(content).digest()))
    attributes = _CONTENT_TYPE + _tlv(_SEQUENCE, _MESSAGE_DIGEST + digest)  # in DER's order of a SET
    # Signed as a SET although written as [0] IMPLICIT (RFC 5652 §5.4).
    value = sign(_tlv(_SET, attributes))
    info = signer.before_attributes + _tlv(_CONTEXT_0, attributes) + signer.algorithm + _tlv(_OCTETS, value)
    signed_data = (
        _VERSION_1
        + _tlv(_SET, _SHA_256)
        + _tlv(_SEQUENCE, _DATA + _tlv(_CONTEXT_0, _tlv(_OCTETS, content)))
        + signer.certificates
        + _tlv(_SET, _tlv(_SEQUENCE, info))
    )
    return _tlv(_SEQUENCE, _SIGNED_DATA + _tlv(_CONTEXT_0, _tlv(_SEQUENCE, signed_data)))
