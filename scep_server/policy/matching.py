"""Finds the one value of each variable that makes a policy's patterns equal to what a request says.

A pattern with one unknown variable has one answer. Patterns that mix several are searched; the forms of the
variables cut the search, and a budget of steps ends it: no request can make the server think for long.

Letter case counts, with one exception: what follows the last `@` of a value (the domain of an e-mail address
or user principal name) is compared without it, because domains have no case (RFC 5321 §2.4) and directories
and devices differ in how they write them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from scep_server.policy.rules import IssuancePolicy, Pattern, Slot

_STEPS = 1000  # an ordinary request takes fewer than 20
_LONGEST = 1024  # characters of a variable's value; forms are stricter, this bounds their work
_SHOWN = 80  # characters of a value that a reason repeats

Values = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which of the requested values of one kind does a pattern stand for?

    Attributes:
        kind: what the values are, for reasons: "CN", "rfc822 name".
        pattern: of the policy.
        candidates: what the request has of this kind, each once.
        may_skip: whether the request has fewer of this kind than the policy.
    """

    kind: str
    pattern: Pattern
    candidates: tuple[str, ...]
    may_skip: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The values of the variables, and which candidate each question took (None: skipped), in their order."""

    values: Values
    taken: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Why there is no answer; `public` is for the device and never tells what a challenge was minted for."""

    reason: str
    remedy: str
    public: str = ""


class _BudgetSpentError(Exception):
    """The search took too many steps."""


@dataclass(slots=True)
class Matcher:
    """One request against one policy; used once.

    Attributes:
        policy: whose forms and globs the values must fit.
        bound: variable -> value that the challenge was minted for.
        mismatch: why the deepest attempt failed, once `solve` has returned None.
    """

    policy: IssuancePolicy
    bound: Values
    mismatch: Mismatch = field(default=Mismatch("", ""), init=False)
    _deepest: int = field(default=-1, init=False)
    _depth: int = field(default=0, init=False)  # how many questions the current attempt has answered
    _steps: int = field(default=0, init=False)

    def solve(self, questions: Sequence[Question]) -> Answer | None:
        """The first answer to all questions at once."""
        known = {name: self.bound[name] for name in self.policy.variables if name in self.bound}
        if not all(self._acceptable("challenge's", name, value) for name, value in known.items()):
            return None
        # Those with a forced answer first: what they settle makes the others unambiguous.
        order = sorted(range(len(questions)), key=lambda index: len(questions[index].pattern.variables))
        try:
            answer = self._answer([questions[index] for index in order], known, ())
        except _BudgetSpentError:
            self.mismatch = Mismatch(
                "the names can be read in too many ways to tell the variables apart",
                "put a separator between the variables of one name in the profile",
            )
            return None
        if answer is None:
            return None
        taken = dict(zip(order, answer.taken, strict=True))
        return Answer(answer.values, tuple(taken[index] for index in range(len(questions))))

    def _answer(
        self, questions: Sequence[Question], values: Values, taken: tuple[str | None, ...]
    ) -> Answer | None:
        if len(taken) == len(questions):
            return Answer(values, taken) if self._all_taken(questions, taken) else None
        question = questions[len(taken)]
        for candidate in question.candidates:
            self._depth = len(taken)
            for extended in self._readings(question, candidate, 0, 0, values):
                found = self._answer(questions, extended, (*taken, candidate))
                if found is not None:
                    return found
                self._depth = len(taken)
        return self._answer(questions, values, (*taken, None)) if question.may_skip else None

    def _all_taken(self, questions: Sequence[Question], taken: tuple[str | None, ...]) -> bool:
        self._depth = len(taken)
        pairs = {(question.kind, value) for question, value in zip(questions, taken, strict=True)}
        for question in questions:
            for candidate in question.candidates:
                if (question.kind, candidate) not in pairs:
                    return self._differs(question, candidate)
        return True

    def _readings(
        self, question: Question, text: str, index: int, start: int, values: Values
    ) -> Iterator[Values]:
        """Every way to read `text[start:]` as the parts of the pattern from `index` on."""
        self._steps += 1
        if self._steps > _STEPS:
            raise _BudgetSpentError
        parts = question.pattern.parts
        if index == len(parts):
            if start == len(text) or self._differs(question, text):
                yield values
            return
        part = parts[index]
        known = part if isinstance(part, str) else values.get(part.variable)
        if known is None:
            yield from self._guesses(question, text, index, start, values)
            return
        end = len(text) if index + 1 == len(parts) else start + len(known)
        if text[start:end] == known if isinstance(part, str) else same(text[start:end], known):
            yield from self._readings(question, text, index + 1, end, values)
        elif isinstance(part, str):
            self._differs(question, text)
        else:
            self._contradicts(question, text[start:end], part.variable, known)

    def _guesses(
        self, question: Question, text: str, index: int, start: int, values: Values
    ) -> Iterator[Values]:
        part = question.pattern.parts[index]
        variable = part.variable if isinstance(part, Slot) else ""
        for end in _ends(question.pattern, text, index, start):
            value = text[start:end]
            if self._acceptable(question.kind, variable, value):
                yield from self._readings(question, text, index + 1, end, {**values, variable: value})

    def _acceptable(self, kind: str, variable: str, value: str) -> bool:
        """Whether a value has its variable's form and fits its glob."""
        if len(value) > _LONGEST or not re.fullmatch(self.policy.forms[variable], value):
            return self._refuse(
                f"the {kind} value {shown(value)} does not have the form of ${{{variable}}}",
                f"see what the MDM or the device fills in for ${{{variable}}}",
            )
        glob = self.policy.values.get(variable)
        if glob is not None and not fits(glob, value):
            return self._refuse(
                f"the {kind} value {shown(value)} is not among the values of ${{{variable}}} ({glob})",
                f"if it should be, widen `values` of the profile {self.policy.name!r}",
            )
        return True

    def _differs(self, question: Question, text: str) -> bool:
        return self._refuse(
            f"the {question.kind} {shown(text)} is not {shown(str(question.pattern))}, as the profile has it",
            "the device enrols with a payload made for something else: make the payload anew and install it",
        )

    def _contradicts(self, question: Question, text: str, variable: str, known: str) -> bool:
        if variable in self.bound:
            return self._refuse(
                f"the challenge was minted for ${{{variable}}} = {shown(known)}, "
                f"the {question.kind} says {shown(text)}",
                "mint a challenge for this name, or install the payload where it belongs",
                public=f"the challenge was minted for another ${{{variable}}} than {shown(text)}",
            )
        return self._refuse(
            f"${{{variable}}} has two values in one request: {shown(known)} "
            f"and, in the {question.kind}, {shown(text)}",
            f"see what the MDM or the device fills in for ${{{variable}}}",
        )

    def _refuse(self, reason: str, remedy: str, *, public: str = "") -> bool:
        """Remember the first mismatch of the deepest attempt; always False."""
        if self._depth > self._deepest:
            self._deepest, self.mismatch = self._depth, Mismatch(reason, remedy, public)
        return False


