"""What the store keeps and answers: records, the keys that find them, outcomes and errors."""

from __future__ import annotations

import enum
import hashlib
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from scep_server.audit import Event
from scep_server.errors import ScepError
from scep_server.messages import MessageType, TransactionID

REPEAT_FOR = timedelta(hours=24)  # how long a lost answer can be asked for again


class StoreError(ScepError):
    """The store cannot be used.

    Attributes:
        remedy: what an administrator can do, for the log and the command line.
    """

    def __init__(self, reason: str, *, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class StoreUnavailableError(StoreError):
    """Nothing was written; the same call can succeed later (disk full, lock held too long)."""


class UnusableStoreError(StoreError):
    """Damaged, foreign or made by a newer version; stays so until somebody acts."""


class RevocationReason(enum.Enum):
    """CRLReason (RFC 5280 §5.3.1), those that an administrator can give."""

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5
    PRIVILEGE_WITHDRAWN = 9


class Vouch(enum.StrEnum):
    """What stands behind a request, and so what is checked again inside the transaction."""

    ONE_TIME = "one-time"
    STATIC = "static"
    RENEWAL = "renewal"
    APPROVAL = "approval"


class Objection(enum.StrEnum):
    """Why the check inside the transaction failed."""

    SPENT = "spent"
    EXPIRED = "expired"
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    EXHAUSTED = "exhausted"
    COMPROMISED = "compromised"  # the key of the request was revoked as compromised
    CROWDED = "crowded"  # the identity has as many live certificates as it may have
    UNDECIDED = "undecided"  # nobody has approved the request


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """The reference that is checked again.

    Attributes:
        kind: of what.
        id: id of the challenge; for a renewal the one of the certificate that signs; of the queued request,
            for an APPROVAL.
        serial: the renewed certificate, of a RENEWAL.
        uses: how many certificates a STATIC challenge may give; None: any number.
    """

    kind: Vouch
    id: str
    serial: int | None = None
    uses: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """What makes two requests the same request: a retransmission gets the certificate it already got.

    The signer is a part of it: an envelope that was sniffed and signed by somebody else is not a
    retransmission. So is the CSR: the same transactionID with a new CSR is a new request, because Apple
    derives the transactionID from the key and keeps it through every attempt. And so is the issuer: during a
    rollover a device asks both authorities with the same key.
    """

    group: str
    issuer: str
    message_type: MessageType
    transaction: TransactionID
    signer: bytes = field(repr=False)  # DER certificate
    csr: bytes = field(repr=False)  # DER

    def digest(self) -> bytes:
        """32 bytes that stand for it; each part is hashed by itself, so no two keys run together."""
        parts = (
            self.group.encode(),
            self.issuer.encode(),
            str(self.message_type.value).encode(),
            self.transaction.encode(),
            self.signer,
            self.csr,
        )
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRecord:
    """One issued certificate.

    Attributes:
        serial: unique over the whole store.
        issuer: name of the authority.
        group: endpoint that issued it; renewal goes by this.
        request: `RequestKey.digest()`.
        subject: RFC 4514.
        identity: asserted or bound.
        values: variable -> value, as the policy read them from the request.
        challenge: id of the challenge that vouched for it or for its ancestor.
        spki: SHA-256 of the DER SubjectPublicKeyInfo, 32 bytes.
        not_before, not_after, issued: aware UTC.
        der: the certificate.
        renews: serial of the certificate that it renews.
        revoked, reason: when and why it was revoked.
        supersede: when it shall be revoked as superseded, because it was renewed; None: never.
        profile: what it was issued by, which a renewal goes by; empty in records of an older store.
    """

    serial: int
    issuer: str
    group: str
    request: bytes = field(repr=False)
    subject: str
    identity: str
    values: Mapping[str, str]
    challenge: str
    spki: bytes = field(repr=False)
    not_before: datetime
    not_after: datetime
    issued: datetime
    der: bytes = field(repr=False)
    renews: int | None = None
    revoked: datetime | None = None
    reason: RevocationReason | None = None
    supersede: datetime | None = None
    profile: str = ""

    @property
    def bearer(self) -> tuple[str, str]:
        """Whom it names: group and subject, without the case of ASCII letters.

        Domains have none, and directories ignore it in names: `Ada@` is not somebody beside `ada@`.
        """
        return self.group, self.subject.encode().lower().decode()

    def is_valid(self, now: datetime) -> bool:
        """Whether it is in force: begun, not over, not revoked."""
        return self.revoked is None and self.not_before <= now < self.not_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuance:
    """A signed certificate that waits for its record.

    Attributes:
        certificate: to be recorded.
        voucher: checked again before.
        event: what the audit says if it is recorded.
        max_active: live certificates that its subject may have in its group, this one included; None: any
            number. One that was renewed by a live one does not count.
        supersede: when a certificate that it renews shall be revoked as superseded; None: never.
        formerly: what its group was called before; certificates and challenges of those days still vouch, and
            certificates count.
    """

    certificate: CertificateRecord
    voucher: Voucher
    event: Event
    max_active: int | None = None
    supersede: datetime | None = None
    formerly: tuple[str, ...] = ()

    @property
    def groups(self) -> tuple[str, ...]:
        """Every name that its group has or had."""
        return (self.certificate.group, *self.formerly)

    @property
    def bearers(self) -> tuple[tuple[str, str], ...]:
        """(group, subject) of certificates that count as its own under `max_active`."""
        subjects = subjects_under(self.certificate.subject, self.groups)
        return tuple(itertools.product(self.groups, subjects))


def subjects_under(subject: str, groups: tuple[str, ...]) -> tuple[str, ...]:
    """A subject as it is or was under each name of a group, where its organizational unit is that name.

    Args:
        subject: RFC 4514.
        groups: every name that the group has or had.
    """
    if len(groups) == 1:
        return (subject,)
    unit = re.compile(rf"(?<![^,+])OU=(?:{'|'.join(map(re.escape, groups))})(?![^,+])", re.IGNORECASE)
    renamed = (unit.sub(f"OU={name}", subject) for name in groups)
    return tuple(dict.fromkeys((subject, *renamed)))


@dataclass(frozen=True, slots=True)
class Recorded:
    """It is on disk.

    Attributes:
        rival: another live certificate has the same identity under another key: it names the same asserted
            subject, or renews the same certificate.
    """

    rival: bool = False


@dataclass(frozen=True, slots=True)
class AlreadyIssued:
    """The same request was answered before, with this certificate."""

    certificate: bytes
    serial: int


@dataclass(frozen=True, slots=True)
class Spent:
    """What vouched does so no longer; nothing was recorded but the refusal."""

    objection: Objection


@dataclass(frozen=True, slots=True)
class SerialTaken:
    """The serial is in use; nothing was recorded. Draw another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """One revoked certificate, as a CRL or an OCSP answer needs it."""

    serial: int
    at: datetime
    reason: RevocationReason


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCrl:
    """The CRL that all processes serve.

    Attributes:
        number: CRL number, rising by one with each CRL of the issuer.
        revision: the issuer's `Store.revision` that it was built from.
        this_update, next_update: aware UTC.
        der: the CRL.
    """

    number: int
    revision: int
    this_update: datetime
    next_update: datetime
    der: bytes = field(repr=False)
