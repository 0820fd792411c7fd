"""What the SQLite store does beyond the contract: files of every kind, several processes, a full disk."""

from __future__ import annotations

import os
import resource
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from support.scep_records import NOW, STATIC, a_challenge, an_issuance

from scep_server.audit import verify
from scep_server.sqlite_store import SqliteStore
from scep_server.sqlite_store.schema import MIGRATIONS, open_database
from scep_server.store import Recorded, StoreUnavailableError, UnusableStoreError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "scep.sqlite"


def test_what_was_recorded_is_there_after_reopening(path):
    """Closing and opening keeps records and the chain, and the file is for its owner only."""
    store = SqliteStore(path)
    store.record([an_issuance(1, voucher=STATIC)], NOW)
    store.close()
    store = SqliteStore(path)
    store.record([an_issuance(2, voucher=STATIC)], NOW)
    assert [r.serial for r in store.certificates()] == [1, 2]
    assert verify(store.audit()).count == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    store.close()


def test_commits_survive_a_power_cut(path):
    """The promise rests on these two settings of SQLite."""
    store = SqliteStore(path)
    assert store._writer.execute("pragma synchronous").fetchone() == (2,)
    assert store._writer.execute("pragma journal_mode").fetchone() == ("wal",)
    store.close()


@pytest.mark.parametrize("content", [b"not a database at all, " * 100, bytes(8192), b"\xff" * 10_000])
def test_a_file_that_is_no_database_is_named_and_left_alone(path, content):
    """The error says which file and what to do, and the file is not touched."""
    path.write_bytes(content)
    with pytest.raises(UnusableStoreError, match=r"scep\.sqlite") as caught:
        SqliteStore(path)
    assert caught.value.remedy
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_refused(path):
    """A foreign SQLite file is not taken over."""
    other = sqlite3.connect(path)
    other.execute("create table certificates (x)")
    other.commit()
    other.close()
    with pytest.raises(UnusableStoreError, match="another program"):
        SqliteStore(path)


def test_a_newer_schema_is_refused(path):
    """An older program does not write into what it does not understand."""
    SqliteStore(path).close()
    newer = sqlite3.connect(path)
    newer.execute("update schema set version = version + 1")
    newer.commit()
    newer.close()
    with pytest.raises(UnusableStoreError, match="schema version"):
        SqliteStore(path)


def test_migrations_lead_from_any_version_to_the_newest(path):
    """A step more is applied to a filled database once, and keeps what is in it."""
    store = SqliteStore(path)
    store.record([an_issuance(1, voucher=STATIC)], NOW)
    store.close()
    steps = (*MIGRATIONS, "alter table challenges add column note text")
    for _ in range(2):
        open_database(path, steps).close()
    database = sqlite3.connect(path)
    assert database.execute("select version from schema").fetchone() == (len(steps),)
    assert database.execute("select count(note) from challenges").fetchone() == (0,)
    assert database.execute("select count(*) from certificates").fetchone() == (1,)
    database.close()


def test_certificates_of_an_older_version_have_no_profile(path):
    """Records from before profiles were recorded stay readable, and say that nobody knows theirs."""
    open_database(path, MIGRATIONS[:2]).close()
    old = sqlite3.connect(path)
    old.execute(
        "insert into certificates values (1, x'51', 'ca', 'staff', x'', 'CN=a', 'bound', '{}', 'c', x'', 0,"
        " 1, 0, null, null, null, x'', null)"
    )
    old.commit()
    old.close()
    store = SqliteStore(path)
    store.record([an_issuance(2, voucher=STATIC, profile="user-eap-tls")], NOW)
    assert [record.profile for record in store.certificates()] == ["", "user-eap-tls"]
    store.close()


def test_a_migration_that_fails_changes_nothing(path):
    """A broken step rolls back as a whole."""
    SqliteStore(path).close()
    steps = (*MIGRATIONS, "create table half (x); create table half (x)")
    with pytest.raises(UnusableStoreError):
        open_database(path, steps)
    store = SqliteStore(path)
    assert store._one("select count(*) from sqlite_schema where name = 'half'") == (0,)
    store.close()


def test_a_damaged_page_is_reported_as_damage(path):
    """Garbage in the middle of the file gives an error that names the cure."""
    store = SqliteStore(path)
    store.record([an_issuance(n, voucher=STATIC) for n in range(1, 200)], NOW)
    store.close()
    content = bytearray(path.read_bytes())
    content[4096 : len(content)] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(bytes(content))
    with pytest.raises(UnusableStoreError, match="damaged") as caught:
        SqliteStore(path).record([an_issuance(500, voucher=STATIC)], NOW)
    assert "backup" in caught.value.remedy


def test_a_missing_folder_is_named(tmp_path):
    """The error names the path."""
    with pytest.raises(StoreUnavailableError, match="nowhere"):
        SqliteStore(tmp_path / "nowhere" / "scep.sqlite")


