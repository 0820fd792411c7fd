"""Files named on the command line: read and written whole, and named in every complaint."""

from __future__ import annotations

from pathlib import Path

from onboard.errors import OnboardError


def read_file(path: Path) -> bytes:
    """What a file named on the command line holds.

    Raises:
        OnboardError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise OnboardError(msg) from error


def write_text(path: Path, text: str) -> None:
    """Write a file for people, UTF-8.

    Raises:
        OnboardError: it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror}"
        raise OnboardError(msg) from error
