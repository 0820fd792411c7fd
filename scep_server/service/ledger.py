"""Writes decisions down: in the log and in the audit trail, as many as they can bear.

Whoever has a key can make the server decide, as often as requests are let in; what is written for that must
not fill the disk. So refusals and deliveries have an allowance for each source and one for all; what goes
beyond is counted, one event for each source and minute. Alarms have an allowance of their own, so that no
flood of refusals hides them. What fails before possession was proven costs its sender nothing at all: in the
trail it is counted from the first one on, and in the log beyond an allowance.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from scep_server.audit import Event, EventKind, Tally
from scep_server.limits import Rate, TokenBuckets, bucket_key
from scep_server.service.ports import Recorder
from scep_server.store import StoreError

PER_SOURCE = Rate(per_second=0.2, burst=60)
FOR_ALL = Rate(per_second=2, burst=600)  # some 170,000 events, 70 MB, a day and worker at the very most
_LINES = 100  # sources that have a line with their count each minute; the others share one


class Allowance:
    """How many events of one kind are written one by one."""

    def __init__(self) -> None:
        self._by_source = TokenBuckets(PER_SOURCE)
        self._all = TokenBuckets(FOR_ALL)

    def take(self, source: str, seconds: float) -> bool:
        """Whether another one of this source may be written."""
        return self._by_source.take(source, seconds) and self._all.take("", seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What happened.

    Attributes:
        recorder: makes events durable.
        observe: is told of every event that gets a line of its own, for log and metrics.
        tally: is told of those that get none, for metrics.
        seconds: a monotonic clock.
        unproven: counts what fails before possession is proven.
        unlogged: counts what of that is beyond the allowance of the log.
        beyond: counts what is beyond the allowance.
    """

    recorder: Recorder
    observe: Callable[[Event], None]
    tally: Callable[[Event], None]
    seconds: Callable[[], float]
    unproven: Tally = field(default_factory=Tally)
    unlogged: Tally = field(default_factory=lambda: Tally(_LINES, what="too many to be logged one by one"))
    beyond: Tally = field(default_factory=lambda: Tally(what="too many to be told one by one"))
    _ordinary: Allowance = field(default_factory=Allowance, repr=False)
    _alarms: Allowance = field(default_factory=Allowance, repr=False)
    _submissions: Allowance = field(default_factory=Allowance, repr=False)
    _lines: Allowance = field(default_factory=Allowance, repr=False)

    async def write(self, event: Event) -> None:
        """Log an event and record it, or count it; that it could not be recorded is logged."""
        self.observe(event)
        allowance = self._alarms if event.kind is EventKind.ALARM else self._ordinary
        if allowance.take(bucket_key(event.address), self.seconds()):
            await self._try_to_record((event,))
        else:
            await self._try_to_record(self.beyond.count(event.address, event.group, event.reason, event.at))

    def admits(self, address: str) -> bool:
        """Whether another request of an address may be queued, which is an event for certain."""
        return self._submissions.take(bucket_key(address), self.seconds())

    async def count(self, event: Event) -> None:
        """Count what failed before possession was proven, and log some of it: anybody may knock."""
        if self._lines.take(bucket_key(event.address), self.seconds()):
            self.observe(event)
        else:
            self.tally(event)
            self._tell(self.unlogged.count(bucket_key(event.address), event.group, event.reason, event.at))
        await self.turned_away(event.address, event.group, event.reason, event.at)

    async def turned_away(self, address: str, group: str, reason: str, now: datetime) -> None:
        """Count what was not even looked at."""
        await self._try_to_record(self.unproven.count(address, group, reason, now))

    async def flush(self, now: datetime) -> None:
        """Log and record the counts of minutes that are over."""
        self._tell(self.unlogged.due(now))
        await self._try_to_record((*self.unproven.due(now), *self.beyond.due(now)))

    async def close(self) -> None:
        """Log and record every count."""
        self._tell(self.unlogged.flush())
        await self._try_to_record((*self.unproven.flush(), *self.beyond.flush()))

    def _tell(self, counts: tuple[Event, ...]) -> None:
        for event in counts:
            self.observe(event)

    async def _try_to_record(self, events: tuple[Event, ...]) -> None:
        """A refusal stands whether or not it can be written down.

        Many are recorded together: one by one each would have its fsync, or wait for a busy store.
        """
        if len(events) == 1:
            await self._try(events[0])
        elif events:
            await asyncio.gather(*map(self._try, events))

    async def _try(self, event: Event) -> None:
        try:
            await self.recorder.record(event)
        except StoreError as error:
            self.observe(event.turned(EventKind.REFUSED, reason=error.reason, remedy=error.remedy))
