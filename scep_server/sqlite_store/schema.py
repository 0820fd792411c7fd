"""The tables, their versions, and the opening of a database file that may be anything."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from scep_server.sqlite_store.failures import translated
from scep_server.store import UnusableStoreError

APPLICATION_ID = 0x53434550  # "SCEP" in the file header: tells our files from other SQLite databases
BUSY_SECONDS = 15.0
# Pages of the write-ahead log before they are copied into the file. An enrolment changes some six, nearly all
# of indexes and many of them again soon: copied less often they are copied less. A start reads some 16 MiB.
LOG_PAGES = 4_000

_VERSION_1 = """
create table schema (version integer not null) strict;
create table certificates (
    id integer primary key,
    serial blob not null unique,
    issuer text not null,
    grp text not null,
    request blob not null,
    subject text not null,
    identity text not null,
    vals text not null,
    challenge text not null,
    spki blob not null,
    not_before integer not null,
    not_after integer not null,
    issued integer not null,
    renews blob,
    revoked integer,
    reason integer,
    der blob not null
) strict;
create index certificates_by_request on certificates (request);
create index certificates_by_subject on certificates (grp, subject);
create index certificates_by_challenge on certificates (challenge);
create index certificates_revoked on certificates (issuer, serial, revoked, reason) where revoked is not null;
create table challenges (
    id text primary key,
    grp text not null,
    digest blob not null unique,
    bound text not null,
    minted integer not null,
    expires integer not null,
    spent integer,
    spent_by blob,
    revoked integer
) strict, without rowid;
create table audit (sequence integer primary key, entry text not null, hash blob not null) strict;
create table revisions (issuer text primary key, revision integer not null) strict, without rowid;
create table crls (
    issuer text primary key,
    number integer not null,
    revision integer not null,
    this_update integer not null,
    next_update integer not null,
    der blob not null
) strict;
insert into schema values (1);
"""

_VERSION_2 = """
alter table certificates add column supersede integer;
create index certificates_to_supersede on certificates (supersede)
    where supersede is not null and revoked is null;
create index certificates_by_renewed on certificates (renews) where renews is not null;
drop index certificates_by_challenge;
create index certificates_by_challenge on certificates (challenge, renews);
drop index certificates_revoked;
create index certificates_revoked on certificates (issuer, serial, not_after, revoked, reason)
    where revoked is not null;
create table pending (
    sequence integer primary key,
    id text not null unique,
    grp text not null,
    tid text not null,
    signer blob not null,
    request blob not null,
    csr blob not null,
    subject text not null,
    vals text not null,
    spki blob not null,
    source text not null,
    received integer not null,
    expires integer not null,
    state text not null,
    decided integer,
    reason text not null,
    serial blob,
    unique (grp, tid, signer)
) strict;
create index pending_by_source on pending (grp, state, source, sequence);
"""

_VERSION_3 = """
alter table certificates add column profile text not null default '';
"""

_VERSION_4 = """
drop index certificates_by_subject;
create index certificates_by_bearer on certificates (grp, subject collate nocase);
create index certificates_compromised on certificates (spki) where reason = 1;
"""

# Step n leads from version n to n + 1.
MIGRATIONS: tuple[str, ...] = (_VERSION_1, _VERSION_2, _VERSION_3, _VERSION_4)


def connect(path: Path) -> sqlite3.Connection:
    """A connection with the durability that the protocol promises; transactions are opened by hand."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("pragma synchronous = full")  # an issued certificate survives a power cut
    connection.execute("pragma trusted_schema = off")
    connection.execute(f"pragma wal_autocheckpoint = {LOG_PAGES}")
    return connection


def open_database(path: Path, migrations: Sequence[str] = MIGRATIONS) -> sqlite3.Connection:
    """Create the file if it is absent, bring it to the current version, and connect.

    Args:
        path: the database file; made readable by its owner only.
        migrations: the steps; those beyond the file's version are applied in one transaction.

    Raises:
        UnusableStoreError: it is damaged, is no database of ours, or is newer than this program.
        StoreUnavailableError: it cannot be read or written now.
    """
    with translated(path):
        _create_private(path)
        connection = connect(path)
        try:
            _demand_ours(connection, path)
            connection.execute("pragma journal_mode = wal")
            _migrate(connection, path, migrations)
        except BaseException:
            connection.close()
            raise
    return connection


def _create_private(path: Path) -> None:
    """Make an absent file that its owner alone can read; never touch one that is there.

    Closing any descriptor of a database file drops the POSIX locks of every connection that this process has
    to it (SQLite, "How To Corrupt An SQLite Database File", 2.2): another process then takes itself for the
    last one, removes the write-ahead log, and what is written here afterwards is lost.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _demand_ours(connection: sqlite3.Connection, path: Path) -> None:
    (tables,) = connection.execute("select count(*) from sqlite_schema").fetchone()
    (application,) = connection.execute("pragma application_id").fetchone()
    if tables and application != APPLICATION_ID:
        msg = f"{path} is a database of another program"
        raise UnusableStoreError(msg, remedy="name another file, or move this one away")


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    if _version(connection, path) == len(migrations):
        return
    connection.execute("begin exclusive")
    try:
        version = _version(connection, path)  # again: another process may have been faster
        if version > len(migrations):
            msg = f"{path} has schema version {version}; this program knows versions up to {len(migrations)}"
            raise UnusableStoreError(msg, remedy="start the newer version of the program that wrote it")
        for step in migrations[version:]:
            for statement in step.split(";"):
                connection.execute(statement)
        connection.execute(f"pragma application_id = {APPLICATION_ID}")
        connection.execute("update schema set version = ?", (len(migrations),))
        connection.execute("commit")
    finally:
        if connection.in_transaction:
            connection.execute("rollback")


def _version(connection: sqlite3.Connection, path: Path) -> int:
    known = connection.execute("select 1 from sqlite_schema where type = 'table' and name = 'schema'")
    if known.fetchone() is None:
        return 0
    rows = connection.execute("select version from schema").fetchall()
    if len(rows) != 1:
        msg = f"{path} says no schema version, or several"
        raise UnusableStoreError(msg, remedy="restore the file from a backup")
    return int(rows[0][0])
