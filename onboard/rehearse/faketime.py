"""Another clock for FreeRADIUS and eapol_test: libfaketime, preloaded; the machine's own stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

_FOLDERS = ("/usr/lib", "/usr/local/lib", "/usr/lib64")
_NAME = "libfaketimeMT.so.1"  # the one for programs with threads


def library() -> Path | None:
    """Libfaketime (Debian: faketime); None where it is not installed."""
    for folder in map(Path, _FOLDERS):
        for pattern in (f"faketime/{_NAME}", f"*/faketime/{_NAME}"):
            found = next(folder.glob(pattern), None)
            if found is not None:
                return found
    return None


def environment(ahead: timedelta, speed: int = 1) -> Mapping[str, str]:
    """The environment of a program whose clock is that much ahead and so many times as fast.

    Returns:
        Variables to set; none where its clock is ours.

    Raises:
        FileNotFoundError: libfaketime is not installed.
    """
    if not ahead and speed == 1:
        return {}
    preloaded = library()
    if preloaded is None:
        raise FileNotFoundError(_NAME)
    return {
        "LD_PRELOAD": str(preloaded),
        "FAKETIME": f"{ahead.total_seconds():+.0f}" + (f" x{speed}" if speed > 1 else ""),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # timeouts are lengths, not dates
    }
