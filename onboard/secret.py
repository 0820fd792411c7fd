"""A secret that does not print, compare in variable time, pickle or format; and references to secrets.

The value leaves through `reveal()` only, which is greppable: payload builders, provision and signing.
"""

from __future__ import annotations

import enum
import hmac
from dataclasses import dataclass, field
from typing import NoReturn

from onboard.errors import NOWHERE, Place


class Secret:
    """Text that must never reach a repr, log, snapshot, file name, URL or exception."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself; call it where it is written to its destination, not earlier."""
        return self._value

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other.reveal().encode())

    __hash__ = None  # type: ignore[assignment]  # a hash would be a fingerprint of the value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        msg = "a secret is not pickled"
        raise TypeError(msg)


class SecretSource(enum.StrEnum):
    """Where a secret's value comes from when it is used."""

    ENV = "env"  # env:NAME
    FILE = "file"  # file:PATH, relative to the org file
    LITERAL = "literal"  # written in the org file; `check` warns


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretReference:
    """A secret as the org definition names it; resolved only when used."""

    source: SecretSource
    name: str  # environment variable or path; empty for a literal
    literal: Secret | None = None
    place: Place = field(default=NOWHERE, compare=False, repr=False)
