"""Changes single tokens and adds lines in the text of an org file; comments and layout stay."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from onboard.orgfile.text import nodes

_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")
_PLAIN = re.compile(r"[^\s,\[\]{}#]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """At a position: a token becomes text, or lines are added below it."""

    position: nodes.Position
    token: str = ""
    below: str = ""


class Text:
    """Lines that are changed from the last to the first, so that positions stay true."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")

    def with_edits(self, edits: Iterable[Edit]) -> str:
        """The text after every edit; the same edit twice (of an aliased node) is one."""
        ordered = sorted(
            set(edits), key=lambda e: (e.position.line, e.position.column, e.below), reverse=True
        )
        for edit in ordered:
            self._apply(edit)
        return "\n".join(self._lines)

    def _apply(self, edit: Edit) -> None:
        number, column = edit.position.line - 1, edit.position.column - 1
        line = self._lines[number]
        if edit.token:
            self._lines[number] = line[:column] + edit.token + line[self._end(line, column) :]
        elif "\n" in edit.below or edit.below.endswith(":"):
            self._lines.insert(number + 1, edit.below)
        elif line[:column].strip() == "-":
            self._lines.insert(number + 1, line[:column] + edit.below)
        else:
            end = self._end(line, column)
            self._lines[number] = f"{line[:end]}, {edit.below}{line[end:]}"

    @staticmethod
    def _end(line: str, column: int) -> int:
        """Where the scalar that begins at a column ends."""
        found = _QUOTED.match(line, column) or _PLAIN.match(line, column)
        return found.end() if found else column


def child(node: nodes.Node | None, key: str) -> nodes.Node | None:
    """The value of a key in a mapping; None where there is none."""
    if not isinstance(node, nodes.Mapping):
        return None
    return next((v for k, v in node.pairs if isinstance(k, nodes.Scalar) and k.text == key), None)


def positions(node: nodes.Node) -> Iterator[nodes.Position]:
    """Where a node and everything in it begins."""
    yield node.position
    children: tuple[nodes.Node, ...] = ()
    if isinstance(node, nodes.Mapping):
        children = tuple(one for pair in node.pairs for one in pair)
    elif isinstance(node, nodes.Sequence):
        children = node.items
    for child in children:
        yield from positions(child)
