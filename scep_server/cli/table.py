"""A table of `scep.toml` whose every look-up is checked, with the place in each message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any


class SettingsError(Exception):
    """A mistake in `scep.toml`; the text names the place and what would be right."""


class Table:
    """One table of the file; `finish` reports what nobody asked for.

    Args:
        place: as messages name it.
        values: as `tomllib` read them.
    """

    def __init__(self, place: str, values: Mapping[str, Any]) -> None:
        self.place = place
        self._values = dict(values)

    def take(self, name: str, kind: type, default: Any = None) -> Any:
        """The value of a key; without a default it must be there."""
        value = self._values.pop(name, default)
        if value is None:
            raise SettingsError(f"{self.place}: {name} is missing")
        if not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool):
            raise SettingsError(f"{self.place}: {name} must be of type {kind.__name__}")
        return value

    def days(self, name: str, default: int | None) -> timedelta | None:
        """A number of days, not negative; None where neither key nor default is there."""
        if name not in self._values and default is None:
            return None
        return timedelta(days=self.amount(name, default or 0, least=0))

    def amount(self, name: str, default: int, *, least: int = 1) -> int:
        """A whole number that is not smaller than `least`."""
        value: int = self.take(name, int, default)
        if value < least:
            raise SettingsError(f"{self.place}: {name} must be at least {least}")
        return value

    def day(self, name: str) -> date | None:
        """A date such as 2027-03-31, without quotes; None where the key is absent."""
        value = self._values.pop(name, None)
        if value is None:
            return None
        if not isinstance(value, date) or isinstance(value, datetime):
            raise SettingsError(f"{self.place}: {name} must be a date such as 2027-03-31, without quotes")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """An array of strings; empty where the key is absent."""
        values = self.take(name, list, [])
        if not all(isinstance(value, str) for value in values):
            raise SettingsError(f"{self.place}: {name} must be an array of strings")
        return tuple(values)

    def table(self, name: str) -> Table:
        """A table within; empty where the key is absent."""
        return Table(f"{self.place}: {name}" if self.place else name, self.take(name, dict, {}))

    def tables(self, name: str) -> tuple[Table, ...]:
        """An array of tables; empty where the key is absent."""
        values = self.take(name, list, [])
        if not all(isinstance(value, dict) for value in values):
            raise SettingsError(f"{self.place}: {name} must be an array of tables")
        return tuple(Table(f"{self.place}: {name}", value) for value in values)

    def has(self, name: str) -> bool:
        """Whether the key is there."""
        return name in self._values

    def is_text(self, name: str) -> bool:
        """Whether a key has a string for its value."""
        return isinstance(self._values.get(name), str)

    def names(self) -> tuple[str, ...]:
        """The keys that nobody has taken yet."""
        return tuple(self._values)

    def finish(self) -> None:
        """Complain of a key that nobody took."""
        if self._values:
            raise SettingsError(f"{self.place}: {min(self._values)} is not a key that is known here")
