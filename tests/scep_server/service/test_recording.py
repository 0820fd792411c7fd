"""Settling: whatever a store says of a certificate ends in its bytes or in a refusal, and is told."""

from __future__ import annotations

import asyncio
import itertools
import json

import pytest
from support.scep_records import NOW, STATIC, a_challenge, an_issuance, label

from scep_server.audit import EventKind
from scep_server.errors import RequestRejectedError
from scep_server.memory_store import MemoryStore
from scep_server.service import RefusedInStoreError, World, settle


class Counter:
    """A store in memory behind a recorder, entropy that can be chosen, and what the observer was told."""

    def __init__(self, serials=None) -> None:
        self.store, self.told = MemoryStore(), []
        numbers = iter(serials) if serials else itertools.count(1000)
        self.world = World(
            clock=lambda: NOW,
            seconds=lambda: 0.0,
            entropy=lambda size: (next(numbers) << 1).to_bytes(size, "big"),
            observe=self.told.append,
        )

    async def record(self, entry):
        return self.store.record([entry], NOW)[0]

    def settle(self, **changes):
        async def make(serial):
            return an_issuance(serial, **{"voucher": STATIC, **changes})

        return asyncio.run(settle(make, recorder=self, world=self.world))

    @property
    def kinds(self):
        return [event.kind for event in self.told]


def test_a_new_certificate_is_on_record():
    """Its bytes are those that the store keeps, under the serial that was drawn."""
    counter = Counter()
    settled = counter.settle()
    (record,) = counter.store.certificates()
    assert (settled.der, settled.is_new, record.serial) == (record.der, True, 1000)
    assert counter.kinds == [EventKind.ISSUED]


def test_a_request_that_was_answered_meanwhile_gets_the_same_certificate():
    """The second of two copies gets the first one's certificate, and the observer hears of its serial."""
    counter = Counter()
    first = counter.settle(request=label("one request"))
    second = counter.settle(request=label("one request"))
    assert (second.der, second.is_new) == (first.der, False)
    assert counter.kinds == [EventKind.ISSUED, EventKind.REPEATED]
    assert counter.told[-1].serial == f"{1000:x}"
    assert len(list(counter.store.certificates())) == 1


def test_a_spent_challenge_is_refused_with_the_store_s_reason():
    """The alarm that the store wrote is the one that is observed, and the refusal says the same."""
    counter = Counter()
    counter.store.add_challenges([a_challenge()])
    counter.settle(voucher=None)
    with pytest.raises(RefusedInStoreError, match="spent before") as refused:
        counter.settle(voucher=None)
    alarm = counter.told[-1]
    assert (alarm.kind, alarm.reason, alarm.remedy) == (
        EventKind.ALARM,
        refused.value.reason,
        refused.value.remedy,
    )
    last = json.loads(list(counter.store.audit())[-1].text)
    assert (last["kind"], last["reason"]) == ("alarm", alarm.reason)


def test_a_second_key_of_an_asserted_name_is_an_alarm():
    """The certificate is given, and whoever watches hears that the name has two live keys."""
    counter = Counter()
    counter.settle(identity="asserted", subject="CN=ada", values={"user.email": "ada"})
    assert counter.settle(identity="asserted", subject="CN=ada", values={"user.email": "ada"}).is_new
    assert counter.kinds == [EventKind.ISSUED, EventKind.ISSUED, EventKind.ALARM]


def test_a_serial_that_is_taken_is_drawn_again():
    """One collision costs a draw; three in a row mean broken entropy, and nothing is issued."""
    one, other = label("one request"), label("another request")
    counter = Counter(serials=[7, 7, 8])
    counter.settle(request=one)
    assert counter.settle(request=other).is_new
    assert [record.serial for record in counter.store.certificates()] == [7, 8]
    counter = Counter(serials=[7, 7, 7, 7])
    counter.settle(request=one)
    with pytest.raises(RequestRejectedError, match="in a row were taken"):
        counter.settle(request=other)
    assert [record.serial for record in counter.store.certificates()] == [7]


def test_a_serial_is_never_zero():
    """Entropy of noughts gives serial 1: RFC 5280 §4.1.2.2 wants a positive number."""
    counter = Counter(serials=[0])
    counter.settle()
    assert [record.serial for record in counter.store.certificates()] == [1]
