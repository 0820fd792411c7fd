"""YAML as a tree that keeps text and places, within bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboard.errors import Mistake, OrgFileError
from onboard.orgfile.text.nodes import MAXIMUM_NODES, Mapping, Node, Scalar, Sequence, compose


def root(text: str) -> Node:
    node, around = compose(text, "org.yaml")
    assert around == ()
    assert node is not None
    return node


def mistakes(text: str) -> tuple[Mistake, ...]:
    try:
        return compose(text, "org.yaml")[1]
    except OrgFileError as error:
        return error.mistakes


def values(text: str) -> list[Node]:
    node = root(text)
    assert isinstance(node, Mapping)
    return [value for _, value in node.pairs]


@pytest.mark.parametrize("written", ["0123", "on", "1.10", "12:34", "0x1F", "1e3", "2026-11-23", "yes", ".5"])
@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_scalars_keep_their_text(written: str, quote: str):
    """Whatever YAML takes for a number, a truth value or a date must stay the text that was written."""
    (value,) = values(f"ssid: {quote}{written}{quote}")
    assert isinstance(value, Scalar)
    assert value.text == written
    assert value.plain is not bool(quote)


@pytest.mark.parametrize("written", ["", "~", "null", "Null", "NULL"])
def test_nothing_is_told_from_text(written: str):
    """A null must be nothing when plain and text when quoted."""
    plain, quoted = values(f"a: {written}\nb: '{written}'")
    assert isinstance(plain, Scalar)
    assert isinstance(quoted, Scalar)
    assert plain.is_nothing
    assert not quoted.is_nothing


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_positions_count_characters_from_one(line_end: str):
    """Places must be what an editor shows, with any line ends and beyond ASCII."""
    node = root(line_end.join(["# Ä", "grüße: {a: ä, b: c}", ""]))
    assert isinstance(node, Mapping)
    ((key, value),) = node.pairs
    assert (key.position.line, key.position.column) == (2, 1)
    assert isinstance(value, Mapping)
    assert [(v.position.line, v.position.column) for _, v in value.pairs] == [(2, 12), (2, 18)]


def test_repeated_keys_stay():
    """Repeated keys must reach the cursor, which reports them."""
    assert len(values("a: 1\na: 2")) == 2


def test_alias_shares_its_node():
    """An alias must be the anchored node itself."""
    first, second = values("a: &x [1]\nb: *x")
    assert first is second
    assert isinstance(first, Sequence)


def test_empty_documents():
    """Comments alone must be no document."""
    assert compose("# nothing\n", "org.yaml") == (None, ())
    assert compose("", "org.yaml") == (None, ())


def test_second_document_is_reported_beside_the_first():
    """A second document must be a mistake that leaves the first readable."""
    node, (mistake,) = compose("a: 1\n---\nb: 2\n", "org.yaml")
    assert node is not None
    assert mistake.place.line == 2


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "- " * 100_000,
        "{a: " * 50_000,
        "a: " + "[" * 65 + "]" * 65,
    ],
    ids=["brackets", "dashes", "braces", "just too deep"],
)
def test_deep_nesting_is_refused(text: str):
    """Nesting without end must be refused before it costs stack or time."""
    with pytest.raises(OrgFileError, match=r"nested deeper than 64 levels|maximum nesting depth"):
        compose(text, "org.yaml")


def test_aliases_that_expand_without_end_are_refused():
    """A few lines of aliases must not become billions of values."""
    lines = ["x0: &x0 [a, a, a, a, a, a, a, a, a]"]
    lines += [f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 9)}]" for i in range(1, 30)]
    with pytest.raises(OrgFileError, match=f"more than {MAXIMUM_NODES:,} values"):
        compose("\n".join(lines), "org.yaml")


def test_many_aliases_of_one_large_node_are_refused():
    """Aliases side by side must count as what they expand to."""
    text = f"x: &x [{'a, ' * 1000}]\n" + "".join(f"k{i}: *x\n" for i in range(1000))
    with pytest.raises(OrgFileError, match="with its aliases expanded"):
        compose(text, "org.yaml")


@pytest.mark.parametrize("text", ["secret: !hunter2-hunter2", "secret: *hunter2-hunter2", "s: &a [*a]"])
def test_a_secret_that_looks_like_yaml_is_not_shown(text: str):
    """A secret may begin with '!' or '*': messages about tags and aliases must not repeat it."""
    with pytest.raises(OrgFileError) as raised:
        compose(text, "org.yaml")
    assert "hunter2" not in str(raised.value)


@given(st.text(max_size=80))
def test_any_text(text: str):
    """Any text must become a tree or one mistake inside it."""
    printable = "".join(c for c in text if c.isprintable() or c in "\n\t")
    for mistake in mistakes(printable):
        assert 1 <= mistake.place.line <= len(printable.splitlines()) + 1


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#%@,? \n\t", max_size=60))
def test_any_punctuation(text: str):
    """YAML's own characters in any order must become a tree or a mistake."""
    assert all(mistake.message for mistake in mistakes(text))


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ('a: "b', "quote"),
        ("a: [b", "bracket"),
        ("a: {b: c", "brace"),
        ("a: @b", "quotes"),
        ("a: *", "begins with '*'"),
        ('a: "\\q"', "single quotes"),
        ("- a\nb: c", "same column"),
        ("a:\n  - b\n c: d", "same column"),
        ("a: ]", "was not opened"),
    ],
)
def test_a_slip_of_yaml_has_a_cure(text, cure) -> None:
    """The reader's own words name what it looked for; the hint says what to do about it."""
    (mistake,) = mistakes(text)
    assert mistake.message.startswith("this is not YAML")
    assert cure in mistake.hint
