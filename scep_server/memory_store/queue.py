"""The queue of requests that wait for a person, in a dictionary; the store's lock is its caller's matter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from scep_server.audit import Event, EventKind
from scep_server.messages import TransactionID
from scep_server.store import PendingRequest, PendingState, Queued, QueueFull, Submission
from scep_server.store.rules import DISPLACED, decided_event

_OPEN = (PendingState.WAITING, PendingState.APPROVED)


class Queue:
    """Queued requests, oldest first."""

    def __init__(self) -> None:
        self._pending: dict[str, PendingRequest] = {}

    def by_id(self, identifier: str) -> PendingRequest | None:
        """The one with this id, its time up or not."""
        return self._pending.get(identifier)

    def find(
        self, group: str, transaction: TransactionID, signer: bytes, now: datetime
    ) -> PendingRequest | None:
        """The one of a transaction, unless its time is up."""
        key = (group, transaction, signer)
        found = (p for p in self._pending.values() if (p.group, p.transaction, p.signer) == key)
        return next((p for p in found if not p.is_over(now)), None)

    def all(self, now: datetime, group: str | None) -> tuple[PendingRequest, ...]:
        """Those whose time is not up."""
        every = self._pending.values()
        return tuple(p for p in every if not p.is_over(now) and group in (None, p.group))

    def submit(
        self, submission: Submission, now: datetime, append: Callable[[Event], None]
    ) -> Queued | QueueFull:
        """Queue a request."""
        wanted = submission.request
        self._pending = {p.id: p for p in self.all(now, None)}
        present = self.find(wanted.group, wanted.transaction, wanted.signer, now)
        if present is not None:
            if present.request == wanted.request and present.state is PendingState.WAITING:
                return Queued(present.id, fresh=False)
            del self._pending[present.id]
        if not self._make_room(submission, now, append):
            return QueueFull()
        self._pending[wanted.id] = wanted
        append(submission.event)
        return Queued(wanted.id, fresh=True)

    def _make_room(self, submission: Submission, now: datetime, append: Callable[[Event], None]) -> bool:
        wanted = submission.request
        waiting = [p for p in self.all(now, wanted.group) if p.state is PendingState.WAITING]
        if len(waiting) < submission.room:
            return True
        ((source, _),) = Counter(p.source for p in waiting).most_common(1)  # of equals the oldest
        if source == wanted.source:
            return False
        displaced = next(p for p in waiting if p.source == source)
        del self._pending[displaced.id]
        append(decided_event(displaced, EventKind.REJECTED, now, DISPLACED))
        return True

    def approve(self, identifier: str, now: datetime, expires: datetime) -> PendingRequest | None:
        """Approve a waiting request; None when it does not wait."""
        found = self._open(identifier, now)
        if found is None or found.state is not PendingState.WAITING:
            return None
        return self._keep(replace(found, state=PendingState.APPROVED, decided=now, expires=expires))

    def reject(self, identifier: str, reason: str, now: datetime) -> PendingRequest | None:
        """Refuse a waiting or approved request; None when there is nothing to refuse."""
        found = self._open(identifier, now)
        if found is None:
            return None
        return self._keep(replace(found, state=PendingState.REJECTED, decided=now, reason=reason))

    def mark_issued(self, identifier: str, serial: int) -> None:
        """Note which certificate an approved request got."""
        self._keep(replace(self._pending[identifier], state=PendingState.ISSUED, serial=serial))

    def _open(self, identifier: str, now: datetime) -> PendingRequest | None:
        found = self._pending.get(identifier)
        return found if found is not None and found.state in _OPEN and not found.is_over(now) else None

    def _keep(self, pending: PendingRequest) -> PendingRequest:
        self._pending[pending.id] = pending
        return pending
