"""Walks the nodes of an org file: takes keys and items one by one, reports every mistake with its place.

A reader is a function from a Cursor to a value. It reports what is wrong and raises ReportedError; whoever
asked for the value keeps a Found, whose `value` raises the same again. So one mistake costs exactly the
values that need it, everything else is still read, and nothing that merely follows is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, NoReturn, TypeAlias, TypeVar

from onboard.errors import Place, Severity
from onboard.orgfile.text import nodes
from onboard.orgfile.text.nodes import Node, Position
from onboard.orgfile.text.report import Report

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
D = TypeVar("D")

NOT_YET = "not available yet"


class ReportedError(Exception):
    """A value cannot be had, and the reason is already in the report."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A node, the dotted path to it, and the report of its file."""

    node: Node
    where: str
    report: Report = field(repr=False)
    opened: Position  # of the key that holds the node, or of the node itself

    @property
    def place(self) -> Place:
        """Where the key stands (the node itself for list items)."""
        return Place(
            path=self.report.path, line=self.opened.line, column=self.opened.column, where=self.where
        )

    @property
    def value_place(self) -> Place:
        """Where the value stands."""
        position = self.node.position
        return Place(path=self.report.path, line=position.line, column=position.column, where=self.where)

    def mistake(self, message: str, hint: str = "", severity: Severity = Severity.ERROR) -> None:
        """Report something about the value."""
        self.report.add(self.node.position, self.where, message, hint, severity)

    def warn(self, message: str, hint: str = "") -> None:
        """Report something that does not stop the work."""
        self.mistake(message, hint, Severity.WARNING)

    def fail(self, message: str, hint: str = "") -> NoReturn:
        """Report something about the value and give it up."""
        self.mistake(message, hint)
        raise ReportedError

    def suggest(self, word: str, candidates: Collection[str], label: str) -> str:
        """A hint: the candidate that was meant, or all of them where they are few."""
        if meant := self.report.nearest(word, candidates):
            return f"did you mean '{meant[0]}'?"
        return _choices(label, candidates)

    def text(self, expected: str = "text") -> str:
        """The text of a scalar as it was written."""
        if not isinstance(self.node, nodes.Scalar) or self.node.is_nothing:
            self.fail_kind(expected)
        return self.node.text

    def items(self, reader: Reader[T], expected: str) -> tuple[Found[T], ...]:
        """A list's items, each read by `reader`; an empty list is a mistake."""
        if not isinstance(self.node, nodes.Sequence):
            self.fail_kind(expected, _as_list(self.node))
        if not self.node.items:
            self.fail(f"expected {expected}, found an empty list")
        cursors = [
            Cursor(item, f"{self.where}[{index}]", self.report, item.position)
            for index, item in enumerate(self.node.items)
        ]
        return tuple(find(cursor, reader) for cursor in cursors)

    def one_or_more(self, reader: Reader[T], expected: str) -> tuple[Found[T], ...]:
        """One value, or a list of them."""
        if isinstance(self.node, nodes.Sequence):
            return self.items(reader, expected)
        return (find(self, reader),)

    def entries(self, expected: str) -> Mapping[str, Cursor]:
        """A mapping's values by key, in the order of the file; of repeated keys the first counts."""
        if not isinstance(self.node, nodes.Mapping):
            self.fail_kind(expected)
        found: dict[str, Cursor] = {}
        for key, value in self.node.pairs:
            if not isinstance(key, nodes.Scalar):
                self.report.add(key.position, self.where, "a key is text, not a list or a mapping", "")
            elif key.plain and key.text == "<<":
                continue
            elif key.text in found:
                message = f"repeated key; the first is on line {found[key.text].opened.line}"
                self.report.add(key.position, self.below(key.text), message, "keep one of them")
            else:
                found[key.text] = Cursor(value, self.below(key.text), self.report, key.position)
        for key_text, cursor in self._merged(expected):
            found.setdefault(key_text, cursor)
        return found

    def _merged(self, expected: str) -> Iterator[tuple[str, Cursor]]:
        """What `<<` brings in (YAML 1.1 merge keys); keys written in the mapping itself win."""
        if not isinstance(self.node, nodes.Mapping):
            return
        for key, value in self.node.pairs:
            if isinstance(key, nodes.Scalar) and key.plain and key.text == "<<":
                sources = value.items if isinstance(value, nodes.Sequence) else (value,)
                for source in sources:
                    yield from replace(self, node=source).entries(expected).items()

    def below(self, key: str) -> str:
        """The dotted path of a key in this mapping."""
        return f"{self.where}.{key}" if self.where else key

    def fields(
        self, expected: str, keys: Collection[str], later: Mapping[str, Collection[str]] | None = None
    ) -> Fields:
        """The keys of this mapping, to be taken one by one; unknown ones are reported.

        Args:
            expected: what the mapping is, for the message if it is none.
            keys: every key it may have.
            later: keys that are not built yet, each with the keys whose absence it would explain.
        """
        return Fields(self, self.entries(expected), keys, later or {})

    def fail_kind(self, expected: str, hint: str = "") -> NoReturn:
        """Report that the node is not what was expected."""
        if isinstance(self.node, nodes.Scalar) and self.node.is_nothing:
            if self.node.text:
                hint = f"write '{self.node.text}' in quotes if it is meant as text"
            else:
                hint = hint or "give it a value or remove the key"
        self.fail(f"expected {expected}, found {_kind(self.node)}", hint)


