"""What is written of decisions: all of it in the log, a bounded part in the audit trail, alarms apart."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from support.scep_desk import Desk, Directly

from scep_server.audit import Event, EventKind
from scep_server.memory_store import MemoryStore
from scep_server.service.ledger import FOR_ALL, PER_SOURCE, Ledger
from scep_server.store import StoreUnavailableError

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


class Book:
    """A ledger over a store, whose clock stands still until a test moves it."""

    def __init__(self) -> None:
        self.store, self.seen, self.seconds, self.now = MemoryStore(), [], 0.0, NOW
        self.tallied = []
        self.ledger = Ledger(
            recorder=Directly(self.store, lambda: self.now),
            observe=self.seen.append,
            tally=self.tallied.append,
            seconds=lambda: self.seconds,
        )

    def write(self, number=1, *, kind=EventKind.REFUSED, address="192.0.2.1"):
        for _ in range(number):
            event = Event(at=self.now, kind=kind, group="staff", address=address, reason="no such challenge")
            asyncio.run(self.ledger.write(event))

    def knock(self, number=1, *, address="192.0.2.1"):
        for _ in range(number):
            event = Event(
                at=self.now, kind=EventKind.REFUSED, group="staff", address=address, reason="nonsense"
            )
            asyncio.run(self.ledger.count(event))

    def minute(self):
        self.now += timedelta(minutes=1)
        asyncio.run(self.ledger.flush(self.now))

    def events(self, kind):
        found = [json.loads(link.text) for link in self.store.audit()]
        return [event for event in found if event["kind"] == kind]


@pytest.fixture
def book():
    return Book()


def test_a_flood_of_refusals_is_logged_and_counted(book):
    """Beyond its allowance a source's refusals cost one event a minute; the log has every one of them."""
    book.write(1000)
    assert len(book.seen) == 1000
    assert len(book.events("refused")) == PER_SOURCE.burst
    book.now += timedelta(minutes=1)
    asyncio.run(book.ledger.flush(book.now))
    (counted,) = book.events("counted")
    assert counted["count"] == 1000 - PER_SOURCE.burst
    assert counted["reason"] == "too many to be told one by one; the last one: no such challenge"


def test_many_sources_share_one_allowance(book):
    """An attacker with many addresses fills no disk either."""
    for number in range(30):
        book.write(50, address=f"198.51.100.{number}")
    assert len(book.events("refused")) == FOR_ALL.burst


def test_an_ipv6_subscriber_is_one_source(book):
    """A /64 is one allowance, whatever its last 64 bits are."""
    for number in range(1, 200):
        book.write(address=f"2001:db8::{number:x}")
    assert len(book.events("refused")) == PER_SOURCE.burst


def test_refusals_do_not_hide_alarms(book):
    """Alarms have their own allowance: what somebody should look at is found after any flood."""
    book.write(1000)
    book.write(3, kind=EventKind.ALARM)
    assert len(book.events("alarm")) == 3


def test_time_gives_the_allowance_back(book):
    """After a pause the next refusals stand in the trail one by one again."""
    book.write(100)
    book.seconds += 10 / PER_SOURCE.per_second
    book.write(100)
    assert len(book.events("refused")) == PER_SOURCE.burst + 10


def test_nothing_is_lost_at_the_end(book):
    """What was counted is recorded at shutdown, in the minute or not."""
    book.write(100)
    asyncio.run(book.ledger.close())
    assert [event["count"] for event in book.events("counted")] == [100 - PER_SOURCE.burst]


def test_whoever_has_a_key_cannot_fill_the_trail():
    """Through the service: refusals after possession and deliveries of the CRL stay within the allowance."""
    desk = Desk()
    wrong, _ = desk.request(challenge="A" * 26)
    for _ in range(150):
        desk.ask(wrong)
    # the alarm for guessing stands beside them
    assert desk.kinds().count("refused") <= PER_SOURCE.burst
    assert desk.kinds().count("alarm") == 2
    assert sum(event.kind is EventKind.REFUSED for event in desk.seen) == 150


def test_strangers_cannot_fill_the_log(book):
    """Of what fails before possession a source has some lines, then one a minute with their number."""
    book.knock(1000)
    assert len(book.seen) == PER_SOURCE.burst
    book.minute()
    *_, counted = book.seen
    assert len(book.seen) == PER_SOURCE.burst + 1
    assert (counted.kind, counted.address, counted.count) == (EventKind.COUNTED, "192.0.2.1", 940)
    assert counted.reason == "too many to be logged one by one; the last one: nonsense"
    assert len(book.tallied) == 940
    assert [event["count"] for event in book.events("counted")] == [1000]


def test_strangers_with_many_addresses_cannot_fill_the_log(book):
    """A thousand sources share one allowance, a hundred lines with counts, and one for the rest."""
    for number in range(1000):
        book.knock(2, address=f"2001:db8:0:{number:x}::1")
    assert len(book.seen) == FOR_ALL.burst
    book.minute()
    counts = book.seen[int(FOR_ALL.burst) :]
    assert len(counts) == 101
    assert sum(event.count for event in counts) == 2000 - FOR_ALL.burst
    assert {event.address for event in counts} >= {"other addresses"}


def test_few_failures_have_a_line_each_and_no_count_in_the_log(book):
    """A client that is set up wrongly is told of in full."""
    book.knock(5)
    book.minute()
    asyncio.run(book.ledger.close())
    assert [event.kind for event in book.seen] == [EventKind.REFUSED] * 5


def test_what_was_not_logged_is_counted_in_the_log_at_the_end(book):
    """A server that ends in the middle of a flood says how much it was."""
    book.knock(100)
    asyncio.run(book.ledger.close())
    assert [event.count for event in book.seen if event.kind is EventKind.COUNTED] == [40]


class Together:
    """A recorder that lets nothing through until so many are there, and then has no room for any of them."""

    def __init__(self, number: int) -> None:
        self.missing, self.all_there = number, asyncio.Event()

    async def record(self, _entry):
        self.missing -= 1
        if not self.missing:
            self.all_there.set()
        await asyncio.wait_for(self.all_there.wait(), timeout=10)
        msg = "another process holds the lock"
        raise StoreUnavailableError(msg, remedy="wait")


def test_a_store_that_is_busy_is_waited_for_once(book):
    """A thousand counts at shutdown are recorded together: one by one each would wait for the lock."""

    async def story():
        ledger = replace(book.ledger, recorder=Together(1000))
        for number in range(1000):
            ledger.unproven.count(f"192.0.2.{number}", "staff", "nonsense", NOW)
        await ledger.close()

    asyncio.run(story())
    assert [event.reason for event in book.seen] == ["another process holds the lock"] * 1000
