"""What a signed file holds, and what may be wrong with the certificates in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

# What `cryptography` raises on damaged certificates, at loading or when a part is first looked at.
UNREADABLE_CERTIFICATE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One SignerInfo, as read."""

    signer: x509.Certificate | None  # None: its certificate is not in the file
    digest: bytes  # OID content octets
    algorithm: bytes  # OID content octets
    attributes: bytes | None = field(
        repr=False
    )  # DER with the SET tag that was signed; None: content was signed
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedFile:
    """What a signed file holds."""

    content: bytes = field(repr=False)
    certificates: tuple[x509.Certificate, ...] = field(repr=False)
    signatures: tuple[Signature, ...]  # never empty
