"""The results as one HTML page that stands alone: to hand to a colleague."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from onboard import templating
from onboard.rehearse.result import Result, all_ok


def page(organization: str, results: Sequence[Result], now: datetime) -> str:
    """The page; every value in it is escaped, nothing is loaded from elsewhere.

    Args:
        organization: its name.
        results: the rows, in their order.
        now: aware UTC, when it was played.
    """
    return templating.page(
        "rehearse/report.html.j2",
        organization=organization,
        results=results,
        good=sum(result.ok for result in results),
        every=all_ok(results),
        now=f"{now:%Y-%m-%d %H:%M} UTC",
        word=_word,
    )


def _word(value: bool | None) -> str:  # noqa: FBT001  a cell of the table
    return "–" if value is None else "yes" if value else "no"  # noqa: RUF001  a dash, not a minus
