"""Moments on the command line: a date, or a length of time from now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

MONTH = timedelta(days=31)  # never shorter than a month of the calendar


def parse_ahead(text: str, now: datetime) -> timedelta:
    """How far ahead of now `+11mo`, `+30d`, `+1y` or `2027-10-01` is.

    Args:
        text: as typed; months have 31 days here, years 365.
        now: aware UTC.

    Raises:
        ValueError: it is none of these, or not in the future.
    """
    ahead = _length(text[1:]) if text.startswith("+") else _date(text) - now
    if ahead <= timedelta(0):
        msg = f"{text!r} is not in the future"
        raise ValueError(msg)
    return ahead


def _length(text: str) -> timedelta:
    from onboard.orgfile import parse_duration

    months = re.fullmatch(r"([1-9][0-9]{0,3})mo", text)
    return int(months[1]) * MONTH if months else parse_duration(text)


def _date(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        msg = f"{text!r} is no moment: write +11mo, +30d or a date such as 2027-10-01"
        raise ValueError(msg) from None
