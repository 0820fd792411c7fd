"""What the admin is told is bounded, whatever an org definition or a payload holds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from onboard.errors import Finding, Mistake, OnboardError, Place, Severity, bounded

VALUE = "x" * 100_000


@given(st.text(max_size=3_000), st.integers(min_value=30, max_value=1_000))
def test_each_line_is_bounded(text, longest):
    """Short lines stay as they are; of a long one both ends are there."""
    shown = bounded(text, longest).split("\n")
    for line, told in zip(text.split("\n"), shown, strict=True):
        if len(line) <= longest:
            assert told == line
        else:
            assert len(told) < longest + 50
            assert (told[:10], told[-10:]) == (line[:10], line[-10:])


def test_everything_that_is_told_is_bounded():
    """Messages, hints and places, of mistakes, findings and errors."""
    place = Place(path="org.yaml", where=f"groups.{VALUE}.vlan")
    mistake = Mistake(place=place, message=f"{VALUE!r} is no VLAN", hint=VALUE)
    finding = Finding(
        path="a", where=VALUE, rule="apple-E06", severity=Severity.ERROR, message=VALUE, hint=VALUE
    )
    error = OnboardError(VALUE, hint=VALUE)
    assert len(str(mistake)) < 1_700
    assert str(place).endswith(".vlan")
    assert mistake.message.endswith("is no VLAN")
    assert all(
        len(text) < 700 for text in (finding.where, finding.message, finding.hint, str(error), error.hint)
    )


def test_many_lines_are_all_told():
    """A list of a thousand short mistakes is not one long text."""
    lines = "\n".join(f"org.yaml:{number}:1: something" for number in range(1_000))
    assert str(OnboardError(lines)) == lines
