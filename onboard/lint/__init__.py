"""`onboard lint`: judges a payload at rest, whoever made it, by the rules of its own format.

Each format has its room: `lint/apple`, `lint/windows`, `lint/onc`. A room offers two functions, `recognises`
and `lint`, and has one line in `FORMATS`. Rule ids begin with the room's name: `apple-E06`, `windows-09`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from onboard.errors import Finding, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A file format and who judges it."""

    name: str  # as people say it: "Apple mobileconfig"
    recognises: Callable[[bytes], bool]  # cheap, by content alone; never raises
    lint: Callable[[str, bytes], tuple[Finding, ...]]  # path for the findings, content; never raises


FORMATS: tuple[Format, ...] = ()


def lint(path: str, content: bytes) -> tuple[Finding, ...]:
    """What is wrong with a payload, by the rules of the format its content shows; empty when it is good.

    Args:
        path: the file's name, for the findings only; the format is told by the content.
        content: the whole file.

    Returns:
        Findings in the order of the places they name. A file of no known format is one error, `lint-01`.
    """
    for known in FORMATS:
        if known.recognises(content):
            return known.lint(path, content)
    return (
        Finding(
            path=path,
            where="",
            rule="lint-01",
            severity=Severity.ERROR,
            message="this is no payload that onboard knows" if content else "the file is empty",
            hint=f"known formats: {', '.join(known.name for known in FORMATS)}",
        ),
    )
