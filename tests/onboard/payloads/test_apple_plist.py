"""The writer of property lists: the bytes of the standard library's, for everything a profile may hold."""

from __future__ import annotations

import datetime as dt
import plistlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboard.payloads.apple.plist import write_plist

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30).filter(
    lambda text: not any(ord(c) < 32 and c not in "\t\n\r" for c in text)
)
LEAVES = st.one_of(
    TEXTS,
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False),
    st.binary(max_size=200),
    st.datetimes(min_value=dt.datetime(1900, 1, 1), max_value=dt.datetime(2200, 1, 1)).map(  # noqa: DTZ001 - as plists have it
        lambda date: date.replace(microsecond=0)
    ),
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4)
)


@given(st.dictionaries(TEXTS, VALUES, max_size=5))
def test_same_bytes_as_the_standard_library(value):
    """Every tree is written as `plistlib` writes it with sorted keys."""
    assert write_plist(value) == plistlib.dumps(value, sort_keys=True)


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x1f"])
@pytest.mark.parametrize("place", ["key", "value"])
def test_control_characters_are_refused(character, place):
    """XML has no way to write them, not even as a reference."""
    value = {f"a{character}": "b"} if place == "key" else {"a": f"b{character}"}
    with pytest.raises(ValueError, match="control character"):
        write_plist(value)
