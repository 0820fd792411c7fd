"""The page to hand to a colleague."""

from __future__ import annotations

from datetime import UTC, datetime

from onboard.rehearse.report import page
from onboard.rehearse.result import Result

NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


def test_values_are_escaped():
    """A reason that holds markup stays text."""
    row = Result(group="staff", platform="apple", network="<b>", reason="<script>alert(1)</script>", vlan=20)
    made = page("Northwind & Co", (row,), NOW)
    assert "<script>" not in made
    assert "&lt;b&gt;" in made
    assert "Northwind &amp; Co" in made


def test_page_says_how_many_got_through():
    """The first line answers the question."""
    rows = (
        Result(group="a", platform="apple", network="x", ok=True),
        Result(group="b", platform="apple", network="x"),
    )
    assert "1 of 2" in page("Northwind", rows, NOW)
    assert "2027-03-01 12:00 UTC" in page("Northwind", rows, NOW)
