"""Serial numbers and reasons of a revocation, as they are typed."""

from __future__ import annotations

import enum
from typing import TypeVar

from onboard.cli.usage import UsageError

_Reason = TypeVar("_Reason", bound=enum.Enum)


def serial_of(text: str) -> int:
    """A serial number in hexadecimal, colons or not.

    Raises:
        ValueError: it is none.
    """
    return int(text.replace(":", ""), 16)


def reason_of(text: str, reasons: type[_Reason]) -> _Reason:
    """The reason that RFC 5280 §5.3.1 names so, in lower case with hyphens.

    Raises:
        UsageError: `reasons` has none of that name.
    """
    named = {reason.name.lower().replace("_", "-"): reason for reason in reasons}
    if text not in named:
        msg = f"{text!r} is no reason; there are {', '.join(named)}"
        raise UsageError(msg, option="--reason")
    return named[text]
