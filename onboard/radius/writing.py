"""Writes a configuration folder: each file with its mode from the start, the key never readable by others."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from onboard.errors import StateError
from onboard.radius.config_file import ConfigFile
from scep_server.keys.files import make_folder


def write_folder(folder: Path, files: Iterable[ConfigFile]) -> tuple[Path, ...]:
    """Write the files below `folder`, replacing those of the same name; others stay.

    Raises:
        StateError: the folder cannot be written.
    """
    try:
        return tuple(_write(folder / file.path, file) for file in files)
    except OSError as error:
        msg = f"{error.filename or folder} cannot be written: {error.strerror}"
        raise StateError(msg, hint="choose another folder with --out") from error


def _write(path: Path, file: ConfigFile) -> Path:
    make_folder(path.parent)
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, file.mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(file.content)
    partial.chmod(file.mode)  # whatever the umask took away
    partial.replace(path)
    return path
