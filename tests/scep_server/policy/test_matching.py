"""Globs and the comparison of values."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scep_server.policy import IssuancePolicy, Pattern, Slot
from scep_server.policy.matching import Matcher, Question, fits, same, shown


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
        ("*a*", "abc", True),
        ("*a*b*", "ab", True),
        ("*a*a*", "a", False),
        ("ab*ba", "aba", False),
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


def policy(form: str = ".*") -> IssuancePolicy:
    return IssuancePolicy(
        name="test",
        subject=(),
        forms={"a": form, "b": form},
        valid_for=timedelta(days=1),
        renew_within=timedelta(days=1),
        extended_key_usages=(),
    )


def ask(*parts: str | Slot, of: tuple[str, ...], kind: str = "CN", **changes) -> Question:
    return Question(kind=kind, pattern=Pattern(parts), candidates=of, **changes)


@pytest.mark.parametrize(("length", "taken"), [(1023, True), (1024, True), (1025, False)])
def test_a_value_has_a_longest(length, taken):
    """A form that takes anything takes 1024 characters, so that a request costs no more than that."""
    answer = Matcher(policy(), {}).solve([ask(Slot("a"), of=("x" * length,))])
    assert (answer is not None) is taken


@pytest.mark.parametrize(
    ("value", "text"),
    [("x" * 80, f"'{'x' * 80}'"), ("x" * 81, f"'{'x' * 80}…'"), ("", "''"), ("a\nb", r"'a\nb'")],
)
def test_a_reason_repeats_80_characters(value, text):
    """Quoted, escaped, and cut where it is longer: a reason stays one line of a log."""
    assert shown(value) == text


def test_a_question_has_to_be_answered_unless_it_may_be_skipped():
    """By default a pattern needs a value; one that may be skipped does without."""
    assert Matcher(policy(), {}).solve([ask(Slot("a"), of=())]) is None
    answer = Matcher(policy(), {}).solve([ask(Slot("a"), of=(), may_skip=True)])
    assert (answer.taken, dict(answer.values)) == ((None,), {})


def test_the_first_of_two_reasons_is_told():
    """Where two readings get equally far, the reason is the first one's; a deeper one replaces it."""
    matcher = Matcher(policy(), {})
    assert matcher.solve([ask("x", of=("one", "two"))]) is None
    assert "'one'" in matcher.mismatch.reason
    deeper = Matcher(policy("[a-z]+"), {})
    assert deeper.solve([ask("x", of=("x", "y")), ask("z", of=("second",), kind="OU")]) is None
    assert "'second'" in deeper.mismatch.reason


def test_a_value_may_be_empty_where_its_form_allows_it():
    """The text that follows a variable may begin at once."""
    answer = Matcher(policy(), {}).solve([ask(Slot("a"), "-x", of=("-x",))])
    assert dict(answer.values) == {"a": ""}
    assert Matcher(policy(".+"), {}).solve([ask(Slot("a"), "-x", of=("-x",))]) is None


def test_what_nobody_takes_is_refused():
    """A requested value that stands for no pattern makes the whole request fail."""
    questions = [ask("x", of=("x", "y")), ask("x", of=("x", "y"))]
    assert Matcher(policy(), {}).solve(questions) is None
    assert Matcher(policy(), {}).solve([ask("x", of=("x",))]).taken == ("x",)


@pytest.mark.parametrize(("variables", "solved"), [(2, True), (6, False)])
def test_thinking_ends(variables, solved):
    """What can be read in too many ways is refused in bounded time, with a remedy for the profile."""
    names = [f"v{number}" for number in range(variables)]
    wide = IssuancePolicy(
        name="wide",
        subject=(),
        forms=dict.fromkeys(names, "[a-z]*"),
        valid_for=timedelta(days=1),
        renew_within=timedelta(days=1),
        extended_key_usages=(),
    )
    matcher = Matcher(wide, {})
    slots = [Slot(name) for name in names]
    answer = matcher.solve([ask(*slots, "!", of=("a" * 40 + ("!" if solved else "?"),))])
    assert (answer is not None) is solved
    assert solved or "separator" in matcher.mismatch.remedy
    assert (matcher._steps == 1001) is not solved
