"""Quotes values for PowerShell, so that no value can become code and every script is plain ASCII.

Windows PowerShell 5.1 reads a file without BOM in the machine's code page, and Intune refuses files with one;
ASCII is read the same by all. Strings are verbatim (single quotes): nothing inside them is expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from onboard.templating import Filter, Quoted

_RUNS = re.compile(r"[\x20-\x7e]+|[^\x20-\x7e]")


def string(value: str) -> Quoted:
    """A string expression: `'it''s'`; other characters than printable ASCII are added by their code units.

    PowerShell ends a verbatim string at U+2018 to U+201B too, which therefore never stand in one.
    """
    parts = [
        _verbatim(run) if run.isascii() and run.isprintable() else _units(run) for run in _RUNS.findall(value)
    ]
    if not parts:
        return Quoted("''")
    if len(parts) == 1 and parts[0].startswith("'"):
        return Quoted(parts[0])
    # A string on the left makes the sum a string: [char] + [char] would be a sum of numbers.
    return Quoted("('' + " + " + ".join(parts) + ")")


def integer(value: int) -> Quoted:
    """A number."""
    return Quoted(f"{value:d}")


def boolean(value: object) -> Quoted:
    """`$true` or `$false`."""
    return Quoted("$true" if value else "$false")


def array(values: Iterable[str]) -> Quoted:
    """An array expression of strings."""
    return Quoted("@(" + ", ".join(string(value) for value in values) + ")")


def comment(value: str) -> Quoted:
    """Text inside a `#` line comment: one line of printable ASCII."""
    return Quoted("".join(c if c.isascii() and c.isprintable() else "?" for c in value))


def here_string(value: str) -> Quoted:
    """A verbatim here-string of ASCII lines.

    Raises:
        ValueError: a line begins with `'@`, which would end the string, or the text is not ASCII.
    """
    if not value.isascii() or "\r" in value or any(line.startswith("'@") for line in value.split("\n")):
        msg = "this text cannot stand in a PowerShell here-string"
        raise ValueError(msg)
    return Quoted(f"@'\n{value}\n'@")


def _verbatim(run: str) -> str:
    return "'" + run.replace("'", "''") + "'"


def _units(character: str) -> str:
    encoded = character.encode("utf-16-be")
    units = (encoded[i : i + 2] for i in range(0, len(encoded), 2))
    return " + ".join(f"[char]0x{unit.hex().upper()}" for unit in units)


FILTERS: Mapping[str, Filter] = {
    "ps": string,
    "ps_int": integer,
    "ps_bool": boolean,
    "ps_array": array,
    "ps_comment": comment,
    "ps_here": here_string,
}
