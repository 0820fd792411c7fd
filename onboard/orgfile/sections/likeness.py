"""`like: OTHER` of a group: what it takes over from another group, told at the place where it says so.

What the other has and this one does not write is taken as it was read there, so a mistake in it is told once,
there. What is wrong with it in this group alone is told at the `like`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeAlias, TypeVar

from onboard.errors import Mistake
from onboard.orgfile.text.cursor import Cursor, Fields, Found, Reader
from onboard.orgfile.text.nodes import Mapping as MappingNode
from onboard.orgfile.text.nodes import Position, Scalar
from onboard.orgfile.text.report import Report

T = TypeVar("T")
Told: TypeAlias = Callable[[Cursor], Cursor]  # where something of the other group is told here
Move: TypeAlias = Callable[[Found[T], Told], Found[T]]


class Entry(Protocol):
    """What is known of a group that another is like."""

    @property
    def cursor(self) -> Cursor:
        """Where it stands."""


E = TypeVar("E", bound=Entry)


def reading_order(entries: Mapping[str, Cursor]) -> tuple[str, ...]:
    """The groups' names, each after the one that it is like; of a circle, one comes too early."""
    order: dict[str, None] = {}
    for first in entries:
        trail: dict[str, None] = {}
        name = first
        while name in entries and name not in order and name not in trail:
            trail[name] = None
            name = _other(entries[name])
        order.update(dict.fromkeys(reversed(trail)))
    return tuple(order)


def _other(group: Cursor) -> str:
    pairs = group.node.pairs if isinstance(group.node, MappingNode) else ()
    found = (value for key, value in pairs if isinstance(key, Scalar) and key.text == "like")
    value = next(found, None)
    return value.text if isinstance(value, Scalar) else ""


def read_like(entries: Mapping[str, Cursor], known: Mapping[str, Found[E]]) -> Reader[E]:
    """A reader of the group that this one is like.

    Args:
        entries: every group.
        known: those that were read before this one.
    """

    def read(cursor: Cursor) -> E:
        name = cursor.text("the key of another group")
        if name not in entries:
            cursor.fail(f"no group is called '{name}'", cursor.suggest(name, entries, "groups"))
        if name not in known:
            cursor.fail(
                f"'{name}' is this group, or is like it: what either has would come from the other",
                "let one of them say everything, and be like nothing",
            )
        return known[name].value

    return read


def moved(found: Found[T], told: Told) -> Found[T]:
    """A value of the other group, told here."""
    return Found(told(found.cursor), (found.value,) if found.is_readable else None)


def moved_items(found: Found[tuple[Found[T], ...]], told: Told) -> Found[tuple[Found[T], ...]]:
    """A list of the other group, told here, each item by itself."""
    items = tuple(moved(item, told) for item in found.value) if found.is_readable else None
    return Found(told(found.cursor), None if items is None else (items,))


@dataclass(frozen=True, slots=True)
class Taker(Generic[E]):
    """Takes the keys of a group: its own where it writes them, else those of the group that it is like.

    Attributes:
        own: the group.
        fields: its keys.
        like: the other; None where it is like nobody.
    """

    own: Cursor
    fields: Fields
    like: Found[E | None]

    def required(
        self, key: str, reader: Reader[T], other: Callable[[E], Found[T]], move: Move[T] = moved
    ) -> Found[T]:
        """The value of `key`; `other` says where the other group has it, and `move` tells it here."""
        return self._inherited(other, move) if self._is_taken_over(key) else self.fields.required(key, reader)

    def optional(self, key: str, reader: Reader[T], default: T, other: Callable[[E], Found[T]]) -> Found[T]:
        """As `required`; `default` where neither writes it."""
        if self._is_taken_over(key):
            return self._inherited(other, moved)
        return self.fields.optional(key, reader, default)

    def _is_taken_over(self, key: str) -> bool:
        return self.fields.has("like") and not self.fields.has(key)

    def _inherited(self, other: Callable[[E], Found[T]], move: Move[T]) -> Found[T]:
        group = self.like.value if self.like.is_readable else None
        if group is None:
            return Found(self.like.cursor, None)
        start = group.cursor.where

        def told(place: Cursor) -> Cursor:
            return replace(self.like.cursor, where=f"{self.own.where}{place.where.removeprefix(start)}")

        return move(other(group), told)


def forget_repeats(report: Report, alike: Iterable[tuple[str, Cursor]]) -> None:
    """Drop what is told of a group and, in the same words, of the one that it is like.

    Args:
        report: of the file.
        alike: for each group that is like another: the other's name, and the place of its `like`.
    """
    told = {(m.place.where, m.message) for m in report.mistakes}
    by_position = {like.node.position: (other, like) for other, like in alike}

    def is_repeat(mistake: Mistake) -> bool:
        found = by_position.get(Position(mistake.place.line, mistake.place.column))
        return found is not None and _as_the_other_has_it(mistake, *found) in told

    report.drop(is_repeat)


def _as_the_other_has_it(mistake: Mistake, other: str, like: Cursor) -> tuple[str, str]:
    """Where and how the same is told of the group that this one is like."""
    own = like.where.removesuffix(".like")
    name = own.rpartition(".")[2]
    place = mistake.place.where.replace(own, f"groups.{other}", 1)
    return place, mistake.message.replace(f"'{name}'", f"'{other}'")
