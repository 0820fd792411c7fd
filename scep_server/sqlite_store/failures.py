"""SQLite's errors in the store's words: what passes with time, and what somebody must repair."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import TracebackType

from scep_server.store import StoreError, StoreUnavailableError, UnusableStoreError

_PRIMARY = 0xFF  # an extended result code holds its primary code in the low byte

_CURES = {
    sqlite3.SQLITE_FULL: ("the disk is full", "free space there; devices that were turned away ask again"),
    sqlite3.SQLITE_IOERR: ("the disk cannot be read or written", "look into the system log for disk errors"),
    sqlite3.SQLITE_BUSY: ("another process holds the lock", "end whatever keeps a transaction open on it"),
    sqlite3.SQLITE_LOCKED: ("another process holds the lock", "end whatever keeps a transaction open on it"),
    sqlite3.SQLITE_READONLY: ("it may not be written", "give the server's user the right to write it"),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", "see that the folder exists and may be written"),
    sqlite3.SQLITE_PERM: ("access is denied", "give the server's user the right to write it"),
}


class translated:  # noqa: N801 # used like a function; a generator would cost each read a microsecond
    """A context manager that raises SQLite's and the system's errors as `StoreError`, with file and cure."""

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, sqlite3.Error):
            raise _of_sqlite(self._path, error) from error
        if isinstance(error, OSError):
            msg = f"{self._path}: {error.strerror}"
            raise StoreUnavailableError(
                msg, remedy="see that the folder exists, may be written and has space"
            ) from error


def _of_sqlite(path: Path, error: sqlite3.Error) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
    if code in _CURES:
        cause, cure = _CURES[code]
        return StoreUnavailableError(f"{path}: {cause} ({error})", remedy=cure)
    if code == sqlite3.SQLITE_NOTADB:
        return UnusableStoreError(
            f"{path} is not an SQLite database", remedy="name another file, or restore this one from a backup"
        )
    return UnusableStoreError(f"{path} is damaged ({error})", remedy="restore it from a backup")
