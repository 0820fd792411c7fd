"""Whether the files that are written to are still the ones that the next start will find.

A file that is deleted or replaced stays open, and SQLite goes on writing to it: every certificate given from
then on would be unknown after the next start. Two calls of stat(2) before a transaction find that out.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from scep_server.store import StoreUnavailableError

_Identity = tuple[int, int] | None  # device and inode; None: there is no such file


class Place:
    """A database and its write-ahead log, as they were when it was opened.

    Args:
        path: the database; a connection to it has read something, so that its log is there.
    """

    def __init__(self, path: Path) -> None:
        self._files = (path, path.with_name(f"{path.name}-wal"))
        self._opened = self._found()

    def demand_same(self) -> None:
        """Make sure that they are the same ones.

        Raises:
            StoreUnavailableError: one is not.
        """
        found = self._found()
        if found == self._opened:
            return
        for path, now, before in zip(self._files, found, self._opened, strict=True):
            if now != before:
                what = "was deleted or moved away" if now is None else "was replaced"
                msg = f"{path} {what} while the server uses it"
                remedy = "end the server, put the store back with what lies beside it, and start again"
                raise StoreUnavailableError(msg, remedy=remedy)

    def _found(self) -> tuple[_Identity, ...]:
        return tuple(map(_identity, self._files))


def _identity(path: Path) -> _Identity:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return None
