"""Tables and lines on a terminal."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboard.cli.terminal.layout import aligned, broken, fitted, harmless, width_of

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=60)
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5)


@given(rows=ROWS, width=st.integers(40, 200))
def test_a_fitted_table_fits(rows, width) -> None:
    """No line is wider than the terminal, whatever the cells hold; wide letters count twice."""
    table = fitted(("one", "two", "three"), rows, width)
    assert all(len(line) <= width for line in table.splitlines())


@given(rows=ROWS)
def test_nothing_reaches_the_terminal_that_it_would_obey(rows) -> None:
    """Escapes in names that devices chose are shown, not sent, and no line begins anew."""
    for text in (fitted(("a", "b", "c"), rows, 80), aligned(("a", "b", "c"), rows)):
        assert re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text) is None


def test_an_aligned_row_is_one_line() -> None:
    """Scripts read a table by lines, so a line feed in a name starts none."""
    assert len(aligned(("name",), [("a\nb",)]).splitlines()) == 2


def test_hosts_stay_whole_while_prose_breaks() -> None:
    """The long column with blanks gives way before one that is copied."""
    host = "a-host-of-some-length.example.org"
    table = fitted(("host", "purpose"), [(host, "what a person reads " * 8)], 60)
    assert host in table
    assert max(map(len, table.splitlines())) <= 60


def test_a_row_that_cannot_fit_becomes_a_block() -> None:
    """Serial numbers stay whole, however narrow the terminal; headers stand before what they name."""
    serial = "48983932c4ae7b36a1e6f2c698619991"
    rows = [(serial, "valid", "user-eap-tls", "asserted", "CN=ada,OU=staff"), ("1", "revoked", "", "", "x")]
    table = fitted(("serial", "status", "profile", "identity", "subject"), rows, 60)
    assert f"serial    {serial}\nstatus    valid\n" in table
    assert "\n\nserial    1\nstatus    revoked\n" in table
    assert max(map(len, table.splitlines())) <= 60


def test_names_of_certificates_break_between_their_parts() -> None:
    """O, OU and CN are read apart."""
    name = "O=Northwind University,OU=a-long-unit,CN=Northwind"
    table = fitted(("ends", "subject"), [("2027-11-23", name)], 34)
    assert {"OU=a-long-unit,", "CN=Northwind"} <= set(table.split())


def test_colours_change_no_width() -> None:
    """Paint is put around what was padded before."""
    rows = [("ok", "x"), ("failed", "y")]
    plain = fitted(("state", "name"), rows, 80)
    painted = fitted(("state", "name"), rows, 80, paint=lambda printed, _: f"\x1b[1m{printed}\x1b[0m")
    assert [line.rstrip() for line in re.sub(r"\x1b\[\d*m", "", painted).splitlines()] == plain.splitlines()


def test_lines_break_between_words_and_hang() -> None:
    """What goes on stands deeper than what begins, so that findings can be told apart."""
    text = broken("  hint: " + "word " * 30, 40)
    first, *others = text.splitlines()
    assert first.startswith("  hint: word")
    assert all(line.startswith("      word") for line in others)
    assert max(map(len, text.splitlines())) <= 40


def test_long_words_stay_whole() -> None:
    """A path or URL can be copied; the terminal breaks it where it must."""
    url = "https://scep.example.org/" + "x" * 90
    assert url in broken(f"see {url} for more", 40)


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("Ödland", 6), ("O\u0308d", 2), ("大学", 4)], ids=ascii
)
def test_width_is_what_a_terminal_shows(text, width) -> None:
    """Combining marks take no column, East Asian letters two."""
    assert width_of(text) == width


def test_an_escape_is_written_out() -> None:
    """It can be seen what a name tried."""
    assert harmless("a\x1b[2Jb\u202ec") == "a\\x1b[2Jb\\x202ec"
