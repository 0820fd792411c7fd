"""The figures of a bench as a table: what was measured, what must be, what shall be, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line.

    Attributes:
        name: what was measured.
        value: of ours.
        spread: lowest and highest of the rounds; None where there was one.
        peer: the same of the peer, as text; empty where it makes no sense.
        must: bound that the value has to keep.
        aim: bound that it shall keep.
        more: whether more is better.
        unit: after the numbers.
        digits: after the point.
    """

    name: str
    value: float
    spread: tuple[float, float] | None = None
    peer: str = ""
    must: float | None = None
    aim: float | None = None
    more: bool = True
    unit: str = ""
    digits: int = 2

    @property
    def verdict(self) -> str:
        """The strictest bound that is kept."""
        if self.must is None:
            return ""
        if self.aim is not None and self._keeps(self.aim):
            return "aim"
        return "must" if self._keeps(self.must) else "MISSED"

    def _keeps(self, bound: float) -> bool:
        return self.value >= bound if self.more else self.value <= bound

    def cells(self) -> tuple[str, ...]:
        """Texts, in the order of the columns."""
        spread = "" if self.spread is None else f"[{self._text(self.spread[0])}-{self._text(self.spread[1])}]"
        return (
            self.name,
            f"{self._text(self.value)}{self.unit}",
            spread,
            self.peer,
            self._bound(self.must),
            self._bound(self.aim),
            self.verdict,
        )

    def _text(self, number: float) -> str:
        return f"{number:,.{self.digits}f}"

    def _bound(self, bound: float | None) -> str:
        return "" if bound is None else f"{'≥' if self.more else '≤'} {self._text(bound)}"


def table(figures: Sequence[Figure]) -> str:
    """The lines, in columns."""
    rows = [("", "ours", "", "Debian's scep", "must", "aim", "verdict"), *(f.cells() for f in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
