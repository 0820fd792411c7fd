"""Whose turn it is to write, when somebody does not give it back: another process that stands still."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest
from support.scep_records import NOW, STATIC, an_issuance

from scep_server.sqlite_store import SqliteStore, turn
from scep_server.sqlite_store.turn import WriterTurn
from scep_server.store import StoreUnavailableError

_HOLD = """
import sys
from pathlib import Path
from scep_server.sqlite_store.turn import WriterTurn
with WriterTurn(Path(sys.argv[1])):
    print("inside", flush=True)
    sys.stdin.read()
"""
_WRITE = """
import sys
from pathlib import Path
from scep_server.sqlite_store import SqliteStore
with SqliteStore(Path(sys.argv[1]))._writing():
    print("inside", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.sqlite3"


@contextlib.contextmanager
def inside(code, path):
    """Another process in its turn, until its input ends."""
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "inside\n"
            yield process
        finally:
            process.kill()


def gives_back(process):
    process.stdin.close()
    assert process.wait(timeout=20) == 0


def is_free(path):
    """Whether another one gets its turn at once."""
    with closing(WriterTurn(path)) as other, other:
        return other._waiter is None


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.01)


def test_nobody_waits_for_ever_for_a_process_that_stands_still(path, monkeypatch):
    """A stopped process keeps its turn; the others write without one, and wait for it only once."""
    monkeypatch.setattr(turn, "PATIENCE", 0.3)
    with closing(SqliteStore(path)) as store, inside(_HOLD, path) as process:
        process.send_signal(signal.SIGSTOP)
        begin = time.monotonic()
        for serial in range(1, 21):
            store.record([an_issuance(serial, voucher=STATIC)], NOW)
        store.probe()
        assert 0.3 <= time.monotonic() - begin < 20 * 0.3
        process.send_signal(signal.SIGCONT)
        gives_back(process)
        until(lambda: store._turn._late.is_over)
        store.record([an_issuance(21, voucher=STATIC)], NOW)
        assert len(list(store.certificates())) == 21
    assert is_free(path)


def test_a_transaction_that_stands_still_is_reported_as_busy(path, monkeypatch):
    """Where SQLite's own lock is held as well, the store says so in time instead of hanging."""
    monkeypatch.setattr(turn, "PATIENCE", 0.1)
    with closing(SqliteStore(path)) as store, inside(_WRITE, path) as process:
        store._writer.execute("pragma busy_timeout = 100")
        process.send_signal(signal.SIGSTOP)
        for attempt in (store.probe, lambda: store.record([an_issuance(1, voucher=STATIC)], NOW)):
            with pytest.raises(StoreUnavailableError, match="another process holds the lock"):
                attempt()
        process.kill()
        process.wait()
        store.record([an_issuance(1, voucher=STATIC)], NOW)


def test_a_turn_that_comes_in_time_is_waited_for(path):
    """Ordinary contention: the next one is inside when the other one leaves, not before."""
    with closing(WriterTurn(path)) as ours, inside(_HOLD, path) as process:
        left = []

        def leave():
            left.append(time.monotonic())
            gives_back(process)

        leaving = threading.Timer(0.2, leave)
        leaving.start()
        with ours:
            assert left
            assert not is_free_now(path)
        assert is_free(path)
        leaving.join()


def is_free_now(path):
    """As `is_free`, for a turn that is not: without waiting."""
    code = "import fcntl, sys; fcntl.flock(open(sys.argv[1]), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    command = [sys.executable, "-c", code, f"{path}-turn"]
    return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0


def test_a_late_turn_is_given_back_at_once(path, monkeypatch):
    """Whoever went on without it does not keep the others waiting when it comes after all."""
    monkeypatch.setattr(turn, "PATIENCE", 0.05)
    ours = WriterTurn(path)
    with inside(_HOLD, path) as process:
        with ours:
            gives_back(process)
            until(lambda: is_free_now(path))
        with ours:
            assert not is_free_now(path)
    ours.close()
    assert is_free(path)


def test_a_turn_that_is_closed_while_it_waits_is_nobody_elses(path, monkeypatch):
    """The descriptor is closed when the wait is over, so that no other file is locked under its number."""
    monkeypatch.setattr(turn, "PATIENCE", 0.05)
    with inside(_HOLD, path) as process:
        ours = WriterTurn(path)
        with ours:
            pass
        ours.close()
        os.fstat(ours._descriptor)
        gives_back(process)
        until(lambda: is_free_now(path))
        until(lambda: is_closed(ours._descriptor))


def is_closed(descriptor):
    try:
        os.fstat(descriptor)
    except OSError:
        return True
    return False
