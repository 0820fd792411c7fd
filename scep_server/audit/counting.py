"""What many failures say together: one event for each source and minute, and an alarm for guessing."""

from __future__ import annotations

from datetime import datetime

from scep_server.audit.events import Event, EventKind


class Tally:
    """Counts what fails before possession is proven, so that a flood cannot fill the audit trail.

    Each address has one count per minute; when its minute is over, `due` gives one event for it.
    Memory is bounded: beyond `capacity` addresses in one minute, the rest share one count.
    """

    OVERFLOW = "other addresses"

    def __init__(self, capacity: int = 10_000, *, what: str = "failed before possession was proven") -> None:
        self._capacity = capacity
        self._what = what
        self._minute: datetime | None = None
        self._counts: dict[tuple[str, str], tuple[int, str]] = {}

    def count(self, address: str, group: str, reason: str, now: datetime) -> tuple[Event, ...]:
        """Count one failure; the answer is the events of minutes that are over."""
        over = self.due(now)
        key = (address, group)
        if key not in self._counts and len(self._counts) >= self._capacity:
            key = (self.OVERFLOW, "")
        number, _ = self._counts.get(key, (0, ""))
        self._counts[key] = (number + 1, reason)
        self._minute = now.replace(second=0, microsecond=0)
        return over

    def due(self, now: datetime) -> tuple[Event, ...]:
        """The events of the counted minute, if it is over at `now`."""
        if self._minute is None or now.replace(second=0, microsecond=0) <= self._minute:
            return ()
        return self.flush()

    def flush(self) -> tuple[Event, ...]:
        """The events of everything counted so far, over or not; for shutdown."""
        minute, counts = self._minute, self._counts
        self._minute, self._counts = None, {}
        if minute is None:
            return ()
        return tuple(
            Event(
                at=minute,
                kind=EventKind.COUNTED,
                address=address,
                group=group,
                count=number,
                reason=f"{self._what}; the last one: {reason}",
            )
            for (address, group), (number, reason) in counts.items()
        )


class GuessWatch:
    """Notices guessing: an alarm at the 10th, 100th, 1000th... unknown challenge of a group in an hour.

    Entropy stops a guesser, so nothing is locked; but somebody should look, and not be told a thousand times.
    """

    FIRST = 10

    def __init__(self) -> None:
        self._hours: dict[str, tuple[datetime, int]] = {}

    def count(self, event: Event) -> Event | None:
        """Count the refusal of an unknown challenge; the alarm if this one calls for it."""
        hour = event.at.replace(minute=0, second=0, microsecond=0)
        since, number = self._hours.get(event.group, (hour, 0))
        number = number + 1 if since == hour else 1
        self._hours[event.group] = (hour, number)
        if number < self.FIRST or number != 10 ** (len(str(number)) - 1):
            return None
        return Event(
            at=event.at,
            kind=EventKind.ALARM,
            group=event.group,
            address=event.address,
            count=number,
            reason=f"{number} unknown challenges within an hour; the last one from this address",
            remedy="look at the addresses of the refusals before: a stale payload, or somebody who guesses",
        )
