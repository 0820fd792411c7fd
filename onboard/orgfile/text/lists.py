"""Lists in which nothing may stand twice."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar

from onboard.orgfile.text.cursor import Cursor, Found, Reader, readable

H = TypeVar("H", bound=Hashable)


def distinct(reader: Reader[H], expected: str) -> Reader[tuple[Found[H], ...]]:
    """A reader of a list; an item that is there already is reported."""

    def read(cursor: Cursor) -> tuple[Found[H], ...]:
        items = cursor.items(reader, expected)
        seen: dict[H, Cursor] = {}
        for item, value in readable(items):
            if value in seen:
                item.mistake(f"'{item.text()}' is already in this list", "remove it")
            seen.setdefault(value, item)
        return items

    return read
