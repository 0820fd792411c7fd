"""How a table says what a payload may hold: types, values, bounds, and the systems that know a key."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass


class Kind(enum.StrEnum):
    """Types of a property list, as Apple's schema names them."""

    STRING = "string"
    INTEGER = "integer"
    REAL = "real"
    BOOLEAN = "boolean"
    DATE = "date"
    DATA = "data"
    ARRAY = "array"
    DICTIONARY = "dictionary"
    TEXTS = "string or array"  # text, or an array of it


class Os(enum.StrEnum):
    """Apple's systems, as the schema names them (iPadOS goes with iOS)."""

    IOS = "iOS"
    MACOS = "macOS"
    TVOS = "tvOS"
    VISIONOS = "visionOS"
    WATCHOS = "watchOS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What one key may hold."""

    kind: Kind
    required: bool = False
    values: tuple[str | int, ...] = ()  # empty: any
    bounds: tuple[int, int] | None = None  # least and greatest integer
    item: Key | None = None  # of an array, or of every value in a dictionary with free names
    keys: Mapping[str, Key] | None = None  # of a dictionary with known names
    absent_on: frozenset[Os] = frozenset()  # systems that do not know the key

    @property
    def is_bare(self) -> bool:
        """Whether any value of the right type is right, on every system."""
        return not (self.values or self.bounds or self.item or self.keys or self.absent_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadKind:
    """A payload type: the keys beside the common ones, and where it does not exist."""

    keys: Mapping[str, Key]
    absent_on: frozenset[Os] = frozenset()


def string(*values: str, required: bool = False, absent_on: frozenset[Os] = frozenset()) -> Key:
    """Text, one of `values` where there are any."""
    return Key(kind=Kind.STRING, values=values, required=required, absent_on=absent_on)


def integer(*values: int, required: bool = False, bounds: tuple[int, int] | None = None) -> Key:
    """An integer, one of `values` or within `bounds` where there are any."""
    return Key(kind=Kind.INTEGER, values=values, required=required, bounds=bounds)


def boolean(*, required: bool = False, absent_on: frozenset[Os] = frozenset()) -> Key:
    """A yes or no."""
    return Key(kind=Kind.BOOLEAN, required=required, absent_on=absent_on)


def data(*, required: bool = False) -> Key:
    """Octets."""
    return Key(kind=Kind.DATA, required=required)


def array(item: Key, *, required: bool = False, absent_on: frozenset[Os] = frozenset()) -> Key:
    """A list whose elements are all `item`."""
    return Key(kind=Kind.ARRAY, item=item, required=required, absent_on=absent_on)


def dictionary(keys: Mapping[str, Key], *, required: bool = False) -> Key:
    """A dictionary with these keys and no others."""
    return Key(kind=Kind.DICTIONARY, keys=keys, required=required)
