"""The results as one HTML page that stands alone: to hand to a colleague."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from onboard import templating
from onboard.rehearse.result import Result, all_ok


def page(organization: str, results: Sequence[Result], now: datetime, later: datetime | None = None) -> str:
    """The page; every value in it is escaped, nothing is loaded from elsewhere.

    Args:
        organization: its name.
        results: the rows, in their order.
        now: aware UTC, when it was played.
        later: the other day that was played; None for today alone.
    """
    positives = [result for result in results if not result.negative]
    negatives = [result for result in results if result.negative]
    return templating.page(
        "rehearse/report.html.j2",
        organization=organization,
        results=positives,
        good=sum(result.ok for result in positives),
        negatives=negatives,
        refused=sum(result.ok for result in negatives),
        every=all_ok(positives),
        now=f"{now:%Y-%m-%d %H:%M} UTC",
        later="" if later is None else f"{later:%Y-%m-%d}",
        word=_word,
        kind=_kind,
    )


def _word(value: bool | None) -> str:  # noqa: FBT001  a cell of the table
    return "–" if value is None else "yes" if value else "no"  # noqa: RUF001  a dash, not a minus


def _kind(value: bool | None) -> str:  # noqa: FBT001  a cell of the table
    return "none" if value is None else "ok" if value else "failed"
