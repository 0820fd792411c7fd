"""Writes files so that no crash, full disk or second writer leaves half of one or replaces another's.

Content goes to a temporary file in the same folder, reaches the disk, and only then gets its name.
"""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

_PARTIAL = ".partial-"
_NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS})


def write_new(path: Path, content: bytes, *, mode: int) -> None:
    """Create `path` with `content`; durable when this returns.

    Raises:
        FileExistsError: there is such a file; it was not touched.
        OSError: the folder cannot be written or the disk is full; nothing was left behind.
    """
    with _partial(path, content, mode) as partial:
        try:
            os.link(partial, path)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            if path.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
            partial.rename(path)
    sync_folder(path.parent)


def replace(path: Path, content: bytes, *, mode: int) -> None:
    """Give `path` new content, whether it exists or not; readers see the old or the new, never a mixture.

    Raises:
        OSError: the folder cannot be written or the disk is full; the old content stands.
    """
    with _partial(path, content, mode) as partial:
        partial.replace(path)
    sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Make a folder that everybody may read and its owner alone may write, and what is missing above it.

    The umask can take away more, not give more: whoever may write into a folder can replace what is in it.

    Raises:
        NotADirectoryError: a file is in its place, or above it; it is named.
        OSError: it cannot be made.
    """
    for folder in (*reversed(path.parents), path):
        if not folder.is_dir():
            try:
                folder.mkdir(mode=0o755, exist_ok=True)
            except FileExistsError:
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from None


def remove_partial(folder: Path) -> None:
    """Remove what a killed writer left; call it while nobody else writes there."""
    for path in folder.glob(f"{_PARTIAL}*"):
        path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make names in `folder` durable (fsync of a file does not cover its name, see fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _partial(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    descriptor, name = tempfile.mkstemp(prefix=_PARTIAL, dir=path.parent)  # 0600 from the first byte on
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        yield partial
    finally:
        partial.unlink(missing_ok=True)