Reader: TypeAlias = Callable[[Cursor], T]


@dataclass(frozen=True, slots=True)
class Found(Generic[T_co]):
    """A value that was looked for: there, or given up with its mistake reported."""

    cursor: Cursor
    _outcome: tuple[T_co] | None

    @property
    def value(self) -> T_co:
        """The value.

        Raises:
            ReportedError: it cannot be had; why is in the report.
        """
        if self._outcome is None:
            raise ReportedError
        return self._outcome[0]

    @property
    def is_readable(self) -> bool:
        """Whether there is a value."""
        return self._outcome is not None


def find(cursor: Cursor, reader: Reader[T]) -> Found[T]:
    """What `reader` makes of the cursor."""
    try:
        return Found(cursor, (reader(cursor),))
    except ReportedError:
        return Found(cursor, None)


def values(found: Collection[Found[T]]) -> tuple[T, ...]:
    """The values of all (ReportedError if one of them cannot be had)."""
    return tuple(one.value for one in found)


def readable(found: Collection[Found[T]]) -> tuple[tuple[Cursor, T], ...]:
    """Those that can be had, each with its place."""
    return tuple((one.cursor, one.value) for one in found if one.is_readable)


class Fields:
    """The keys of one mapping while they are being taken."""

    def __init__(
        self,
        cursor: Cursor,
        entries: Mapping[str, Cursor],
        keys: Collection[str],
        later: Mapping[str, Collection[str]],
    ) -> None:
        self._cursor = cursor
        self._entries = entries
        self._explained: set[str] = set()  # keys whose absence a reported one explains
        unknown = [key for key in entries if key not in keys]
        absent = [key for key in keys if key not in entries]
        for key in unknown:
            meant = cursor.report.nearest(key, absent)
            if key in later:
                hint = NOT_YET
            else:
                hint = f"did you mean '{meant[0]}'?" if meant else _choices("keys here", keys)
            self._explained.update(later.get(key, meant))
            entries[key].report.add(entries[key].opened, entries[key].where, "unknown key", hint)

    def has(self, key: str) -> bool:
        """Whether the key is written."""
        return key in self._entries

    def required(self, key: str, reader: Reader[T]) -> Found[T]:
        """The value of `key`; its absence is a mistake."""
        if key in self._entries:
            return find(self._entries[key], reader)
        if key not in self._explained:
            cursor = self._cursor
            cursor.report.add(cursor.opened, cursor.where or key, f"the key '{key}' is missing", "")
        return Found(self._cursor, None)

    def optional(self, key: str, reader: Reader[T], default: D) -> Found[T | D]:
        """The value of `key`, or `default` where it is not written."""
        if key in self._entries:
            return find(self._entries[key], reader)
        return Found(self._cursor, None if key in self._explained else (default,))


@dataclass(frozen=True, slots=True)
class Table(Generic[T]):
    """The named things of one section, for references from others."""

    kind: str  # what one of them is called: "authority"
    entries: Mapping[str, Found[T]]
    is_known: bool = True  # False: the section itself is missing or unreadable, so references say nothing new

    def find(self, cursor: Cursor) -> T:
        """Read a reference by name."""
        return self.named(cursor, cursor.text(f"the name of {_with_article(self.kind)}")).value

    def named(self, cursor: Cursor, name: str) -> Found[T]:
        """The entry called `name`, or a mistake at `cursor`."""
        if name not in self.entries:
            if not self.is_known:
                raise ReportedError
            hint = cursor.suggest(name, self.entries, f"{self.kind} names")
            cursor.fail(f"no {self.kind} is called '{name}'", hint)
        return self.entries[name]


def _choices(label: str, candidates: Collection[str]) -> str:
    if not 0 < len(candidates) <= 14:
        return ""
    return f"{label}: {', '.join(candidates)}"


def _with_article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _as_list(node: Node) -> str:
    if isinstance(node, nodes.Scalar) and not node.is_nothing:
        return f"write [{node.text}]"
    return ""


def _kind(node: Node) -> str:
    if isinstance(node, nodes.Mapping):
        return "a mapping"
    if isinstance(node, nodes.Sequence):
        return "a list"
    return "nothing" if node.is_nothing else "text"
