"""Values in PowerShell are data, whatever they hold."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.powershell import evaluate, faults, nodes

from onboard.payloads.windows.powershell import array, boolean, comment, here_string, integer, string

_CODE = ("command", "variable", "sub_expression", "script_block", "expandable_string_literal")


@given(st.text(st.characters(exclude_categories=("Cs",))))
@example('it\'s $(Remove-Item C:\\) `n "quoted" ${user.email}')
@example("\u2018; evil \u2019\u201a\u201b")
@example("line\r\nline\x00'@")
@example("\U0001f600")
def test_a_string_is_itself_and_never_code(text):
    """The expression evaluates to the text, is ASCII, and holds no command, variable or sub-expression."""
    expression = string(text)
    assert evaluate(expression) == text
    assert expression.isascii()
    assert "\n" not in expression
    assert not faults(f"$x = {expression}")
    assert [n.text for n in nodes(f"$x = {expression}", *_CODE)] == [b"$x"]


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_a_comment_ends_with_its_line(text):
    """Nothing in a comment starts a new line or leaves ASCII."""
    script = f"# {comment(text)}\n$x = 1\n"
    assert script.isascii()
    assert [n.text for n in nodes(script, *_CODE)] == [b"$x"]


def test_other_literals():
    """Numbers, booleans and arrays are written in PowerShell's own way."""
    assert (integer(7), boolean(True), boolean(False)) == ("7", "$true", "$false")
    assert array(["a", "b'c"]) == "@('a', 'b''c')"


@pytest.mark.parametrize("text", ["a\n'@\nevil", "umlaut ü", "a\r\nb"])
def test_a_here_string_refuses_what_would_end_it(text):
    """Text that could close the here-string, or that is not ASCII, is refused and not mangled."""
    with pytest.raises(ValueError, match="here-string"):
        here_string(text)


def test_a_here_string_is_verbatim():
    """Quotes, dollars and backticks inside stay what they are."""
    script = "$x = " + here_string("<a b=\"c\">$(evil) `n 'q'</a>") + "\n"
    assert not faults(script)
    assert [n.text for n in nodes(script, *_CODE)] == [b"$x"]
