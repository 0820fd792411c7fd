"""The outbox: every event reaches the sink, in order, whatever fails, and enrolments never wait for it."""

from __future__ import annotations

import json
import logging
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from support.certificates import make_certificate
from support.scep_records import NOW, an_event

from scep_server.forwarding import Outbox, SinkError, outbox
from scep_server.reporting import CheckpointSigner, Format
from scep_server.sqlite_store import SqliteStore

WAIT = 20.0  # seconds; nothing here takes as long


class Sink:
    """A sender that keeps what it gets and can refuse."""

    def __init__(self):
        self.got: list[str] = []
        self.refusals = 0
        self.changed = threading.Condition()
        self.closed = False

    def send(self, records):
        with self.changed:
            if self.refusals:
                self.refusals -= 1
                self.changed.notify_all()
                raise SinkError("full")
            self.got += [record.text for record in records]
            self.changed.notify_all()

    def close(self):
        self.closed = True

    def wait(self, condition) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, WAIT), self.got

    @property
    def sequences(self) -> list[int]:
        return [json.loads(text).get("sequence", 0) for text in self.got]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.sqlite3"


@pytest.fixture
def store(path):
    store = SqliteStore(path)
    yield store
    store.close()


@contextmanager
def running(sink, path, name="siem"):
    box = Outbox(name, sink, Format.JSON, open_store=lambda: SqliteStore(path), folder=path.parent)
    box.start()
    try:
        yield box
    finally:
        box.stop()
        box.join(WAIT)


def checkpoint(count: int):
    made = make_certificate("Audit")
    signer = CheckpointSigner(certificate=made.certificate, key=made.key)
    return signer.sign(count=count, head=bytes(32), now=NOW)


def record(store, number: int) -> None:
    store.record([an_event() for _ in range(number)], NOW + timedelta(seconds=1))


def test_everything_arrives_once_and_in_order(store, path):
    """More than a batch, what was there before and what comes while it runs."""
    sink = Sink()
    record(store, 2 * outbox.BATCH + 3)
    with running(sink, path):
        sink.wait(lambda: len(sink.got) == 2 * outbox.BATCH + 3)
        record(store, 5)
    assert sink.sequences == list(range(1, 2 * outbox.BATCH + 9))
    assert sink.closed


def test_the_next_process_goes_on_where_the_last_one_ended(store, path):
    """Nothing twice, nothing left out."""
    sink = Sink()
    for _ in range(3):
        record(store, 4)
        with running(sink, path):
            sink.wait(lambda: len(sink.got) % 4 == 0 and sink.got)
    assert sink.sequences == list(range(1, 13))


def test_a_sink_that_refuses_gets_it_later(store, path, monkeypatch, caplog):
    """Events wait; the log says so once, and that it is over."""
    monkeypatch.setattr(outbox, "IDLE_SECONDS", 0.01)
    sink = Sink()
    sink.refusals = 3
    record(store, 2)
    with caplog.at_level(logging.INFO), running(sink, path):
        sink.wait(lambda: len(sink.got) == 2)
    assert sink.sequences == [1, 2]
    assert caplog.text.count("takes nothing: full") == 1
    assert "takes events again" in caplog.text


def test_a_checkpoint_comes_behind_its_events(store, path):
    """So that whoever has it has what it counts."""
    sink = Sink()
    record(store, 3)
    with running(sink, path) as box:
        box.offer(checkpoint(3))
        sink.wait(lambda: len(sink.got) == 4)
    assert [json.loads(text)["kind"] for text in sink.got][-1] == "checkpoint"


def test_a_checkpoint_that_nobody_took_is_sent_after_the_next_start(store, path):
    """The last one of a server that ends while the sink is away."""
    record(store, 1)
    away = Sink()
    away.refusals = 1_000_000
    with running(away, path) as box:
        box.offer(checkpoint(1))
        away.wait(lambda: away.refusals < 1_000_000)
    assert away.got == []
    back = Sink()
    with running(back, path):
        back.wait(lambda: len(back.got) == 2)
    assert [json.loads(text)["kind"] == "checkpoint" for text in back.got] == [False, True]


def test_two_processes_do_not_send_twice(store, path):
    """The one with the lock sends; the other waits for it to end."""
    first, second = Sink(), Sink()
    record(store, 2)
    with running(first, path):
        first.wait(lambda: len(first.got) == 2)
        with running(second, path):
            record(store, 1)
            first.wait(lambda: len(first.got) == 3)
        assert second.got == []


def test_two_sinks_have_places_of_their_own(store, path):
    """One that is away does not hold the other back."""
    here, away = Sink(), Sink()
    away.refusals = 1_000_000
    record(store, 2)
    with running(here, path, "here"), running(away, path, "away"):
        here.wait(lambda: len(here.got) == 2)
    assert away.got == []


def test_a_trail_shorter_than_what_was_sent_is_an_error(store, path, caplog):
    """Cut, or from a backup: somebody must know, and what comes next is sent all the same."""
    (path.parent / "siem.json").write_text('{"sequence": 50}')
    record(store, 2)
    sink = Sink()
    with running(sink, path):
        pass
    assert "50 events and the audit trail only 2" in caplog.text
    record(store, 1)
    with running(sink, path):
        sink.wait(lambda: len(sink.got) == 1)
    assert sink.sequences == [3]


def test_a_damaged_place_stops_the_outbox_and_says_how_to_go_on(store, path, caplog):
    """Never silently from the beginning, nor from nowhere."""
    (path.parent / "siem.json").write_text("{")
    record(store, 1)
    sink = Sink()
    with running(sink, path):
        pass
    assert sink.got == []
    assert "is damaged" in caplog.text
