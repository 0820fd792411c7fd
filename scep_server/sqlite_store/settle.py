"""The write transaction of an enrolment: check the voucher again, insert, spend, extend the audit chain."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from scep_server import audit
from scep_server.audit import Event
from scep_server.sqlite_store import queue, rows
from scep_server.sqlite_store.rows import to_serial, to_time
from scep_server.store import (
    REPEAT_FOR,
    AlreadyIssued,
    CertificateRecord,
    Entry,
    Issuance,
    Objection,
    Outcome,
    Recorded,
    RevocationReason,
    SerialTaken,
    Spent,
    Submission,
    Vouch,
)
from scep_server.store.rules import (
    approval_objection,
    challenge_objection,
    renewal_objection,
    revoked_event,
    rival_event,
    settled_event,
)

INSERT_CERTIFICATE = (
    f"insert into certificates ({rows.CERTIFICATE_COLUMNS}) values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"  # noqa: S608 # constants
)
ANSWERED = (
    f"select {rows.CERTIFICATE_COLUMNS} from certificates"  # noqa: S608 # constants
    " where request = ? and issued > ? and not_before <= ? and not_after > ? and revoked is null"
    " order by id desc limit 1"
)
BY_SERIAL = f"select {rows.CERTIFICATE_COLUMNS} from certificates where serial = ?"  # noqa: S608 # constants
CHALLENGE_BY_ID = f"select {rows.CHALLENGE_COLUMNS} from challenges where id = ?"  # noqa: S608 # constants
_RIVAL = (
    "select 1 from certificates where grp = ? and subject = ? collate nocase and spki != ? and serial != ?"
    " and not_after > ? and revoked is null limit 1"
)
_HEIR = (
    "select 1 from certificates where renews = ? and spki != ? and serial != ?"
    " and not_after > ? and revoked is null limit 1"
)
_COMPROMISED = "select 1 from certificates where spki = ? and reason = 1 limit 1"  # CRLReason keyCompromise
# One that was renewed by a live one is on its way out, and so is the one that is renewed now.
_LIVE = (
    "select count(*) from certificates as one where grp = ? and subject = ? collate nocase and serial != ?"
    " and not_after > ? and revoked is null and not exists (select 1 from certificates as next"
    " where next.renews = one.serial and next.not_after > ? and next.revoked is null)"
)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; the write lock is taken at once, so that what is read in it stays true."""
    connection.execute("begin immediate")
    try:
        yield
        connection.execute("commit")
    finally:
        if connection.in_transaction:
            connection.execute("rollback")


def attempt(connection: sqlite3.Connection) -> None:
    """Write something, and take it back."""
    connection.execute("begin immediate")
    try:
        connection.execute("insert into revisions values (' probe', 0)")
    finally:
        if connection.in_transaction:
            connection.execute("rollback")


def append(connection: sqlite3.Connection, events: Sequence[Event]) -> None:
    """Extend the audit chain; inside a transaction."""
    head = connection.execute("select sequence, hash from audit order by sequence desc limit 1").fetchone()
    sequence, hashed = head or (0, audit.GENESIS)
    links = []
    for event in events:
        links.append(audit.link(hashed, sequence + 1, event))
        sequence, hashed = links[-1].sequence, links[-1].hash
    connection.executemany(
        "insert into audit values (?,?,?)", [(link.sequence, link.text, link.hash) for link in links]
    )


def settle(connection: sqlite3.Connection, batch: Sequence[Entry], now: datetime) -> tuple[Outcome, ...]:
    """Settle a batch inside a transaction; an Issuance writes nothing unless it is recorded."""
    outcomes: list[Outcome] = []
    events: list[Event] = []
    for entry in batch:
        if isinstance(entry, Event):
            outcomes.append(Recorded())
            events.append(entry)
            continue
        if isinstance(entry, Submission):
            queued, said = queue.submit(connection, entry, now)
            outcomes.append(queued)
            events += said
            continue
        outcome = _settle_one(connection, entry, now)
        outcomes.append(outcome)
        events.append(settled_event(entry.event, outcome))
        if isinstance(outcome, Recorded) and outcome.rival:
            events.append(rival_event(entry.event))
    append(connection, events)
    return tuple(outcomes)


def _settle_one(connection: sqlite3.Connection, issuance: Issuance, now: datetime) -> Outcome:
    """Judge first, write last: the insert is the first write, and undoes itself where it fails."""
    record = issuance.certificate
    earlier = answered(connection, record.request, now)
    if earlier is not None:
        return AlreadyIssued(earlier.der, earlier.serial)
    objection = objection_to(connection, issuance, now)
    if objection is not None:
        return Spent(objection)
    try:
        connection.execute(INSERT_CERTIFICATE, rows.certificate_row(record))
    except sqlite3.IntegrityError:
        return SerialTaken()
    _redeem(connection, issuance, now)
    return Recorded(rival=_has_rival(connection, issuance, now))