def test_a_full_disk_loses_nothing_and_passes(path):
    """No space: the whole batch is refused with the cure, nothing is half-written, later it works."""
    store = SqliteStore(path)
    store.add_challenges([a_challenge()])
    (pages,) = store._writer.execute("pragma page_count").fetchone()
    store._writer.execute(f"pragma max_page_count = {pages}")
    big = [an_issuance(n, voucher=STATIC, der=bytes(3000)) for n in range(2, 50)]
    with pytest.raises(StoreUnavailableError, match="full") as caught:
        store.record([an_issuance(1), *big], NOW)
    assert "space" in caught.value.remedy
    assert list(store.certificates()) == []
    assert store.challenge(a_challenge().digest).spent is None
    store._writer.execute("pragma max_page_count = 1000000")
    assert set(store.record([an_issuance(1), *big], NOW)) == {Recorded()}
    assert not verify(store.audit()).fault
    store.close()


def test_a_probe_meets_a_full_disk(path):
    """Health must not say that all is well where no certificate could be recorded."""
    store = SqliteStore(path)
    store.probe()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(StoreUnavailableError, match="too large"):
            store.probe()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    store.probe()
    assert path.with_name(f"{path.name}-turn").stat().st_size == 0
    store.close()


def test_a_folder_in_its_place_is_reported(tmp_path):
    """A path that cannot be a file is named, with what to look at."""
    with pytest.raises(StoreUnavailableError, match=str(tmp_path)) as caught:
        SqliteStore(tmp_path)
    assert caught.value.remedy


_ENROL = """
import sys
from pathlib import Path
from support.scep_records import NOW, an_issuance, an_event, STATIC
from scep_server.sqlite_store import SqliteStore
store = SqliteStore(Path(sys.argv[1]))
base = int(sys.argv[2])
outcomes = []
for n in range(base, base + 50):
    outcomes += store.record([an_issuance(n, voucher=STATIC), an_event()], NOW)
    outcomes += store.record([an_issuance(10_000 + n, challenge=f"shared-{n - base}")], NOW)
print(sum(type(o).__name__ == "Spent" for o in outcomes))
"""


def test_processes_share_one_database(path):
    """Three processes at once: no error, no lost record, each challenge spent once, one unbroken chain."""
    store = SqliteStore(path)
    store.add_challenges([a_challenge(f"shared-{n}") for n in range(50)])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if Path(p).is_dir())}
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", _ENROL, str(path), str(base)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for base in (1000, 2000, 3000)
    ]
    spent = sum(int(worker.communicate(timeout=60)[0]) for worker in workers)
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    serials = [record.serial for record in store.certificates()]
    assert len(serials) == len(set(serials)) == 150 + 50
    assert spent == 100
    assert all(challenge.spent for challenge in store.challenges())
    verdict = verify(store.audit())
    assert (verdict.fault, verdict.count) == ("", 50 + 150 + 150 + 150)
    store.close()


def test_look_ups_use_an_index(path):
    """No statement of the enrolment path scans a table: cost must not grow with what was issued."""
    from scep_server.sqlite_store import _CHALLENGE, _CRL, _REVOCATIONS
    from scep_server.sqlite_store.settle import (
        _COMPROMISED,
        _HEIR,
        _RIVAL,
        ANSWERED,
        BY_SERIAL,
        CHALLENGE_BY_ID,
    )

    store = SqliteStore(path)
    statements = (
        _CHALLENGE,
        _CRL,
        _REVOCATIONS,
        _RIVAL,
        _HEIR,
        _COMPROMISED,
        ANSWERED,
        BY_SERIAL,
        CHALLENGE_BY_ID,
    )
    for statement in statements:
        empty = (None,) * statement.count("?")
        plan = [row[3] for row in store._reader.execute(f"explain query plan {statement}", empty)]
        assert all(line.startswith("SEARCH") for line in plan), (statement, plan)
    store.close()


OPEN_AND_CLOSE = "import sys; from pathlib import Path; from scep_server.sqlite_store import SqliteStore; "
OPEN_AND_CLOSE += "SqliteStore(Path(sys.argv[1])).close()"


def test_a_second_store_in_a_process_costs_the_first_none_of_its_locks(path):
    """Another process that closes the file is not the last one, so it must not take the log away."""
    first = SqliteStore(path)
    first.record([an_issuance(1, voucher=STATIC)], NOW)
    second = SqliteStore(path)  # e.g. the outbox of the audit trail beside the server
    subprocess.run([sys.executable, "-c", OPEN_AND_CLOSE, path], check=True)
    first.record([an_issuance(2, voucher=STATIC)], NOW)
    third = SqliteStore(path)
    assert [record.serial for record in third.certificates()] == [1, 2]
    for store in (first, second, third):
        store.close()