def _ends(pattern: Pattern, text: str, index: int, start: int) -> Iterator[int]:
    """Where the value of an unknown variable may end: longest first, before the text that follows it."""
    following = pattern.parts[index + 1] if index + 1 < len(pattern.parts) else None
    if following is None:
        yield len(text)
    elif isinstance(following, Slot):
        yield from range(len(text), start, -1)
    else:
        end = text.rfind(following, start)
        while end >= start:
            yield end
            end = text.rfind(following, start, end + len(following) - 1)


def fold(value: str) -> str:
    """A value as it is compared: what follows the last `@` without letter case."""
    local, at, domain = value.rpartition("@")
    return f"{local}@{domain.lower()}" if at else value


def same(value: str, other: str) -> bool:
    """Whether two values are equal, the case of a domain aside."""
    return value == other or ("@" in value and fold(value) == fold(other))


def fits(glob: str, value: str) -> bool:
    """Whether `value` matches `glob` (`*`: any run of characters), domains without case; linear in both."""
    value = fold(value)
    head, *rest = fold(glob).split("*")
    if not rest:
        return value == head
    *middle, tail = rest
    if not value.startswith(head):
        return False
    position = len(head)
    for piece in middle:
        position = value.find(piece, position)
        if position < 0:
            return False
        position += len(piece)
    return value.endswith(tail) and len(value) - len(tail) >= position


def shown(value: str) -> str:
    """A value as a reason repeats it: quoted, escaped and cut."""
    return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "…")
