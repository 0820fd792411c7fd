"""The targets by name; each is made once in a process."""

from __future__ import annotations

from collections.abc import Callable

from fuzz import messages, web
from fuzz.chance import Target
from fuzz.messages import Cast

TARGETS: dict[str, Callable[[], Target]] = {
    "reader": lambda: messages.Reader(Cast()),
    "outer": lambda: messages.Outer(Cast()),
    "inner": lambda: messages.Inner(Cast()),
    "plain": lambda: messages.Plain(Cast()),
    "http": lambda: web.Direct(Cast()),
    "wire": lambda: web.Wire(Cast()),
}
