"""Reads a tree of plist or JSON values strictly: every complaint names the key path and the type wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from onboard.devices.errors import DeviceError

_NAMES = {
    str: "text",
    int: "an integer",
    bool: "true or false",
    bytes: "data",
    list: "a list",
    dict: "a dictionary",
}


@dataclass(frozen=True, slots=True)
class Fields:
    """One dictionary of the tree; `path` is where it stands, e.g. `PayloadContent[2].PayloadContent`."""

    values: Mapping[str, object]
    path: str = ""

    @classmethod
    def of(cls, value: object, path: str) -> Fields:
        """The dictionary `value`; DeviceError if it is none."""
        return cls(_typed(value, dict, path), path)

    def place(self, key: str) -> str:
        """The path of a key."""
        return f"{self.path}.{key}" if self.path else key

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self.values

    def text(self, key: str, default: str | None = None) -> str:
        """A string; required without a default."""
        return _typed(self._value(key, default), str, self.place(key))

    def integer(self, key: str, default: int | None = None) -> int:
        """An integer, which true and 1.0 are not."""
        return _typed(self._value(key, default), int, self.place(key))

    def flag(self, key: str, *, default: bool | None = None) -> bool:
        """A boolean, which 1 is not."""
        return _typed(self._value(key, default), bool, self.place(key))

    def data(self, key: str) -> bytes:
        """Bytes (plist `data`)."""
        return _typed(self._value(key, None), bytes, self.place(key))

    def items(self, key: str, default: list[object] | None = None) -> list[object]:
        """A list of anything."""
        return _typed(self._value(key, default), list, self.place(key))

    def texts(self, key: str, default: list[object] | None = None) -> tuple[str, ...]:
        """A list of strings."""
        return tuple(
            _typed(item, str, f"{self.place(key)}[{at}]") for at, item in enumerate(self.items(key, default))
        )

    def child(self, key: str) -> Fields:
        """A dictionary."""
        return Fields.of(self._value(key, None), self.place(key))

    def children(self, key: str, default: list[object] | None = None) -> tuple[Fields, ...]:
        """A list of dictionaries."""
        return tuple(
            Fields.of(item, f"{self.place(key)}[{at}]") for at, item in enumerate(self.items(key, default))
        )

    def _value(self, key: str, default: object) -> object:
        value = self.values.get(key, default)
        if value is None:
            raise DeviceError(self.place(key), "is missing")
        return value


_Wanted = TypeVar("_Wanted")


def _typed(value: object, wanted: type[_Wanted], path: str) -> _Wanted:
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise DeviceError(path, f"is {_name(type(value))}, the device reads {_name(wanted)}")
    return value


def _name(kind: type) -> str:
    return _NAMES.get(kind, kind.__name__)
