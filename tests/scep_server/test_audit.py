"""The audit chain shows every change, and the tally bounds what a flood can write."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import jsonschema
from hypothesis import given
from hypothesis import strategies as st
from support.scep_records import NOW, an_event

from scep_server import audit
from scep_server.audit import EVENT_SCHEMA, ChainedEvent, Event, EventKind, GuessWatch, Tally, link, verify

TEXT = st.text(max_size=40)
EVENTS = st.builds(
    Event,
    at=st.datetimes().map(lambda moment: moment.replace(tzinfo=NOW.tzinfo)).filter(lambda m: m.year > 999),
    kind=st.sampled_from(EventKind),
    group=TEXT,
    transaction=TEXT,
    address=TEXT,
    reason=TEXT,
    remedy=TEXT,
    challenge=TEXT,
    serial=st.from_regex("[0-9a-f]*", fullmatch=True),
    count=st.integers(0, 10**9),
)


def chain(events) -> list[ChainedEvent]:
    links: list[ChainedEvent] = []
    for event in events:
        links.append(link(links[-1].hash if links else audit.GENESIS, len(links) + 1, event))
    return links


@given(st.lists(EVENTS, max_size=8))
def test_every_chain_verifies_and_follows_the_schema(events):
    """Whatever the texts are, the JSON is ASCII, valid by the schema, and the chain holds."""
    links = chain(events)
    for each in links:
        assert each.text.isascii()
        jsonschema.validate(json.loads(each.text), dict(EVENT_SCHEMA))
    verdict = verify(links)
    assert (verdict.count, verdict.fault) == (len(links), "")
    assert verdict.head == (links[-1].hash if links else audit.GENESIS)


@given(st.lists(EVENTS, min_size=2, max_size=6), st.data())
def test_any_change_before_the_tail_shows(events, data):
    """A changed text, a removed link, a swapped pair or a forged hash is found, and where."""
    links = chain(events)
    place = data.draw(st.integers(0, len(links) - 2))
    victim = links[place]
    changed = victim.text.replace('"schema":1', '"schema":2')
    tampered = {
        "changed": [*links[:place], replace(victim, text=changed), *links[place + 1 :]],
        "removed": [*links[:place], *links[place + 1 :]],
        "swapped": [*links[:place], links[place + 1], victim, *links[place + 2 :]],
        "hash": [*links[:place], replace(victim, hash=bytes(32)), *links[place + 1 :]],
    }
    for how, version in tampered.items():
        verdict = verify(version)
        assert verdict.fault, how
        assert verdict.count <= place + 1


def test_a_cut_tail_shows_only_against_a_known_head():
    """This is why the verdict names count and head."""
    links = chain([an_event(), an_event(), an_event()])
    verdict = verify(links[:2])
    assert not verdict.fault
    assert (verdict.count, verdict.head) == (2, links[1].hash)


def test_empty_fields_are_left_out():
    """An event says what there is to say and nothing else."""
    fields = json.loads(link(audit.GENESIS, 1, Event(at=NOW, kind=EventKind.REFUSED)).text)
    assert fields == {"schema": 1, "sequence": 1, "kind": "refused", "time": "2026-09-01T08:00:00.000000Z"}


def test_a_minute_of_failures_is_one_event_per_address():
    """A thousand failures of two addresses in a minute are two events, given when the minute is over."""
    tally = Tally()
    for number in range(1000):
        assert (
            tally.count(f"192.0.2.{number % 2}", "staff", "bad", NOW + timedelta(milliseconds=number)) == ()
        )
    events = tally.due(NOW + timedelta(seconds=60))
    assert [(e.kind, e.address, e.count, e.at) for e in events] == [
        (EventKind.COUNTED, "192.0.2.0", 500, NOW),
        (EventKind.COUNTED, "192.0.2.1", 500, NOW),
    ]
    assert tally.due(NOW + timedelta(seconds=120)) == ()


def test_the_next_minute_brings_out_the_last():
    """Nothing waits for a timer if somebody keeps knocking, and a flush brings out the rest."""
    tally = Tally()
    tally.count("192.0.2.1", "staff", "bad", NOW)
    (event,) = tally.count("192.0.2.1", "staff", "worse", NOW + timedelta(minutes=1))
    assert (event.count, "bad" in event.reason) == (1, True)
    assert [e.count for e in tally.flush()] == [1]
    assert tally.flush() == ()


def test_a_flood_of_addresses_is_bounded():
    """Beyond the capacity the rest share one count, and none is lost."""
    tally = Tally(capacity=10)
    for number in range(500):
        tally.count(f"address-{number}", "staff", "bad", NOW)
    events = tally.flush()
    assert len(events) == 11
    assert sum(event.count for event in events) == 500
    assert Tally.OVERFLOW in {event.address for event in events}


def test_the_guess_watch_is_not_shrill():
    """At 10, 100 and 1000 in an hour, for each group by itself, and anew in the next hour."""
    watch = GuessWatch()
    alarms = [alarm.count for _ in range(1500) if (alarm := watch.count(an_event()))]
    assert alarms == [10, 100, 1000]
    assert not any(watch.count(an_event(group="students")) for _ in range(9))
    later = an_event(at=NOW + timedelta(hours=1))
    counts = [watch.count(later) for _ in range(50)]
    assert [alarm.count for alarm in counts if alarm] == [10]
