"""Whose turn it is to write: a queue of processes before SQLite's own lock.

SQLite waits for another writer by sleeping, longer each time, up to 100 ms; whoever comes fresh overtakes.
Four busy workers then wait for seconds. The kernel's flock(2) wakes the next in line at once. It is only an
order of turns: SQLite's lock still decides, so a program that does not know of it does no harm.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

_BATCH_OCTETS = 65_536


class WriterTurn:
    """A context manager that waits for its turn; one for each store, so one for each descriptor.

    Args:
        path: the database; the file beside it, `NAME-turn`, is empty and can be removed when nothing runs.

    Raises:
        OSError: the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path.with_name(f"{path.name}-turn"), os.O_RDWR | os.O_CREAT, 0o600)

    def __enter__(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
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
        """Let go of the file."""
        os.close(self._descriptor)
