"""Whose turn it is to write: a queue of processes before SQLite's own lock.

SQLite waits for another writer by sleeping, longer each time, up to 100 ms; whoever comes fresh overtakes.
Four busy workers then wait for seconds. The kernel's flock(2) wakes the next in line at once. It is only an
order of turns: SQLite's lock still decides, so a program that does not know of it does no harm.

flock(2) has no time limit, and a process that was stopped in its turn (SIGSTOP, a frozen container) keeps it
for as long as it is. So nobody waits for longer than PATIENCE: whoever does goes on without.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import queue
import threading
from pathlib import Path

PATIENCE = 5.0  # seconds; a transaction takes some milliseconds
_BATCH_OCTETS = 65_536


class WriterTurn:
    """A context manager that waits for its turn; one for each store, so one for each descriptor.

    Its owner sees to it that one thread at a time is inside.

    Args:
        path: the database; the file beside it, `NAME-turn`, is empty and can be removed when nothing runs.

    Raises:
        OSError: the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path.with_name(f"{path.name}-turn"), os.O_RDWR | os.O_CREAT, 0o600)
        self._waiter: _Waiter | None = None
        self._late: _Wait | None = None  # given up, but flock(2) still waits

    def __enter__(self) -> None:
        if self._late is not None and not self._late.is_over:
            return  # whoever is stuck keeps it: the next transactions need not find that out one by one
        self._late = None
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._wait()

    def _wait(self) -> None:
        if self._waiter is None:
            self._waiter = _Waiter(self._descriptor)
        wait = self._waiter.begin()
        if not wait.lasts(PATIENCE):
            self._late = wait

    def __exit__(self, *_: object) -> None:
        if self._late is None:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def try_out(self) -> None:
        """Write what a large batch takes, and take it back.

        A transaction that is rolled back never reaches the disk, so it never meets a full one.

        Raises:
            OSError: there is no room, or the disk does not write.
        """
        written = 0
        try:
            while written < _BATCH_OCTETS:  # the last octets that fit are taken without a complaint
                written += os.pwrite(self._descriptor, bytes(_BATCH_OCTETS - written), written)
            os.fsync(self._descriptor)
        finally:
            os.ftruncate(self._descriptor, 0)

    def close(self) -> None:
        """Let go of the file, at once or when a late turn has come."""
        if self._waiter is None:
            os.close(self._descriptor)
        else:
            self._waiter.end()


class _Wait:
    """One wait for the turn, seen from both sides: it comes in time, or is given back when it comes."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._arrival = threading.Lock()
        self._arrival.acquire()
        self._given_up = False
        self.is_over = False

    def lasts(self, seconds: float) -> bool:
        """Wait until it has come; False when it did not, and is not wanted any more."""
        if self._arrival.acquire(timeout=seconds):
            return True
        with self._guard:
            self._given_up = not self._arrival.acquire(blocking=False)
        return not self._given_up

    def arrive(self, descriptor: int) -> None:
        """Hand the turn over, or give it back."""
        with self._guard:
            if self._given_up:
                fcntl.flock(descriptor, fcntl.LOCK_UN)
                self.is_over = True
            else:
                self._arrival.release()


class _Waiter:
    """A thread that waits in flock(2) for another one, which can then do something else."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waits: queue.SimpleQueue[_Wait | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="scep-store-turn", daemon=True).start()

    def begin(self) -> _Wait:
        """Wait for the turn from now on."""
        wait = _Wait()
        self._waits.put(wait)
        return wait

    def end(self) -> None:
        """Close the descriptor after the last wait: a closed one could be another file's by then."""
        self._waits.put(None)

    def _run(self) -> None:
        while (wait := self._waits.get()) is not None:
            with contextlib.suppress(OSError):  # no locks here: whoever waits finds that out by himself
                fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            wait.arrive(self._descriptor)
        os.close(self._descriptor)
