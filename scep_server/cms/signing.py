"""Writing a SignedData: with one RSA signer, or degenerate, as a bag of certificates (RFC 5652 §5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives.asymmetric import padding, rsa

from scep_server import ber, oids
from scep_server.algorithms import DIGEST_OIDS, DigestAlgorithm
from scep_server.ber import tags

_PKCS1_V15: Final = padding.PKCS1v15()
_ONE: Final = ber.integer(1)
_DATA: Final = ber.object_identifier(oids.DATA)
_NO_CONTENT: Final = ber.sequence(_DATA)
_SIGNED_DATA: Final = ber.object_identifier(oids.SIGNED_DATA)
_RSA_ENCRYPTION: Final = ber.sequence(ber.object_identifier(oids.RSA_ENCRYPTION), ber.null())
_CONTENT_TYPE_DATA: Final = ber.sequence(ber.object_identifier(oids.CONTENT_TYPE), ber.set_of(_DATA))


def _digest_identifier(digest: DigestAlgorithm) -> bytes:
    """RFC 5754 §2: no parameters with SHA-2; RFC 3370 §2.1 has NULL for the older ones."""
    oid = ber.object_identifier(DIGEST_OIDS[digest])
    old = digest in (DigestAlgorithm.SHA1, DigestAlgorithm.MD5)
    return ber.sequence(oid, ber.null()) if old else ber.sequence(oid)


_DIGEST_IDENTIFIERS: Final = MappingProxyType(
    {digest: _digest_identifier(digest) for digest in DigestAlgorithm}
)


def degenerate(certificates: Sequence[bytes], crls: Sequence[bytes] = ()) -> bytes:
    """A ContentInfo with a SignedData that nobody signed, its certificates in the order given.

    A field is absent where there is nothing to put in it: what GetCRL gets has `crls` only (RFC 8894 §3.4).
    """
    data = ber.sequence(
        _ONE,
        ber.set_of(),
        _NO_CONTENT,
        ber.set_in_order(tags.CONTEXT_CONSTRUCTED, tuple(certificates)) if certificates else b"",
        ber.set_in_order(tags.CONTEXT_CONSTRUCTED | 1, tuple(crls)) if crls else b"",
        ber.set_of(),
    )
    return ber.sequence(_SIGNED_DATA, ber.implicit(0, data))


def write_signed_data(
    content: bytes | None,
    *,
    attributes: Mapping[str, bytes],
    certificates: Sequence[bytes],
    signer: bytes,
    key: rsa.RSAPrivateKey,
    digest: DigestAlgorithm,
) -> bytes:
    """Sign content of type data; None leaves it out, and the digest is then of nothing.

    Args:
        content: what is signed.
        attributes: DER value of each signed attribute beside contentType and messageDigest, by OID.
        certificates: DER, in the order in which they shall appear.
        signer: DER IssuerAndSerialNumber of the signer's certificate.
        key: the signer's.
        digest: of the content and of the signature (RSASSA-PKCS1-v1_5).
    """
    message_digest = ber.octet_string(digest.digest(content or b""))
    signed_attributes = ber.set_of(
        _CONTENT_TYPE_DATA,
        _attribute(oids.MESSAGE_DIGEST, message_digest),
        *[_attribute(oid, value) for oid, value in attributes.items()],
    )
    signature = key.sign(signed_attributes, _PKCS1_V15, digest.hash)
    identifier = _DIGEST_IDENTIFIERS[digest]
    signer_info = ber.sequence(
        _ONE,
        signer,
        identifier,
        b"\xa0" + signed_attributes[1:],  # signed as SET OF, sent as [0] (RFC 5652 §5.4)
        _RSA_ENCRYPTION,
        ber.octet_string(signature),
    )
    data = ber.sequence(
        _ONE,
        ber.set_of(identifier),
        _NO_CONTENT if content is None else ber.sequence(_DATA, ber.implicit(0, ber.octet_string(content))),
        ber.set_in_order(tags.CONTEXT_CONSTRUCTED, tuple(certificates)),
        ber.set_of(signer_info),
    )
    return ber.sequence(_SIGNED_DATA, ber.implicit(0, data))


def _attribute(oid: str, value: bytes) -> bytes:
    return ber.tlv(tags.SEQUENCE, ber.object_identifier(oid) + ber.tlv(tags.SET, value))
