"""The one protocol that every backend keeps; the contract suite of the tests says what it means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from scep_server.audit import ChainedEvent, Event
from scep_server.challenges import Challenge
from scep_server.messages import TransactionID
from scep_server.store.endings import GroupEnding
from scep_server.store.pending import PendingRequest, Queued, QueueFull, Submission
from scep_server.store.records import (
    AlreadyIssued,
    CertificateRecord,
    Issuance,
    Objection,
    Recorded,
    Revocation,
    RevocationReason,
    SerialTaken,
    Spent,
    StoredCrl,
)

Entry = Issuance | Event | Submission
Outcome = Recorded | AlreadyIssued | Spent | SerialTaken | Queued | QueueFull


class ReadingStore(Protocol):
    """What is asked in the middle of a request: a few indexed look-ups, answered at once."""

    def challenge(self, digest: bytes) -> Challenge | None:
        """The minted challenge with this keyed digest."""
        ...

    def answered(self, request: bytes, now: datetime) -> CertificateRecord | None:
        """The certificate that this request got within 24 h, while it is valid and unrevoked.

        Args:
            request: `RequestKey.digest()`.
            now: aware UTC.
        """
        ...

    def certificate(self, serial: int) -> CertificateRecord | None:
        """The certificate with this serial."""
        ...

    def revision(self, issuer: str) -> int:
        """A number that rises with each revocation of this issuer; one row, so it can be asked often."""
        ...

    def revocations(self, issuer: str, since: datetime | None = None) -> Iterator[Revocation]:
        """Every revoked certificate of the issuer, by serial; only those that end at `since` or later."""
        ...

    def objection(self, issuance: Issuance, now: datetime) -> Objection | None:
        """Why `record` would refuse it now; asked before signing where many may be refused alike."""
        ...

    def pending_of(
        self, group: str, transaction: TransactionID, signer: bytes, now: datetime
    ) -> PendingRequest | None:
        """The queued request of a transaction, unless its time is up.

        Args:
            group: endpoint.
            transaction: as sent.
            signer: SHA-256 of the signer's SubjectPublicKeyInfo.
            now: aware UTC.
        """
        ...

    def crl(self, issuer: str) -> StoredCrl | None:
        """The newest CRL of the issuer."""
        ...


class Store(ReadingStore, Protocol):
    """All of it. Every writing call is durable when it returns, or has left no trace."""

    def record(self, batch: Sequence[Entry], now: datetime) -> tuple[Outcome, ...]:
        """Settle a batch in one transaction, one outcome for each entry and in its order.

        An Event is appended to the audit trail and is Recorded. For an Issuance the voucher is checked
        again, the certificate inserted, a one-time challenge spent, and the event appended: its own if
        it is recorded, a refusal or an alarm if not. What is refused leaves its neighbours alone. A
        Submission is Queued, or there is no room; the same request again is not queued twice.

        Raises:
            StoreUnavailableError: nothing of the batch was recorded.
        """
        ...

    def add_challenges(self, challenges: Sequence[Challenge]) -> None:
        """Record minted challenges, each with its audit event.

        Raises:
            StoreError: an id or a digest is there already; then none is added.
        """
        ...

    def challenges(self, group: str | None = None) -> tuple[Challenge, ...]:
        """Those of one group or of all, oldest first."""
        ...

    def revoke_challenge(self, identifier: str, now: datetime) -> bool:
        """Make an unspent challenge worthless; False when there is no such challenge to revoke."""
        ...

    def certificates(self, group: str | None = None) -> Iterator[CertificateRecord]:
        """Those of one group or of all, oldest first."""
        ...

    def endings(self, now: datetime) -> tuple[GroupEnding, ...]:
        """When certificates end that are in force and have no successor of their subject, by group."""
        ...

    def revoke(self, serial: int, reason: RevocationReason, now: datetime) -> bool:
        """Revoke a certificate, with its audit event; False when it is unknown or revoked already."""
        ...

    def supersede(self, now: datetime) -> int:
        """Revoke as superseded what is due at `now`; gives their number, 0 mostly and without writing."""
        ...

    def pending(self, now: datetime, group: str | None = None) -> tuple[PendingRequest, ...]:
        """Queued requests whose time is not up, of one group or of all, oldest first."""
        ...

    def approve(self, identifier: str, now: datetime, expires: datetime) -> bool:
        """Let a waiting request have its certificate until `expires`; False when it does not wait."""
        ...

    def reject(self, identifier: str, reason: str, now: datetime) -> bool:
        """Refuse a waiting or approved request; False when there is nothing to refuse."""
        ...

    def save_crl(self, issuer: str, crl: StoredCrl) -> bool:
        """Keep a CRL if its number follows the newest one's; False when another process was faster."""
        ...

    def audit(self, after: int = 0) -> Iterator[ChainedEvent]:
        """The links with a sequence above `after`, in order."""
        ...

    def audit_head(self) -> tuple[int, bytes]:
        """Number and hash of the newest link; 0 and GENESIS when there is none."""
        ...

    def probe(self) -> None:
        """Write and roll back.

        Raises:
            StoreUnavailableError: it cannot write.
        """
        ...

    def close(self) -> None:
        """Let go of files. Calls after this are a mistake."""
        ...
