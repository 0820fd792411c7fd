"""Ctrl-C: ends the process at once where nothing is begun, and is an exception while a command works.

Imports and the reading of options show tracebacks of an exception, or swallow it; commands clean up by it.
"""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import NoReturn

INTERRUPTED = 130
TERMINATED = 128 + signal.SIGTERM  # what a shell reports of a process that the signal ended


def end_at_once() -> None:
    """From now on an interrupt ends the process; one that is ignored, as under nohup, stays so."""
    signal.signal(signal.SIGTERM, _end)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _end)


def let_clean_up() -> None:
    """From now on what is half-written, and may hold a secret, is removed on the way out."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGTERM) is _end:
        signal.signal(signal.SIGTERM, _terminated)


def _end(number: int, _: FrameType | None) -> NoReturn:
    os._exit(128 + number)


def _terminated(_signal: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(TERMINATED)
