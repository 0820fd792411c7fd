"""What `onboard rehearse` prints: a row for each device and network, and remarks that fit no cell."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from onboard.cli.terminal import console

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.rehearse import Result

_COLUMNS = ("group", "platform", "network", "read", "CA", "enrolled", "let in", "vlan", "renewal", "result")
_LESS = ("read", "CA", "renewal")  # what a narrow terminal does without


def show(results: Sequence[Result]) -> None:
    """Print who got on, then what had to fail."""
    positives = [result for result in results if not result.negative]
    negatives = [result for result in results if result.negative]
    shown = [name for name in _COLUMNS if name not in _LESS or not _is_narrow()]
    cells = [_row(result) for result in positives]
    console.data(console.table(shown, [[row[name] for name in shown] for row in cells]).rstrip())
    _remarks(positives)
    if negatives:
        columns = ("what must fail", "group", "platform", "network", "result", "what happened")
        console.data("")
        console.data(console.table(columns, [_negative_row(result) for result in negatives]).rstrip())


def _remarks(results: list[Result]) -> None:
    """What does not fit into a cell; several rows with the same remark share its line."""
    shared: dict[tuple[bool, str, str], list[str]] = {}
    for result in sorted(results, key=lambda result: result.ok):
        if result.reason:
            row = f"{result.group} {result.platform} {result.network}".rstrip()
            shared.setdefault((result.ok, result.reason, result.where), []).append(row)
    for (is_ok, reason, where), rows in shared.items():
        console.prose(f"{'note' if is_ok else 'failed'}: {', '.join(rows)}: {reason}")
        if where:
            console.data(f"  see {where}")


def _is_narrow() -> bool:
    """A terminal in which every column would break; pipes and logs take any width."""
    return sys.stdout.isatty() and shutil.get_terminal_size().columns < 105


def _row(result: Result) -> Mapping[str, str]:
    """The cells by column; a format that cannot enrol is not at fault."""
    return {
        "group": result.group,
        "platform": result.platform,
        "network": result.network or "-",
        "read": word(result.read),
        "CA": word(result.pinned),
        "enrolled": word(result.enrolled or None if result.ok else result.enrolled),
        "let in": word(result.authenticated),
        "vlan": "-" if result.vlan is None else str(result.vlan),
        "renewal": result.renewal or "-",
        "result": "ok" if result.ok else "failed",
    }


def _negative_row(result: Result) -> tuple[str, ...]:
    return (
        result.negative,
        result.group,
        result.platform,
        result.network,
        "ok" if result.ok else "failed",
        remark(result),
    )


def remark(result: Result) -> str:
    """Why it ended so, and the line of the org to look at."""
    return f"{result.reason} ({result.where})" if result.where else result.reason


def word(value: bool | None) -> str:
    """A cell; None: it did not come to that."""
    return "-" if value is None else "yes" if value else "no"
