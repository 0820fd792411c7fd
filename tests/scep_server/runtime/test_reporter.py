"""A running server reports: events to its sinks, a checkpoint regularly and at the end."""

from __future__ import annotations

import json
import threading

import httpx
import pytest
from support.certificates import make_certificate
from support.scep_requests import Shape, csr, enrol, read_reply, rsa_key, self_signed
from support.scep_site import STATIC_SECRET, site, subject_of

from scep_server.audit import verify
from scep_server.forwarding import SinkError
from scep_server.reporting import CheckpointSigner, Format, read_checkpoint
from scep_server.runtime import Reporting, Sink, running_server
from scep_server.sqlite_store import SqliteStore

ADA = "ada@northwind.example"


class Kept:
    """A sender that keeps lines, or refuses them for ever."""

    def __init__(self, *, away: bool = False):
        self.lines: list[str] = []
        self.away = away
        self.changed = threading.Condition()

    def send(self, records):
        if self.away:
            raise SinkError("away")
        with self.changed:
            self.lines += [record.text for record in records]
            self.changed.notify_all()

    def close(self):
        pass

    def kinds(self) -> list[str]:
        return [json.loads(line)["kind"] for line in self.lines]


def reporting(folder, *senders, **changes) -> Reporting:
    made = make_certificate("Audit")
    sinks = tuple(
        Sink(name=f"sink-{number}", form=Format.JSON, make_sender=lambda sender=sender: sender)
        for number, sender in enumerate(senders)
    )
    signer = CheckpointSigner(certificate=made.certificate, key=made.key)
    return Reporting(**({"folder": folder, "signer": signer, "sinks": sinks} | changes))


def enrol_once(url: str) -> str:
    pair = self_signed(rsa_key("device"), subject=subject_of(ADA))
    payload = csr(rsa_key("device"), subject=subject_of(ADA), challenge=STATIC_SECRET)
    message = enrol(payload, site().ra.certificate, pair, Shape())
    answer = httpx.post(f"{url}/scep/staff?operation=PKIOperation", content=message)
    return read_reply(answer.content, pair).status


def test_the_last_checkpoint_counts_everything(tmp_path):
    """At the end the sink has every event and a checkpoint over all of them, and so has the folder."""
    sink, database = Kept(), tmp_path / "store.sqlite3"
    config = site().config(database, reporting=reporting(tmp_path, sink))
    with running_server(config) as url:
        assert enrol_once(url) == "0"
    assert sink.kinds() == ["issued", "checkpoint"]
    kept = read_checkpoint((tmp_path / "checkpoint.json").read_text())
    assert kept.text == sink.lines[-1]
    store = SqliteStore(database)
    assert verify(store.audit(), (kept.count, kept.head)).fault == ""
    store.close()


def test_a_checkpoint_comes_regularly(tmp_path):
    """Without waiting for the end."""
    sink = Kept()
    settings = reporting(tmp_path, sink, checkpoint_seconds=0.05)
    with running_server(site().config(tmp_path / "store.sqlite3", reporting=settings)), sink.changed:
        assert sink.changed.wait_for(lambda: sink.kinds().count("checkpoint") >= 2, 20)


@pytest.mark.parametrize("signer", [True, False])
def test_a_sink_that_is_away_hinders_nobody(tmp_path, signer):
    """Devices enrol, and the server ends in time."""
    settings = reporting(tmp_path, Kept(away=True), **({} if signer else {"signer": None}))
    with running_server(site().config(tmp_path / "store.sqlite3", reporting=settings)) as url:
        assert enrol_once(url) == "0"
    assert (tmp_path / "checkpoint.json").exists() == signer
