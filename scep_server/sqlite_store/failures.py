"""SQLite's errors in the store's words: what passes with time, and what somebody must repair."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise SQLite's and the system's errors as `StoreError`, naming file, cause and cure."""
    try:
        yield
    except StoreError:
        raise
    except sqlite3.Error as error:
        raise _of_sqlite(path, error) from error
    except OSError as error:
        msg = f"{path}: {error.strerror}"
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