def answered(connection: sqlite3.Connection, request: bytes, now: datetime) -> CertificateRecord | None:
    """The certificate that this request got before, while it may be given again."""
    moment = to_time(now)
    found = connection.execute(ANSWERED, (request, to_time(now - REPEAT_FOR), moment, moment)).fetchone()
    return None if found is None else rows.certificate(found)


def _redeem(connection: sqlite3.Connection, issuance: Issuance, now: datetime) -> None:
    """Let the voucher say what it was spent on."""
    voucher, serial = issuance.voucher, issuance.certificate.serial
    match voucher.kind:
        case Vouch.ONE_TIME:
            connection.execute(
                "update challenges set spent = ?, spent_by = ? where id = ?",
                (to_time(now), to_serial(serial), voucher.id),
            )
        case Vouch.RENEWAL if issuance.supersede is not None:
            connection.execute(
                "update certificates set supersede = ? where serial = ?",
                (to_time(issuance.supersede), to_serial(voucher.serial or 0)),
            )
        case Vouch.APPROVAL:
            queue.mark_issued(connection, voucher.id, serial)
        case Vouch.STATIC | Vouch.RENEWAL:
            pass


def objection_to(connection: sqlite3.Connection, issuance: Issuance, now: datetime) -> Objection | None:
    """Why the certificate may not be recorded; None when it may."""
    return (
        _to_voucher(connection, issuance, now)
        or _compromise(connection, issuance)
        or _crowding(connection, issuance, now)
    )


def _to_voucher(connection: sqlite3.Connection, issuance: Issuance, now: datetime) -> Objection | None:
    voucher = issuance.voucher
    match voucher.kind:
        case Vouch.ONE_TIME:
            row = connection.execute(CHALLENGE_BY_ID, (voucher.id,)).fetchone()
            return challenge_objection(None if row is None else rows.challenge(row), issuance.groups, now)
        case Vouch.RENEWAL:
            row = connection.execute(BY_SERIAL, (to_serial(voucher.serial or 0),)).fetchone()
            return renewal_objection(None if row is None else rows.certificate(row), issuance.groups)
        case Vouch.STATIC:
            return _exhaustion(connection, voucher.id, voucher.uses)
        case Vouch.APPROVAL:
            pending = queue.by_id(connection, voucher.id)
            return approval_objection(pending, issuance.certificate.group, now)


def _compromise(connection: sqlite3.Connection, issuance: Issuance) -> Objection | None:
    found = connection.execute(_COMPROMISED, (issuance.certificate.spki,)).fetchone()
    return None if found is None else Objection.COMPROMISED


def _crowding(connection: sqlite3.Connection, issuance: Issuance, now: datetime) -> Objection | None:
    if issuance.max_active is None:
        return None
    live, moment = 0, to_time(now)
    renewed = to_serial(issuance.voucher.serial or 0)
    for bearer in issuance.bearers:
        live += connection.execute(_LIVE, (*bearer, renewed, moment, moment)).fetchone()[0]
    return Objection.CROWDED if live >= issuance.max_active else None


def _exhaustion(connection: sqlite3.Connection, identifier: str, uses: int | None) -> Objection | None:
    if uses is None:
        return None
    (used,) = connection.execute(
        "select count(*) from certificates where challenge = ? and renews is null", (identifier,)
    ).fetchone()
    return Objection.EXHAUSTED if used >= uses else None


def _has_rival(connection: sqlite3.Connection, issuance: Issuance, now: datetime) -> bool:
    record, kind = issuance.certificate, issuance.voucher.kind
    others = (record.spki, to_serial(record.serial), to_time(now))
    found = None
    if kind is Vouch.STATIC:
        found = connection.execute(_RIVAL, (record.group, record.subject, *others)).fetchone()
    elif kind is Vouch.RENEWAL:
        renewed = to_serial(issuance.voucher.serial or 0)
        found = connection.execute(_HEIR, (renewed, *others)).fetchone()
    return found is not None


def revoke(
    connection: sqlite3.Connection, record: CertificateRecord, reason: RevocationReason, now: datetime
) -> bool:
    """Revoke a certificate inside a transaction, with its audit event; False when it is revoked already."""
    changed = connection.execute(
        "update certificates set revoked = ?, reason = ? where serial = ? and revoked is null",
        (to_time(now), reason.value, to_serial(record.serial)),
    ).rowcount
    if changed:
        connection.execute(
            "insert into revisions values (?, 1) on conflict (issuer) do update set revision = revision + 1",
            (record.issuer,),
        )
        append(connection, [revoked_event(record, reason, now)])
    return bool(changed)
