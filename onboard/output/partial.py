"""Half-written files: all in one folder of the output, so that the next run finds what a killed one left.

They may hold secrets, and lie under no name that the manifest knows.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scep_server.keys.files import make_folder

_NAME = ".onboard-partial"


@dataclass(frozen=True, slots=True)
class Partials:
    """Where files are written before they get their names."""

    folder: Path

    def replace(self, path: Path, content: bytes, *, mode: int) -> bool:
        """Write a whole file or none; True if anything changed.

        The file never exists with wider permissions than `mode`, not even for a moment.
        """
        if path.is_file() and not path.is_symlink() and path.read_bytes() == content:
            if path.stat().st_mode & 0o777 != mode:
                path.chmod(mode)
            return False
        make_folder(path.parent)
        partial = self.folder / secrets.token_hex(8)
        try:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        return True


@contextlib.contextmanager
def partials(folder: Path) -> Iterator[Partials]:
    """Write into `folder`, which is made if absent; a second writer waits until the first has finished.

    Raises:
        OSError: the folder cannot be made or written.
    """
    make_folder(folder)
    place = folder / _NAME
    with _turn(folder):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(mode=0o700)
        try:
            yield Partials(place)
        finally:
            shutil.rmtree(place, ignore_errors=True)


@contextlib.contextmanager
def _turn(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
