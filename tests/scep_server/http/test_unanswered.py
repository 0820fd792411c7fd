"""Requests that got an HTTP error: told one by one as long as nobody makes a flood of them."""

from __future__ import annotations

import pytest

from scep_server.http.exchange import plain
from scep_server.http.unanswered import Unanswered


@pytest.mark.parametrize(
    ("addresses", "each", "lines"), [(1, 1000, 5), (20, 10, 100), (1000, 1, 300)], ids=["one", "some", "many"]
)
def test_neither_one_address_nor_many_fill_the_log(addresses, each, lines):
    """Five lines of one address at once, and three hundred of all together."""
    told: list[object] = []
    unanswered = Unanswered(told.append)
    for number in range(addresses):
        for _ in range(each):
            unanswered.note("/scep/x", plain(404, "no such endpoint here"), f"2001:db8:0:{number:x}::1", 0.0)
    assert len(told) == lines
