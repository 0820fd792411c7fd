"""What can go wrong, as values: a place in a file, a mistake there, and the errors that carry them.

OnboardError                 exit 1: the input or the result is at fault
├── OrgFileError             mistakes of an org definition, each with its line
├── SecretUnavailableError   a referenced secret has no value where it is needed
├── VariableError            variables that have no value or no spelling, each by name
├── PayloadError             an artifact that lint would refuse
├── PkiError                 certificates or keys that do not fit together
└── StateError               the state folder cannot be used
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field

_LONGEST_LINE = 600  # characters of a line that is told
_LONGEST_PLACE = 200


def bounded(text: str, longest: int = _LONGEST_LINE) -> str:
    """A text for people, each line of it with its middle left out where it is longer.

    What it repeats is somebody's value, which may be a whole certificate in the wrong place.
    """
    return (
        "\n".join(_bounded_line(line, longest) for line in text.split("\n")) if len(text) > longest else text
    )


def _bounded_line(line: str, longest: int) -> str:
    if len(line) <= longest:
        return line
    head, tail = line[: longest * 2 // 3], line[-longest // 3 :]
    return f"{head}… ({len(line) - len(head) - len(tail)} characters more) …{tail}"


class Severity(enum.StrEnum):
    """Whether a finding stops the work."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """Where something stands in a YAML file: lines and columns count from 1, `where` is a dotted path."""

    path: str
    line: int = 1
    column: int = 1
    where: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "where", bounded(self.where, _LONGEST_PLACE))

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.where}"


NOWHERE = Place(path="")  # for values that no file holds (tests, minted values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing wrong in an org definition, with what would be right in `hint`."""

    place: Place
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", bounded(self.message))
        object.__setattr__(self, "hint", bounded(self.hint))

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}"
        return f"{text}\n  hint: {self.hint}" if self.hint else text


class OnboardError(Exception):
    """Base of everything that ends a command with a message instead of a traceback."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(bounded(message))
        self.hint = bounded(hint)


class OrgFileError(OnboardError):
    """The org definition has mistakes; `mistakes` is sorted by position."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


class SecretUnavailableError(OnboardError):
    """A secret that the org definition refers to is not set where it is needed."""


class VariableError(OnboardError):
    """Some variables have no value, or no spelling in a dialect; `names` lists them all."""

    def __init__(self, message: str, names: Sequence[str], *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.names = tuple(names)


class PayloadError(OnboardError):
    """An artifact was built that lint refuses; nothing is written."""


class PkiError(OnboardError):
    """Certificates or keys are absent, do not fit together, or were lost."""


class StateError(OnboardError):
    """The state folder cannot be read or written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a lint rule says about a payload: `where` is a place inside it (key path, element path)."""

    path: str
    where: str
    rule: str  # e.g. "apple-E06", "windows-09", "onc-021"
    severity: Severity
    message: str
    hint: str = field(default="")

    def __post_init__(self) -> None:
        for name, longest in (("where", _LONGEST_PLACE), ("message", _LONGEST_LINE), ("hint", _LONGEST_LINE)):
            object.__setattr__(self, name, bounded(getattr(self, name), longest))
