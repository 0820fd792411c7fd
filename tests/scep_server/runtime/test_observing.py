"""Log, metrics and health: what an administrator sees."""

from __future__ import annotations

import json
import logging
import os

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from support.scep_records import an_event
from support.scep_site import site

from scep_server.audit import EventKind
from scep_server.memory_store import MemoryStore
from scep_server.runtime import running_server
from scep_server.runtime.decisions import log_decision
from scep_server.runtime.health import LASTS, Health
from scep_server.runtime.metrics import Metrics
from scep_server.store import StoreUnavailableError


@pytest.mark.parametrize(
    ("kind", "level"),
    [
        (EventKind.ISSUED, logging.INFO),
        (EventKind.REFUSED, logging.WARNING),
        (EventKind.ALARM, logging.ERROR),
    ],
)
def test_a_decision_is_one_json_line(caplog, kind, level):
    """With a level that says how urgent it is; a line break in a name breaks no line."""
    with caplog.at_level(logging.INFO, "scep_server"):
        log_decision(an_event(kind=kind, reason="first\nsecond", subject="CN=Zoë"))
    (record,) = caplog.records
    assert record.levelno == level
    assert "\n" not in record.message
    assert json.loads(record.message)["subject"] == "CN=Zoë"


def test_metrics_of_all_workers_add_up():
    """Forked processes count in shared memory."""
    metrics = Metrics(["staff"], workers=3)
    metrics.count(an_event(), 0)
    child = os.fork()
    if child == 0:
        for _ in range(5):
            metrics.count(an_event(), 2)
        os._exit(0)
    os.waitpid(child, 0)
    assert 'scep_decisions_total{group="staff",kind="issued"} 6\n' in metrics.text()


def test_an_unknown_group_is_not_counted():
    """Metrics have a fixed set of series; nobody can make more."""
    metrics = Metrics(["staff"], workers=1)
    metrics.count(an_event(group="invented"), 0)
    assert "invented" not in metrics.text()


class Sick(MemoryStore):
    """A store that counts probes and can refuse them."""

    def __init__(self) -> None:
        super().__init__()
        self.probes = 0
        self.sick = False

    def probe(self) -> None:
        self.probes += 1
        if self.sick:
            raise StoreUnavailableError("the disk is full", remedy="free space")


def test_health_is_examined_at_most_every_ten_seconds(caplog):
    """Asking often costs nothing; a failure shows at the next examination, with its remedy in the log."""
    now = [0.0]
    store = Sick()
    health = Health([ec.generate_private_key(ec.SECP256R1())], store, lambda: now[0])
    assert [health() for _ in range(100)] == [True] * 100
    assert store.probes == 1
    store.sick = True
    now[0] = LASTS - 0.1
    assert health()
    now[0] = LASTS
    assert not health()
    assert "free space" in caplog.text
    store.sick = False
    now[0] = 2 * LASTS
    assert health()


class Slow(Sick):
    """A store whose probes take as long as a busy database does."""

    def __init__(self, now: list[float]) -> None:
        super().__init__()
        self.now = now

    def probe(self) -> None:
        self.now[0] += 20.0
        super().probe()


def test_a_slow_examination_counts_from_its_end():
    """Whoever asks while one goes on gets its verdict, not another wait of that length."""
    now = [0.0]
    store = Slow(now)
    health = Health([], store, lambda: now[0])
    assert [health() for _ in range(3)] == [True] * 3
    assert store.probes == 1


def test_metrics_count_what_the_log_has_no_line_for(caplog):
    """A flood of requests that prove nothing: a bounded number of lines, and every one in the figures."""
    with running_server(site().config(None)) as url, httpx.Client() as client:
        for _ in range(70):
            client.post(f"{url}/scep/staff?operation=PKIOperation", content=b"nonsense")
        figures = client.get(f"{url}/metrics").text
    assert 'scep_decisions_total{group="staff",kind="refused"} 70\n' in figures
    refused = [record for record in caplog.records if '"kind":"refused"' in record.message]
    assert 60 <= len(refused) < 70
