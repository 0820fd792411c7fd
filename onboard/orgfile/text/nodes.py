"""YAML text as a tree of nodes that keep text and place; bounded in depth and in what aliases expand to.

Scalars are not interpreted: `0123`, `on` and `1.10` stay what they are, and each reader says what it wants.
Repeated keys stay in the tree, so that the cursor can report them. Anchors, aliases and `<<` work as in
YAML 1.1; an aliased node is shared, and mistakes in it are reported where it was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn, TypeAlias, cast

import yaml

from onboard.errors import Mistake, OrgFileError, Place
from onboard.orgfile.text.source import FILE

MAXIMUM_DEPTH = 64
MAXIMUM_NODES = 500_000  # with every alias expanded; 1,000 groups are 16,000


@dataclass(frozen=True, slots=True)
class Position:
    """Line and column, from 1."""

    line: int
    column: int


START = Position(1, 1)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value as it was written; `plain` without quotes."""

    text: str
    plain: bool
    position: Position

    @property
    def is_nothing(self) -> bool:
        """Whether YAML reads it as null."""
        return self.plain and self.text in {"", "~", "null", "Null", "NULL"}


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    position: Position


@dataclass(frozen=True, slots=True)
class Mapping:
    """Pairs in the order of the file; keys may repeat and may be anything."""

    pairs: tuple[tuple[Node, Node], ...]
    position: Position


Node: TypeAlias = Scalar | Sequence | Mapping


@dataclass(slots=True)
class _Open:
    """A collection whose end has not been seen."""

    position: Position
    is_mapping: bool
    anchor: str | None
    nodes: list[Node] = field(default_factory=list)
    weight: int = 1


def compose(text: str, path: str) -> tuple[Node | None, tuple[Mistake, ...]]:
    """The first document of `text`, None if there is none, and what is wrong around it.

    Raises:
        OrgFileError: it is not YAML, or is deeper or larger than an org definition can be.
    """
    return _Composer(path).compose(text)


# What YAML's reader complains of, by words of it -> the cure.
_CURES = {
    "unexpected end of stream": "a quote that opens here is never closed",
    "',' or '}'": "close the brace that opens above, or put a comma between two entries",
    "',' or ']'": "close the bracket that opens above, or put a comma between two entries",
    "cannot start any token": "put the value in quotes",
    "did not find expected key": "keys of one mapping begin in the same column; nothing follows a quote",
    "did not find expected '-' indicator": "entries of one list begin in the same column",
    "could not find expected ':'": "a key is followed by a colon and a blank",
    "did not find expected node content": "a bracket closes that was not opened, or a value is missing",
    "did not find expected alphabetic": "quote the value if it begins with '*' or '&'",
    "unknown escape character": "write the value in single quotes, or the backslash twice",
    "incompatible YAML document": "remove the line that begins with %YAML",
    "%": "put the value in quotes",
    "nesting depth": "an org definition is four or five levels deep",
}


class _Composer:
    """Builds the tree from parser events, without recursion."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._root: Node | None = None

    def compose(self, text: str) -> tuple[Node | None, tuple[Mistake, ...]]:
        documents = 0
        try:
            for event in _events(text):
                if isinstance(event, yaml.DocumentStartEvent):
                    documents += 1
                    if documents > 1:
                        return self._root, (self._second_document(event),)
                else:
                    self._take(event)
        except yaml.YAMLError as error:
            self._refuse_syntax(error, text)
        return self._root, ()

    def _take(self, event: yaml.Event) -> None:
        # In the order of frequency: this runs 40,000 times for an org of 1,000 groups.
        if isinstance(event, yaml.ScalarEvent):
            self._refuse_tag(event)
            scalar = Scalar(event.value, bool(event.implicit[0]), _position(event))
            self._add(scalar, 1, event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            done = self._open.pop()
            node = _mapping(done) if done.is_mapping else Sequence(tuple(done.nodes), done.position)
            self._add(node, done.weight, done.anchor)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._refuse_tag(event)
            if len(self._open) == MAXIMUM_DEPTH:
                self._refuse(event, f"this is nested deeper than {MAXIMUM_DEPTH} levels")
            is_mapping = isinstance(event, yaml.MappingStartEvent)
            self._open.append(_Open(_position(event), is_mapping, event.anchor))
        elif isinstance(event, yaml.AliasEvent):
            self._add(*self._resolve(event), None)

    def _add(self, node: Node, weight: int, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = node, weight
        if not self._open:
            self._root = node
            return
        parent = self._open[-1]
        parent.nodes.append(node)
        parent.weight += weight
        if parent.weight > MAXIMUM_NODES:
            message = f"with its aliases expanded, the file holds more than {MAXIMUM_NODES:,} values"
            raise OrgFileError([self._mistake(parent.position, message)])

    def _resolve(self, event: yaml.AliasEvent) -> tuple[Node, int]:
        name = cast("str", event.anchor)
        if any(collection.anchor == name for collection in self._open):
            self._refuse(event, "this alias stands inside its own anchor")
        if name not in self._anchors:
            # Its name is not shown: it may be the beginning of a secret that begins with '*'.
            self._refuse(event, "this alias has no anchor above it", "quote the value if it begins with '*'")
        return self._anchors[name]

    def _refuse_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag is not None:
            # Not shown either: a secret may begin with '!'.
            self._refuse(event, "YAML tags have no meaning here", "quote the value if it begins with '!'")

    def _refuse(self, event: yaml.Event, message: str, hint: str = "") -> NoReturn:
        raise OrgFileError([self._mistake(_position(event), message, hint)])

    def _refuse_syntax(self, error: yaml.YAMLError, text: str) -> NoReturn:
        problem = getattr(error, "problem", None) or str(error)
        at_end = "end of stream" in problem  # then what was left open tells more than the end
        mark = getattr(error, "context_mark" if at_end else "problem_mark", None)
        position = Position(mark.line + 1, mark.column + 1) if mark else START
        lines = text.splitlines()
        line = lines[position.line - 1] if position.line <= len(lines) else ""
        hint = ""
        if "\t" in line[: len(line) - len(line.lstrip())] or line[position.column - 1 :].startswith("\t"):
            hint = "YAML indents with spaces; replace the tab"
        elif ": " in line and "mapping values are not allowed" in problem:
            hint = "put the value in quotes, or check the indentation of this line and the one above"
        else:
            hint = next((cure for words, cure in _CURES.items() if words in problem), "")
        raise OrgFileError([self._mistake(position, f"this is not YAML: {problem}", hint)]) from None

    def _second_document(self, event: yaml.Event) -> Mistake:
        return self._mistake(
            _position(event), "a second YAML document starts here", "an org definition is one document"
        )

    def _mistake(self, position: Position, message: str, hint: str = "") -> Mistake:
        place = Place(path=self._path, line=position.line, column=position.column, where=FILE)
        return Mistake(place=place, message=message, hint=hint)


def _events(text: str) -> Iterator[yaml.Event]:
    # The C parser is ten times as fast as the Python one; PyYAML's wheels and Debian's package carry it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.parse(text, Loader=loader)


def _mapping(done: _Open) -> Mapping:
    return Mapping(tuple(zip(done.nodes[::2], done.nodes[1::2], strict=True)), done.position)


def _position(event: yaml.Event) -> Position:
    mark = cast("yaml.Mark", event.start_mark)  # the parser sets it; only hand-made events have none
    return Position(mark.line + 1, mark.column + 1)
