"""The vocabulary of RFC 8894: message types, statuses, failures, transactions. Imports nothing."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import NewType

TransactionID = NewType("TransactionID", str)  # §3.2.1.1: opaque PrintableString, chosen by the client


class MessageType(enum.Enum):
    """§3.2.1.2; the wire has decimal text in a PrintableString."""

    CERT_REP = 3
    RENEWAL_REQ = 17
    PKCS_REQ = 19
    CERT_POLL = 20
    GET_CERT = 21
    GET_CRL = 22


class PkiStatus(enum.Enum):
    """§3.2.1.3."""

    SUCCESS = 0
    FAILURE = 2
    PENDING = 3


class FailInfo(enum.Enum):
    """§3.2.1.4."""

    BAD_ALG = 0
    BAD_MESSAGE_CHECK = 1
    BAD_REQUEST = 2
    BAD_TIME = 3
    BAD_CERT_ID = 4


class Operation(enum.StrEnum):
    """§4: the `operation` parameter."""

    GET_CA_CAPS = "GetCACaps"
    GET_CA_CERT = "GetCACert"
    GET_NEXT_CA_CERT = "GetNextCACert"
    PKI_OPERATION = "PKIOperation"


class ChallengePassword:
    """A challenge (RFC 2985 §5.4.1) that never prints."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text; only `challenges` needs it."""
        return self._value

    def __repr__(self) -> str:
        return "ChallengePassword(…)"

    __str__ = __repr__


class AltNameKind(enum.StrEnum):
    """GeneralName forms (RFC 5280 §4.2.1.6) that a policy may grant."""

    RFC822 = "rfc822"
    DNS = "dns"
    URI = "uri"
    UPN = "upn"  # otherName 1.3.6.1.4.1.311.20.2.3, UTF8String
    OTHER = "other"  # anything else; never granted


@dataclass(frozen=True, slots=True)
class AltName:
    """One subject alternative name as text; `value` is for display only where the kind is OTHER."""

    kind: AltNameKind
    value: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a subject: dotted OID and text (string type forgotten, RFC 5280 §7.1)."""

    oid: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Csr:
    """A certification request (RFC 2986) that proved possession of its key."""

    der: bytes = field(repr=False)
    subject: tuple[Attribute, ...]  # flattened, in order
    alt_names: tuple[AltName, ...]
    spki: bytes = field(repr=False)  # DER SubjectPublicKeyInfo
    key_bits: int  # RSA modulus bits; 0 for a key that is not RSA
    challenge: ChallengePassword | None
    ignored_extensions: tuple[str, ...]  # OIDs asked for that no policy grants; logged
    modulus: int = field(default=0, repr=False)  # RSA n, for weakkeys; 0 for a key that is not RSA
    exponent: int = 0  # RSA e
