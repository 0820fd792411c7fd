"""The queue of requests that wait for a person; every function runs inside a transaction of its caller."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from scep_server.audit import Event, EventKind
from scep_server.messages import TransactionID
from scep_server.sqlite_store import rows
from scep_server.sqlite_store.rows import to_serial, to_time
from scep_server.store import PendingRequest, PendingState, Queued, QueueFull, Submission
from scep_server.store.rules import DISPLACED, decided_event

_COLUMNS = rows.PENDING_COLUMNS
BY_TRANSACTION = f"select {_COLUMNS} from pending where grp = ? and tid = ? and signer = ? and expires > ?"  # noqa: S608 # constants
BY_ID = f"select {_COLUMNS} from pending where id = ?"  # noqa: S608 # constants
ALL = (
    f"select {_COLUMNS} from pending"  # noqa: S608 # constants
    " where expires > ? and coalesce(grp = ?, true) order by sequence"
)
_INSERT = f"insert into pending ({_COLUMNS}) values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"  # noqa: S608 # constants
_WAITING = PendingState.WAITING.value
_LARGEST = (
    "select source, min(sequence) from pending where grp = ? and state = ?"
    " group by source order by count(*) desc, min(sequence) limit 1"
)


def find(
    connection: sqlite3.Connection, group: str, transaction: TransactionID, signer: bytes, now: datetime
) -> PendingRequest | None:
    """The queued request of a transaction, unless its time is up."""
    row = connection.execute(BY_TRANSACTION, (group, transaction, signer, to_time(now))).fetchone()
    return None if row is None else rows.pending(row)


def by_id(connection: sqlite3.Connection, identifier: str) -> PendingRequest | None:
    """The queued request with this id, its time up or not."""
    row = connection.execute(BY_ID, (identifier,)).fetchone()
    return None if row is None else rows.pending(row)


def submit(
    connection: sqlite3.Connection, submission: Submission, now: datetime
) -> tuple[Queued | QueueFull, tuple[Event, ...]]:
    """Queue a request, and say what the audit says of it."""
    wanted = submission.request
    connection.execute("delete from pending where expires <= ?", (to_time(now),))
    present = find(connection, wanted.group, wanted.transaction, wanted.signer, now)
    if present is not None:
        if present.request == wanted.request and present.state is PendingState.WAITING:
            return Queued(present.id, fresh=False), ()
        connection.execute("delete from pending where id = ?", (present.id,))
    events: tuple[Event, ...] = ()
    if _waiting(connection, wanted.group) >= submission.room:
        displaced = _displace(connection, wanted)
        if displaced is None:
            return QueueFull(), ()
        events = (decided_event(displaced, EventKind.REJECTED, now, DISPLACED),)
    connection.execute(_INSERT, rows.pending_row(wanted))
    return Queued(wanted.id, fresh=True), (*events, submission.event)


def _waiting(connection: sqlite3.Connection, group: str) -> int:
    statement = "select count(*) from pending where grp = ? and state = ?"
    (waiting,) = connection.execute(statement, (group, _WAITING)).fetchone()
    return int(waiting)


def _displace(connection: sqlite3.Connection, newcomer: PendingRequest) -> PendingRequest | None:
    """Take the oldest request of the busiest source out; None where that is the newcomer's own source."""
    source, oldest = connection.execute(_LARGEST, (newcomer.group, _WAITING)).fetchone()
    if source == newcomer.source:
        return None
    row = connection.execute(
        f"select {_COLUMNS} from pending where sequence = ?",  # noqa: S608 # constants
        (oldest,),
    ).fetchone()
    connection.execute("delete from pending where sequence = ?", (oldest,))
    return rows.pending(row)


def approve(
    connection: sqlite3.Connection, identifier: str, now: datetime, expires: datetime
) -> PendingRequest | None:
    """Approve a waiting request; None when it does not wait."""
    changed = connection.execute(
        "update pending set state = ?, decided = ?, expires = ? where id = ? and state = ? and expires > ?",
        (PendingState.APPROVED.value, to_time(now), to_time(expires), identifier, _WAITING, to_time(now)),
    ).rowcount
    return by_id(connection, identifier) if changed else None


def reject(
    connection: sqlite3.Connection, identifier: str, reason: str, now: datetime
) -> PendingRequest | None:
    """Refuse a waiting or approved request; None when there is nothing to refuse."""
    changed = connection.execute(
        "update pending set state = ?, decided = ?, reason = ?"
        " where id = ? and state in (?, ?) and expires > ?",
        (
            PendingState.REJECTED.value,
            to_time(now),
            reason,
            identifier,
            _WAITING,
            PendingState.APPROVED.value,
            to_time(now),
        ),
    ).rowcount
    return by_id(connection, identifier) if changed else None


def mark_issued(connection: sqlite3.Connection, identifier: str, serial: int) -> None:
    """Note which certificate an approved request got."""
    connection.execute(
        "update pending set state = ?, serial = ? where id = ?",
        (PendingState.ISSUED.value, to_serial(serial), identifier),
    )
