"""The embedded store: one SQLite file, write-ahead log, durable commits, shared by several processes."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from scep_server.audit import GENESIS, ChainedEvent, EventKind
from scep_server.challenges import Challenge
from scep_server.messages import TransactionID
from scep_server.sqlite_store import queue, rows
from scep_server.sqlite_store.failures import translated
from scep_server.sqlite_store.place import Place
from scep_server.sqlite_store.rows import to_serial, to_time
from scep_server.sqlite_store.schema import connect, open_database
from scep_server.sqlite_store.settle import (
    BY_SERIAL,
    CHALLENGE_BY_ID,
    answered,
    append,
    attempt,
    objection_to,
    revoke,
    settle,
    transaction,
)
from scep_server.sqlite_store.turn import WriterTurn
from scep_server.store import (
    CertificateRecord,
    Entry,
    GroupEnding,
    Issuance,
    Objection,
    Outcome,
    PendingRequest,
    Revocation,
    RevocationReason,
    StoredCrl,
    StoreError,
)
from scep_server.store.rules import decided_event, minted_event, withdrawn_event

__all__ = ["SqliteStore"]

_PAGE = 1000  # rows; long lists are read in pages, so that no read holds the log back

_CHALLENGE = f"select {rows.CHALLENGE_COLUMNS} from challenges where digest = ?"  # noqa: S608 # constants
_CHALLENGES = (
    f"select {rows.CHALLENGE_COLUMNS} from challenges"  # noqa: S608 # constants
    " where coalesce(grp = ?, true) order by minted, id"
)
_CERTIFICATES = (
    f"select {rows.CERTIFICATE_COLUMNS}, id from certificates"  # noqa: S608 # constants
    " where id > ? and coalesce(grp = ?, true) order by id limit ?"
)
_REVOCATIONS = (
    "select serial, revoked, reason from certificates"
    " where issuer = ? and revoked is not null and not_after >= ? and serial > ? order by serial limit ?"
)
_ENDINGS = (
    "select grp, count(*), min(ends) from"
    " (select grp, max(not_after) as ends from certificates"
    " where revoked is null and not_after > ? group by grp, subject collate nocase) group by grp order by grp"
)
_TO_SUPERSEDE = (
    f"select {rows.CERTIFICATE_COLUMNS} from certificates"  # noqa: S608 # constants
    " where supersede <= ? and revoked is null limit ?"
)
_CRL = f"select {rows.CRL_COLUMNS} from crls where issuer = ?"  # noqa: S608 # constants


class SqliteStore:
    """A `Store` in one file.

    Reads and writes have a connection each: a read in the event loop never waits for a commit in the
    writer thread. Any thread may call; writes of one process queue up at a lock, those of several
    processes at the file's.

    Args:
        path: the database file; created if absent, 0600.

    Raises:
        UnusableStoreError: it is damaged, foreign or newer than this program.
        StoreUnavailableError: it cannot be read or written now.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._writer = open_database(path)
        with translated(path):
            self._reader = connect(path)
            self._turn = WriterTurn(path)
            self._place = Place(path)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, translated(self._path), self._turn:
            self._place.demand_same()
            with transaction(self._writer):
                yield self._writer

    def _one(self, statement: str, *parameters: rows.SqlValue) -> rows.Row | None:
        with translated(self._path):
            found: rows.Row | None = self._reader.execute(statement, parameters).fetchone()
            return found

    def _page(self, statement: str, *parameters: rows.SqlValue) -> list[rows.Row]:
        with translated(self._path):
            return self._reader.execute(statement, (*parameters, _PAGE)).fetchall()

    def challenge(self, digest: bytes) -> Challenge | None:
        """See `ReadingStore.challenge`."""
        row = self._one(_CHALLENGE, digest)
        return None if row is None else rows.challenge(row)

    def answered(self, request: bytes, now: datetime) -> CertificateRecord | None:
        """See `ReadingStore.answered`."""
        with translated(self._path):
            return answered(self._reader, request, now)

    def certificate(self, serial: int) -> CertificateRecord | None:
        """See `ReadingStore.certificate`."""
        if serial < 0 or serial.bit_length() > 8 * rows.SERIAL_BYTES:
            return None
        row = self._one(BY_SERIAL, to_serial(serial))
        return None if row is None else rows.certificate(row)

    def revision(self, issuer: str) -> int:
        """See `ReadingStore.revision`."""
        row = self._one("select revision from revisions where issuer = ?", issuer)
        return 0 if row is None else int(row[0] or 0)

    def revocations(self, issuer: str, since: datetime | None = None) -> Iterator[Revocation]:
        """See `ReadingStore.revocations`."""
        after, ends = b"", 0 if since is None else to_time(since)
        while page := self._page(_REVOCATIONS, issuer, ends, after):
            yield from map(rows.revocation, page)
            after = to_serial(rows.revocation(page[-1]).serial)

    def crl(self, issuer: str) -> StoredCrl | None:
        """See `ReadingStore.crl`."""
        row = self._one(_CRL, issuer)
        return None if row is None else rows.crl(row)

    def record(self, batch: Sequence[Entry], now: datetime) -> tuple[Outcome, ...]:
        """See `Store.record`."""
        with self._writing() as connection:
            return settle(connection, batch, now)

    def add_challenges(self, challenges: Sequence[Challenge]) -> None:
        """See `Store.add_challenges`."""
        insert = f"insert into challenges ({rows.CHALLENGE_COLUMNS}) values (?,?,?,?,?,?,?,?,?)"  # noqa: S608 # constants
        with self._writing() as connection:
            try:
                connection.executemany(insert, map(rows.challenge_row, challenges))
            except sqlite3.IntegrityError as error:
                msg = "a challenge with this id or digest is on record already"
                raise StoreError(msg, remedy="mint another") from error
            append(connection, [minted_event(challenge) for challenge in challenges])

    def challenges(self, group: str | None = None) -> tuple[Challenge, ...]:
        """See `Store.challenges`."""
        with translated(self._path):
            return tuple(map(rows.challenge, self._reader.execute(_CHALLENGES, (group,))))

    def revoke_challenge(self, identifier: str, now: datetime) -> bool:
        """See `Store.revoke_challenge`."""
        with self._writing() as connection:
            changed = connection.execute(
                "update challenges set revoked = ? where id = ? and spent is null and revoked is null",
                (to_time(now), identifier),
            ).rowcount
            if changed:
                row = connection.execute(CHALLENGE_BY_ID, (identifier,)).fetchone()
                append(connection, [withdrawn_event(rows.challenge(row), now)])
        return bool(changed)

    def certificates(self, group: str | None = None) -> Iterator[CertificateRecord]:
        """See `Store.certificates`."""
        after: rows.SqlValue = 0
        while page := self._page(_CERTIFICATES, after, group):
            yield from map(rows.certificate, page)
            after = page[-1][-1]

    def endings(self, now: datetime) -> tuple[GroupEnding, ...]:
        """See `Store.endings`."""
        with translated(self._path):
            found = self._reader.execute(_ENDINGS, (to_time(now),)).fetchall()
        return tuple(map(rows.ending, found))

    def revoke(self, serial: int, reason: RevocationReason, now: datetime) -> bool:
        """See `Store.revoke`."""
        record = self.certificate(serial)
        if record is None:
            return False
        with self._writing() as connection:
            return revoke(connection, record, reason, now)

    def supersede(self, now: datetime) -> int:
        """See `Store.supersede`."""
        number = 0
        while due := self._page(_TO_SUPERSEDE, to_time(now)):
            with self._writing() as connection:
                number += sum(
                    revoke(connection, record, RevocationReason.SUPERSEDED, now)
                    for record in map(rows.certificate, due)
                )
        return number

    def objection(self, issuance: Issuance, now: datetime) -> Objection | None:
        """See `ReadingStore.objection`."""
        with translated(self._path):
            return objection_to(self._reader, issuance, now)

    def pending_of(
        self, group: str, transaction: TransactionID, signer: bytes, now: datetime
    ) -> PendingRequest | None:
        """See `ReadingStore.pending_of`."""
        with translated(self._path):
            return queue.find(self._reader, group, transaction, signer, now)

    def pending(self, now: datetime, group: str | None = None) -> tuple[PendingRequest, ...]:
        """See `Store.pending`."""
        with translated(self._path):
            return tuple(map(rows.pending, self._reader.execute(queue.ALL, (to_time(now), group))))

    def approve(self, identifier: str, now: datetime, expires: datetime) -> bool:
        """See `Store.approve`."""
        with self._writing() as connection:
            pending = queue.approve(connection, identifier, now, expires)
            if pending is not None:
                append(connection, [decided_event(pending, EventKind.APPROVED, now)])
        return pending is not None

    def reject(self, identifier: str, reason: str, now: datetime) -> bool:
        """See `Store.reject`."""
        with self._writing() as connection:
            pending = queue.reject(connection, identifier, reason, now)
            if pending is not None:
                append(connection, [decided_event(pending, EventKind.REJECTED, now, reason)])
        return pending is not None

    def save_crl(self, issuer: str, crl: StoredCrl) -> bool:
        """See `Store.save_crl`."""
        times = (to_time(crl.this_update), to_time(crl.next_update))
        with self._writing() as connection:
            newest = connection.execute("select number from crls where issuer = ?", (issuer,)).fetchone()
            if crl.number != (newest[0] if newest else 0) + 1:
                return False
            connection.execute(
                "insert or replace into crls values (?,?,?,?,?,?)",
                (issuer, crl.number, crl.revision, *times, crl.der),
            )
        return True

    def audit(self, after: int = 0) -> Iterator[ChainedEvent]:
        """See `Store.audit`."""
        statement = "select sequence, entry, hash from audit where sequence > ? order by sequence limit ?"
        while page := self._page(statement, after):
            links = list(map(rows.link, page))
            yield from links
            after = links[-1].sequence

    def audit_head(self) -> tuple[int, bytes]:
        """See `Store.audit_head`."""
        row = self._one("select sequence, entry, hash from audit order by sequence desc limit 1")
        newest = None if row is None else rows.link(row)
        return (0, GENESIS) if newest is None else (newest.sequence, newest.hash)

    def probe(self) -> None:
        """See `Store.probe`."""
        with self._lock, translated(self._path), self._turn:
            self._place.demand_same()
            self._turn.try_out()
            attempt(self._writer)

    def close(self) -> None:
        """See `Store.close`."""
        with self._lock:
            self._reader.close()
            self._writer.close()
            self._turn.close()
