"""Keeps the HTTP library's warnings from filling a disk: strangers cause them, as often as they like."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from scep_server.limits import Rate, TokenBuckets

RATE = Rate(per_second=0.1, burst=5.0)  # lines of one text


class Sparing(logging.Filter):
    """Lets each text through a few times, and then once in a while.

    Args:
        seconds: a monotonic clock.
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._seconds = seconds
        self._budget = TokenBuckets(RATE, capacity=64)

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is logged; errors always are."""
        return record.levelno >= logging.ERROR or self._budget.take(str(record.msg), self._seconds())


_OF_THIS_PROCESS = Sparing()


def spare() -> None:
    """From now on; a second call changes nothing."""
    logging.getLogger("uvicorn.error").addFilter(_OF_THIS_PROCESS)
