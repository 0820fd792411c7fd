"""Instructions with a hole in them are not handed out."""

from __future__ import annotations

import pytest

from onboard.lint import lint

_MARK = b"<!-- onboard instructions -->\n"


@pytest.mark.parametrize("hole", [b"${user.email}", b"{{ name }}", b"{% if x %}"])
def test_an_unfilled_place_is_an_error_at_its_line(hole):
    """A variable or a piece of template in the text is named with its line."""
    (finding,) = lint("README.md", _MARK + b"fine\nrun " + hole + b"\n")
    assert (finding.rule, finding.where) == ("instructions-01", "line 3")


def test_other_bytes_are_an_error():
    """Text is UTF-8."""
    (finding,) = lint("README.md", _MARK + b"\xff")
    assert finding.rule == "instructions-02"


def test_plain_text_passes():
    """Text without holes is good."""
    assert lint("README.md", _MARK + "Grüße\n".encode()) == ()
