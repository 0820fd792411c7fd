"""A store in memory: for tests, and to hold the contract of a store against a second opinion."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from scep_server import audit
from scep_server.audit import ChainedEvent, Event, EventKind
from scep_server.challenges import Challenge
from scep_server.memory_store.certificates import Certificates
from scep_server.memory_store.queue import Queue
from scep_server.messages import TransactionID
from scep_server.store import (
    AlreadyIssued,
    CertificateRecord,
    Entry,
    GroupEnding,
    Issuance,
    Objection,
    Outcome,
    PendingRequest,
    Recorded,
    Revocation,
    RevocationReason,
    SerialTaken,
    Spent,
    StoredCrl,
    StoreError,
    Submission,
    Vouch,
    endings_of,
)
from scep_server.store.rules import (
    approval_objection,
    challenge_objection,
    decided_event,
    minted_event,
    renewal_objection,
    revoked_event,
    rival_event,
    settled_event,
    withdrawn_event,
)


class MemoryStore:
    """A `Store` of dictionaries under one lock."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._certificates = Certificates()
        self._challenges: dict[str, Challenge] = {}
        self._digests: dict[bytes, str] = {}
        self._revisions: dict[str, int] = {}
        self._crls: dict[str, StoredCrl] = {}
        self._links: list[ChainedEvent] = []
        self._queue = Queue()

    def challenge(self, digest: bytes) -> Challenge | None:
        """See `ReadingStore.challenge`."""
        with self._lock:
            return self._challenges.get(self._digests.get(digest, ""))

    def answered(self, request: bytes, now: datetime) -> CertificateRecord | None:
        """See `ReadingStore.answered`."""
        with self._lock:
            return self._certificates.answered(request, now)

    def certificate(self, serial: int) -> CertificateRecord | None:
        """See `ReadingStore.certificate`."""
        return self._certificates.get(serial)

    def revision(self, issuer: str) -> int:
        """See `ReadingStore.revision`."""
        return self._revisions.get(issuer, 0)

    def revocations(self, issuer: str, since: datetime | None = None) -> Iterator[Revocation]:
        """See `ReadingStore.revocations`."""
        with self._lock:
            return iter(self._certificates.revocations(issuer, since))

    def crl(self, issuer: str) -> StoredCrl | None:
        """See `ReadingStore.crl`."""
        return self._crls.get(issuer)

    def record(self, batch: Sequence[Entry], now: datetime) -> tuple[Outcome, ...]:
        """See `Store.record`."""
        with self._lock:
            return tuple(self._settle(entry, now) for entry in batch)

    def _settle(self, entry: Entry, now: datetime) -> Outcome:
        if isinstance(entry, Event):
            self._append(entry)
            return Recorded()
        if isinstance(entry, Submission):
            return self._queue.submit(entry, now, self._append)
        outcome = self._outcome(entry, now)
        if isinstance(outcome, Recorded):
            self._insert(entry, now)
        self._append(settled_event(entry.event, outcome))
        if isinstance(outcome, Recorded) and outcome.rival:
            self._append(rival_event(entry.event))
        return outcome

    def _outcome(self, issuance: Issuance, now: datetime) -> Outcome:
        record = issuance.certificate
        earlier = self.answered(record.request, now)
        if earlier is not None:
            return AlreadyIssued(earlier.der, earlier.serial)
        objection = self.objection(issuance, now)
        if objection is not None:
            return Spent(objection)
        if record.serial in self._certificates:
            return SerialTaken()
        return Recorded(rival=self._certificates.has_rival(issuance, now))

    def objection(self, issuance: Issuance, now: datetime) -> Objection | None:
        """See `ReadingStore.objection`."""
        with self._lock:
            objection = self._to_voucher(issuance, now)
            if objection is None and self._certificates.is_compromised(issuance.certificate.spki):
                objection = Objection.COMPROMISED
            crowded = Objection.CROWDED if self._certificates.is_crowded(issuance, now) else None
            return objection or crowded

    def _to_voucher(self, issuance: Issuance, now: datetime) -> Objection | None:
        voucher, groups = issuance.voucher, issuance.groups
        match voucher.kind:
            case Vouch.ONE_TIME:
                return challenge_objection(self._challenges.get(voucher.id), groups, now)
            case Vouch.RENEWAL:
                return renewal_objection(self._certificates.get(voucher.serial or 0), groups)
            case Vouch.STATIC:
                exhausted = self._certificates.is_exhausted(voucher.id, voucher.uses)
                return Objection.EXHAUSTED if exhausted else None
            case Vouch.APPROVAL:
                return approval_objection(self._queue.by_id(voucher.id), groups[0], now)

    def _insert(self, issuance: Issuance, now: datetime) -> None:
        record, voucher = issuance.certificate, issuance.voucher
        self._certificates.insert(record)
        if voucher.kind is Vouch.ONE_TIME:
            spent = replace(self._challenges[voucher.id], spent=now, spent_by=record.serial)
            self._challenges[voucher.id] = spent
        if voucher.kind is Vouch.RENEWAL and issuance.supersede is not None:
            self._certificates.supersede(voucher.serial or 0, issuance.supersede)
        if voucher.kind is Vouch.APPROVAL:
            self._queue.mark_issued(voucher.id, record.serial)

    def _append(self, event: Event) -> None:
        head = self._links[-1].hash if self._links else audit.GENESIS
        self._links.append(audit.link(head, len(self._links) + 1, event))

    def add_challenges(self, challenges: Sequence[Challenge]) -> None:
        """See `Store.add_challenges`."""
        with self._lock:
            ids = {challenge.id for challenge in challenges}
            digests = {challenge.digest for challenge in challenges}
            fresh = len(ids) == len(digests) == len(challenges)
            if not fresh or ids & self._challenges.keys() or digests & self._digests.keys():
                msg = "a challenge with this id or digest is on record already"
                raise StoreError(msg, remedy="mint another")
            for challenge in challenges:
                self._challenges[challenge.id] = challenge
                self._digests[challenge.digest] = challenge.id
                self._append(minted_event(challenge))

    def challenges(self, group: str | None = None) -> tuple[Challenge, ...]:
        """See `Store.challenges`."""
        with self._lock:
            wanted = (c for c in self._challenges.values() if group in (None, c.group))
            return tuple(sorted(wanted, key=lambda challenge: (challenge.minted, challenge.id)))

    def revoke_challenge(self, identifier: str, now: datetime) -> bool:
        """See `Store.revoke_challenge`."""
        with self._lock:
            found = self._challenges.get(identifier)
            if found is None or found.spent is not None or found.revoked is not None:
                return False
            self._challenges[identifier] = replace(found, revoked=now)
            self._append(withdrawn_event(found, now))
        return True

    def certificates(self, group: str | None = None) -> Iterator[CertificateRecord]:
        """See `Store.certificates`."""
        with self._lock:
            records = tuple(self._certificates)
        return (record for record in records if group in (None, record.group))

    def endings(self, now: datetime) -> tuple[GroupEnding, ...]:
        """See `Store.endings`."""
        with self._lock:
            return endings_of(self._certificates, now)

    def revoke(self, serial: int, reason: RevocationReason, now: datetime) -> bool:
        """See `Store.revoke`."""
        with self._lock:
            found = self._certificates.revoke(serial, reason, now)
            if found is None:
                return False
            self._revisions[found.issuer] = self._revisions.get(found.issuer, 0) + 1
            self._append(revoked_event(found, reason, now))
        return True

    def supersede(self, now: datetime) -> int:
        """See `Store.supersede`."""
        with self._lock:
            due = [r.serial for r in self._certificates if r.supersede and r.supersede <= now]
            return sum(self.revoke(serial, RevocationReason.SUPERSEDED, now) for serial in due)

    def pending_of(
        self, group: str, transaction: TransactionID, signer: bytes, now: datetime
    ) -> PendingRequest | None:
        """See `ReadingStore.pending_of`."""
        with self._lock:
            return self._queue.find(group, transaction, signer, now)

    def pending(self, now: datetime, group: str | None = None) -> tuple[PendingRequest, ...]:
        """See `Store.pending`."""
        with self._lock:
            return self._queue.all(now, group)

    def approve(self, identifier: str, now: datetime, expires: datetime) -> bool:
        """See `Store.approve`."""
        with self._lock:
            pending = self._queue.approve(identifier, now, expires)
            if pending is not None:
                self._append(decided_event(pending, EventKind.APPROVED, now))
        return pending is not None

    def reject(self, identifier: str, reason: str, now: datetime) -> bool:
        """See `Store.reject`."""
        with self._lock:
            pending = self._queue.reject(identifier, reason, now)
            if pending is not None:
                self._append(decided_event(pending, EventKind.REJECTED, now, reason))
        return pending is not None

    def save_crl(self, issuer: str, crl: StoredCrl) -> bool:
        """See `Store.save_crl`."""
        with self._lock:
            newest = self._crls.get(issuer)
            if crl.number != (newest.number if newest else 0) + 1:
                return False
            self._crls[issuer] = crl
        return True

    def audit(self, after: int = 0) -> Iterator[ChainedEvent]:
        """See `Store.audit`."""
        with self._lock:
            return iter(self._links[after:])

    def audit_head(self) -> tuple[int, bytes]:
        """See `Store.audit_head`."""
        with self._lock:
            return (self._links[-1].sequence, self._links[-1].hash) if self._links else (0, audit.GENESIS)

    def probe(self) -> None:
        """See `Store.probe`; memory can always be written."""

    def close(self) -> None:
        """See `Store.close`; there is nothing to let go of."""
