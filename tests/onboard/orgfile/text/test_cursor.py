"""The cursor: keys, items, references, and what is said or not said about them."""

from __future__ import annotations

import pytest

from onboard.errors import Severity
from onboard.orgfile.text.cursor import Cursor, ReportedError, Table, find, readable, values
from onboard.orgfile.text.nodes import START, compose
from onboard.orgfile.text.report import Report


def cursor(text: str) -> Cursor:
    node, _ = compose(text, "org.yaml")
    assert node is not None
    return Cursor(node, "", Report("org.yaml"), START)


def read_text(one: Cursor) -> str:
    return one.text()


def messages(one: Cursor) -> list[str]:
    return [f"{m.place.line}:{m.place.column} {m.place.where}: {m.message}" for m in one.report.mistakes]


def test_required_and_optional():
    """Present keys must be read, absent ones be a mistake or the default."""
    one = cursor("a: x\n")
    fields = one.fields("a mapping", ("a", "b", "c"))
    assert fields.required("a", read_text).value == "x"
    assert fields.optional("c", read_text, None).value is None
    missing = fields.required("b", read_text)
    assert not missing.is_readable
    with pytest.raises(ReportedError):
        _ = missing.value
    assert messages(one) == ["1:1 b: the key 'b' is missing"]


def test_misspelt_key_explains_absence():
    """The key that a misspelt one was meant for must be neither missing nor its default."""
    one = cursor("authorty: x\nnetwroks: y\n")
    fields = one.fields("a mapping", ("authority", "networks"))
    assert not fields.required("authority", read_text).is_readable
    assert not fields.optional("networks", read_text, None).is_readable
    assert [m.hint for m in one.report.mistakes] == ["did you mean 'authority'?", "did you mean 'networks'?"]


def test_present_keys_are_no_suggestion():
    """A key that is already there must not be what another one was meant to be."""
    one = cursor("vlan: 1\nvlans: 2\n")
    one.fields("a mapping", ("vlan", "profile"))
    assert [m.hint for m in one.report.mistakes] == ["keys here: vlan, profile"]


def test_later_keys_explain_what_they_would_bring():
    """A key that is not built yet must be unknown, and make what it stands for not missing."""
    one = cursor("like: others\n")
    fields = one.fields("a mapping", ("authority",), {"like": ("authority",)})
    assert not fields.required("authority", read_text).is_readable
    assert [(m.message, m.hint) for m in one.report.mistakes] == [("unknown key", "not available yet")]


def test_first_of_repeated_keys_counts():
    """Of repeated keys the first must be read and each other one be reported with the first's line."""
    one = cursor("a: 1\nb: 2\na: 3\na: 4\n")
    assert one.entries("a mapping")["a"].text() == "1"
    assert messages(one) == [
        "3:1 a: repeated key; the first is on line 1",
        "4:1 a: repeated key; the first is on line 1",
    ]


def test_merge_keys_fill_in():
    """`<<` must bring in what the mapping lacks, the first source winning, without repeated keys."""
    one = cursor("x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  c: 3\n  <<: [*x, *y]\n  d: 3\n")
    merged = one.entries("a mapping")["z"].entries("a mapping")
    assert {key: value.text() for key, value in merged.items()} == {"c": "3", "d": "3", "a": "1", "b": "1"}
    assert messages(one) == []


def test_quoted_merge_key_is_an_ordinary_key():
    """A quoted '<<' must be a key like any other."""
    one = cursor("'<<': 1\n")
    assert list(one.entries("a mapping")) == ["<<"]


def test_merging_something_else_is_a_mistake():
    """What cannot be merged must be reported at its place."""
    one = cursor("a: 1\n<<: text\n")
    with pytest.raises(ReportedError):
        one.entries("a mapping of things")
    assert messages(one) == ["2:5 (file): expected a mapping of things, found text"]


def test_mistake_in_a_shared_node_is_reported_once():
    """An aliased node that is wrong must be reported once, where it was written."""
    one = cursor("a: &a []\nb: *a\nc: *a\n")
    for entry in one.entries("a mapping").values():
        find(entry, lambda c: c.items(read_text, "a list"))
    assert messages(one) == ["1:4 a: expected a list, found an empty list"]


def test_every_item_is_read():
    """One bad item must not hide the others, and its list cannot be had as a whole."""
    one = cursor("[a, {}, b, []]")
    items = one.items(read_text, "a list")
    assert [value for _, value in readable(items)] == ["a", "b"]
    with pytest.raises(ReportedError):
        values(items)
    assert messages(one) == [
        "1:5 [1]: expected text, found a mapping",
        "1:12 [3]: expected text, found a list",
    ]


def test_reference_suggests_the_nearest():
    """A wrong reference must name the nearest entry, or all of a few."""
    one = cursor("[crop, zzz]")
    table = Table("network", {"corp": find(one, lambda _: 1)})
    one.items(table.find, "a list")
    assert [m.hint for m in one.report.mistakes] == ["did you mean 'corp'?", "network names: corp"]


def test_references_into_an_unknown_table_say_nothing():
    """Where the section itself is at fault, a reference into it must not be reported."""
    one = cursor("corp")
    assert not find(one, Table("network", {}, is_known=False).find).is_readable
    assert one.report.mistakes == ()


def test_reference_to_an_unreadable_entry_says_nothing():
    """Where the entry has its own mistake, a reference to it must not be reported again."""
    one = cursor("corp")

    def broken(_: Cursor) -> int:
        raise ReportedError

    assert not find(one, Table("network", {"corp": find(one, broken)}).find).is_readable
    assert one.report.mistakes == ()


def test_warning_keeps_its_severity():
    """A warning must be told from an error."""
    one = cursor("a")
    one.warn("beware")
    assert one.report.mistakes[0].severity is Severity.WARNING
