"""What lint remembers of good profiles never changes what it says of another."""

from __future__ import annotations

import copy
import plistlib
from collections.abc import Iterator

import pytest
from support.northwind import staff_plan

from onboard.lint.apple import editions, lint
from onboard.payloads.apple import build

GOOD = build(staff_plan(), lambda name: f"{name}@northwind.example")[0].content
TREE = plistlib.loads(GOOD)


def places(value: object, path: tuple = ()) -> Iterator[tuple]:
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            yield (*path, key)
            yield from places(inner, (*path, key))


def changed(path: tuple, value: object) -> bytes:
    tree = copy.deepcopy(TREE)
    inner = tree
    for key in path[:-1]:
        inner = inner[key]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return plistlib.dumps(tree)


@pytest.mark.parametrize("value", [None, "x", 7, True, b"x", [], {}], ids=repr)
def test_memory_changes_no_judgement(value):
    """Each key of a good profile broken in turn: the same findings before and after a good one was seen."""
    for path in places(TREE):
        content = changed(path, value)
        editions._good.clear()
        cold = lint("x", content)
        assert lint("x", GOOD) == ()
        assert lint("x", content) == cold, path


def test_another_person_is_judged_the_short_way():
    """Only the request differs, so the rest is known; a weak challenge in it is still an error."""
    editions._good.clear()
    assert lint("x", GOOD) == ()
    weak = GOOD.replace(b"correct-horse-battery-staple", b"short")
    assert [finding.rule for finding in lint("x", weak)] == ["apple-E20"]
    assert len(editions._good) == 1


def test_memory_is_bounded():
    """A stream of different profiles does not fill the memory."""
    editions._good.clear()
    for number in range(editions._MOST + 5):
        editions.remember(number.to_bytes(4))
    assert len(editions._good) == editions._MOST
    editions._good.clear()
