"""Globs and the comparison of values."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scep_server.policy.matching import fits, same


@pytest.mark.parametrize(
    ("glob", "value", "fitting"),
    [
        ("*", "", True),
        ("*", "anything", True),
        ("", "", True),
        ("", "x", False),
        ("ada", "ada", True),
        ("ada", "adam", False),
        ("*@northwind.example", "ada@northwind.example", True),
        ("*@northwind.example", "ada@NORTHWIND.EXAMPLE", True),
        ("*@northwind.example", "ada@northwind.example.evil", False),
        ("*@northwind.example", "ada@xnorthwind.example", False),
        ("lab-*", "lab-1", True),
        ("lab-*", "LAB-1", False),
        ("lab-*", "my-lab-1", False),
        ("a*a", "a", False),
        ("a*b*c", "a-c-b-c", True),
        ("a*b*c", "a-c-b", False),
        (".", "x", False),
    ],
)
def test_a_star_is_any_run_of_characters_and_nothing_else_is_special(glob, value, fitting):
    """Globs match whole values; the case of a domain aside, letters are what they are."""
    assert fits(glob, value) is fitting


@given(glob=st.text("ab*", max_size=8), value=st.text("ab", max_size=12))
def test_globs_agree_with_regular_expressions(glob, value):
    """The linear matcher decides as the expression does that it stands for."""
    expression = ".*".join(map(re.escape, glob.split("*")))
    assert fits(glob, value) is (re.fullmatch(expression, value) is not None)


def test_a_long_glob_over_a_long_value_takes_no_time():
    """Fifty stars would keep a backtracking matcher busy for ever."""
    assert not fits("*a" * 50 + "b", "a" * 1000)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("a@X.example", "a@x.example", True),
        ("A@x.example", "a@x.example", False),
        ("a@b@X", "a@b@x", True),
        ("a@B@x", "a@b@x", False),
        ("ABC", "abc", False),
        ("", "", True),
    ],
)
def test_only_what_follows_the_last_at_has_no_case(one, other, equal):
    """Local parts, serial numbers and names keep theirs."""
    assert same(one, other) is equal
