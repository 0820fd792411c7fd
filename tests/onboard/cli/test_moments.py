"""`--at`: lengths and dates, and what is neither."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from onboard.cli.moments import parse_ahead

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "days"),
    [("+11mo", 341), ("+1mo", 31), ("+30d", 30), ("+1y", 365), ("2026-03-11", 9.5)],
)
def test_a_moment_is_so_far_ahead(text, days):
    """Months have 31 days, years 365; a date begins at midnight UTC."""
    assert parse_ahead(text, NOW) == timedelta(days=days)


@pytest.mark.parametrize("text", ["", "+", "11mo", "+11m", "+0d", "-1d", "2026-03-01", "2026-02-30", "soon"])
def test_anything_else_is_refused(text):
    """Neither the past nor a spelling that could mean minutes is taken."""
    with pytest.raises(ValueError, match=r".+"):
        parse_ahead(text, NOW)
