"""The closed sets of algorithms a SCEP message may name, their OIDs, and what an endpoint allows.

RFC 8894 §2.9: AES-128-CBC and SHA-256 are mandatory, 3DES and SHA-1 tolerable, single DES and MD5 forbidden.
"""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from scep_server import oids


class DigestAlgorithm(enum.Enum):
    """What signs and digests a message. MD5 is recognised so that it can be refused by name."""

    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"

    @property
    def hash(self) -> hashes.HashAlgorithm:
        """The algorithm as `cryptography` takes it."""
        return _HASHES[self]

    def digest(self, content: bytes) -> bytes:
        """The digest of `content`; KeyError for MD5, which is refused before."""
        return _DIGESTERS[self](content).digest()


class ContentCipher(enum.Enum):
    """Content encryption of an EnvelopedData, by key length in octets."""

    AES_128_CBC = "AES-128-CBC"
    AES_192_CBC = "AES-192-CBC"
    AES_256_CBC = "AES-256-CBC"
    DES_EDE3_CBC = "3DES-CBC"

    @property
    def key_size(self) -> int:
        """Octets of the content encryption key."""
        return _KEY_SIZES[self]

    @property
    def block_size(self) -> int:
        """Octets of a block and of the initialisation vector."""
        return 8 if self is ContentCipher.DES_EDE3_CBC else 16


class KeyTransport(enum.Enum):
    """How the content encryption key is encrypted to an RSA recipient.

    Windows sends OAEP with SHA-1, Apple PKCS#1 v1.5 only; Java's OAEP with SHA-256 keeps SHA-1 inside MGF1.
    """

    PKCS1_V15 = "RSAES-PKCS1-v1_5"
    OAEP_SHA1 = "RSAES-OAEP-SHA1"
    OAEP_SHA256 = "RSAES-OAEP-SHA256"
    OAEP_SHA256_MGF1_SHA1 = "RSAES-OAEP-SHA256-MGF1-SHA1"

    @property
    def padding(self) -> padding.AsymmetricPadding:
        """The padding as `cryptography` takes it."""
        return _PADDINGS[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmPolicy:
    """What an endpoint takes beyond AES and SHA-2.

    Attributes:
        allow_sha1: Windows signs its requests with SHA-1.
        allow_3des: clients that know no AES; a profile's `legacy` switch.
    """

    allow_sha1: bool = False
    allow_3des: bool = False


_HASHES: Final = MappingProxyType(
    {
        DigestAlgorithm.MD5: hashes.MD5(),  # noqa: S303  # named to be refused
        DigestAlgorithm.SHA1: hashes.SHA1(),  # noqa: S303  # RFC 8894 §2.9: MAY, by policy
        DigestAlgorithm.SHA256: hashes.SHA256(),
        DigestAlgorithm.SHA384: hashes.SHA384(),
        DigestAlgorithm.SHA512: hashes.SHA512(),
    }
)
_DIGESTERS: Final = MappingProxyType(
    {
        DigestAlgorithm.SHA1: hashlib.sha1,
        DigestAlgorithm.SHA256: hashlib.sha256,
        DigestAlgorithm.SHA384: hashlib.sha384,
        DigestAlgorithm.SHA512: hashlib.sha512,
    }
)
_KEY_SIZES: Final = MappingProxyType(
    {
        ContentCipher.AES_128_CBC: 16,
        ContentCipher.AES_192_CBC: 24,
        ContentCipher.AES_256_CBC: 32,
        ContentCipher.DES_EDE3_CBC: 24,
    }
)


def _oaep(digest: DigestAlgorithm, mask: DigestAlgorithm) -> padding.OAEP:
    return padding.OAEP(mgf=padding.MGF1(mask.hash), algorithm=digest.hash, label=None)


_PADDINGS: Final = MappingProxyType(
    {
        KeyTransport.PKCS1_V15: padding.PKCS1v15(),
        KeyTransport.OAEP_SHA1: _oaep(DigestAlgorithm.SHA1, DigestAlgorithm.SHA1),
        KeyTransport.OAEP_SHA256: _oaep(DigestAlgorithm.SHA256, DigestAlgorithm.SHA256),
        KeyTransport.OAEP_SHA256_MGF1_SHA1: _oaep(DigestAlgorithm.SHA256, DigestAlgorithm.SHA1),
    }
)

DIGESTS: Final = MappingProxyType(
    {
        oids.MD5: DigestAlgorithm.MD5,
        oids.SHA1: DigestAlgorithm.SHA1,
        oids.SHA256: DigestAlgorithm.SHA256,
        oids.SHA384: DigestAlgorithm.SHA384,
        oids.SHA512: DigestAlgorithm.SHA512,
    }
)
DIGEST_OIDS: Final = MappingProxyType({digest: oid for oid, digest in DIGESTS.items()})
CIPHERS: Final = MappingProxyType(
    {
        oids.AES_128_CBC: ContentCipher.AES_128_CBC,
        oids.AES_192_CBC: ContentCipher.AES_192_CBC,
        oids.AES_256_CBC: ContentCipher.AES_256_CBC,
        oids.DES_EDE3_CBC: ContentCipher.DES_EDE3_CBC,
    }
)
CIPHER_OIDS: Final = MappingProxyType({cipher: oid for oid, cipher in CIPHERS.items()})
SIGNATURE_DIGESTS: Final = MappingProxyType(
    {
        oids.MD5_WITH_RSA: DigestAlgorithm.MD5,
        oids.SHA1_WITH_RSA: DigestAlgorithm.SHA1,
        oids.OIW_SHA1_WITH_RSA: DigestAlgorithm.SHA1,
        oids.SHA256_WITH_RSA: DigestAlgorithm.SHA256,
        oids.SHA384_WITH_RSA: DigestAlgorithm.SHA384,
        oids.SHA512_WITH_RSA: DigestAlgorithm.SHA512,
        oids.ECDSA_WITH_SHA1: DigestAlgorithm.SHA1,
        oids.ECDSA_WITH_SHA256: DigestAlgorithm.SHA256,
        oids.ECDSA_WITH_SHA384: DigestAlgorithm.SHA384,
        oids.ECDSA_WITH_SHA512: DigestAlgorithm.SHA512,
    }
)
