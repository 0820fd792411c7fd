"""Group commit: requests share a transaction, each gets its own outcome, none waits for nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from support.scep_records import NOW, a_challenge, an_event, an_issuance

from scep_server.memory_store import MemoryStore
from scep_server.runtime.group_commit import GroupCommit
from scep_server.sqlite_store import SqliteStore
from scep_server.store import Objection, Recorded, Spent, StoreUnavailableError


class Watched(MemoryStore):
    """Remembers the size of each transaction; `fault` is raised when an entry of that serial comes."""

    def __init__(self, fault=None) -> None:
        super().__init__()
        self.sizes: list[int] = []
        self.fault = fault

    def record(self, batch, now):
        self.sizes.append(len(batch))
        if self.fault is not None and any(getattr(e, "reason", "") == "poison" for e in batch):
            raise self.fault
        return super().record(batch, now)


def together(store, entries):
    """All outcomes of entries recorded at once, errors among them."""

    async def story():
        recorder = GroupCommit(store, lambda: NOW)
        outcomes = await asyncio.gather(*map(recorder.record, entries), return_exceptions=True)
        await recorder.close()
        return outcomes

    return asyncio.run(story())


def test_what_is_ready_together_is_one_transaction():
    """Twenty requests in one turn of the loop cost one commit."""
    store = Watched()
    assert together(store, [an_event() for _ in range(20)]) == [Recorded()] * 20
    assert store.sizes == [20]


def test_each_gets_its_own_outcome():
    """One challenge, three requests: one wins, and a neighbour does not suffer."""
    store = Watched()
    store.add_challenges([a_challenge("one"), a_challenge("two")])
    entries = [
        an_issuance(1, challenge="one"),
        an_issuance(2, challenge="one"),
        an_issuance(3, challenge="two"),
    ]
    assert together(store, entries) == [Recorded(), Spent(Objection.SPENT), Recorded()]


def test_an_unavailable_store_fails_all_of_the_batch_and_nothing_more():
    """Nobody is told of a record that is not there; the next batch is a new attempt."""
    store = Watched(StoreUnavailableError("the disk is full"))
    poison = an_event(reason="poison")

    async def story():
        recorder = GroupCommit(store, lambda: NOW)
        first = await asyncio.gather(
            recorder.record(an_event()), recorder.record(poison), return_exceptions=True
        )
        second = await recorder.record(an_event())
        await recorder.close()
        return first, second

    first, second = asyncio.run(story())
    assert [type(outcome) for outcome in first] == [StoreUnavailableError] * 2
    assert second == Recorded()
    assert len(list(store.audit())) == 1


def test_an_entry_that_breaks_its_transaction_fails_alone():
    """A fault that nobody foresaw hits only the request that carries it."""
    store = Watched(ValueError("cannot be stored"))
    outcomes = together(store, [an_event(), an_event(reason="poison"), an_event()])
    assert [type(outcome) for outcome in outcomes] == [Recorded, ValueError, Recorded]
    assert len(list(store.audit())) == 2


def test_a_cancelled_request_does_not_disturb_the_others():
    """Its record stands; whoever waits beside it is answered."""
    store = Watched()

    async def story():
        recorder = GroupCommit(store, lambda: NOW)
        lost = asyncio.create_task(recorder.record(an_event()))
        kept = asyncio.create_task(recorder.record(an_event()))
        await asyncio.sleep(0)
        lost.cancel()
        outcome = await kept
        await recorder.close()
        return outcome

    assert asyncio.run(story()) == Recorded()
    assert len(list(store.audit())) == 2


def test_close_waits_for_what_is_on_its_way(tmp_path):
    """Nothing that was recorded before `close` is lost by it."""
    store = SqliteStore(tmp_path / "scep.sqlite")

    async def story():
        recorder = GroupCommit(store, lambda: NOW)
        pending = [asyncio.ensure_future(recorder.record(an_event())) for _ in range(50)]
        await asyncio.sleep(0)
        await recorder.close()
        return await asyncio.gather(*pending)

    assert asyncio.run(story()) == [Recorded()] * 50
    assert len(list(store.audit())) == 50
    store.close()


@pytest.mark.parametrize("size", [1, 2, 100])
def test_order_within_a_batch_is_kept(size):
    """Outcomes come back to the request that they belong to."""
    store = Watched()
    store.add_challenges([a_challenge(str(n)) for n in range(size)])
    entries = [an_issuance(n + 1, challenge=str(n)) for n in range(size)]
    bad = replace(entries[-1], voucher=replace(entries[-1].voucher, id="nowhere"))
    outcomes = together(store, [*entries[:-1], bad])
    assert outcomes == [Recorded()] * (size - 1) + [Spent(Objection.UNKNOWN)]
