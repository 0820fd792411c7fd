"""Enrolments against Debian's `scep` server: RSA-2048 everywhere, one core each, alternating in one run.

One-time challenges, durable commits, audit and log on our side; a static challenge and a fresh depot, its
best case, on theirs. What is right or wrong is asserted; what is fast or slow is printed beside its bounds,
because a machine that others use says nothing about a change.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import sys
import time
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import pytest
from support.bench_limit import Limit
from support.bench_load import WARM, Flood, Run, flood, measure, measure_by_turns, ours
from support.bench_peer import their_world, theirs
from support.bench_table import Figure, table
from support.bench_world import World, fill, world
from support.scep_requests import read_reply

from scep_server.sqlite_store import SqliteStore

LONG = int(os.environ.get("ONBOARD_BENCH_ENROLMENTS", "10000"))  # of the run that shows memory
ISSUED = int(os.environ.get("ONBOARD_BENCH_ISSUED", "1000000"))  # before the run that shows growth
ROUNDS = int(os.environ.get("ONBOARD_BENCH_ROUNDS", "5"))
REQUESTS = 400
FEW = 1_000
TURNS, TURN = 4, 120  # of each round, and requests of each, warming ones included
FAST = "avx512ifma" in Path("/proc/cpuinfo").read_text() if sys.platform == "linux" else False

pytestmark = [
    pytest.mark.bench,
    pytest.mark.skipif(shutil.which("scepserver") is None, reason="Debian's package scep is not installed"),
    pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be chosen here"),
    pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="the server and its load need a core each"),
]


@pytest.fixture(scope="module")
def ready(tmp_path_factory) -> World:
    """Requests enough for the longest run; the others take the first of them."""
    return world(
        tmp_path_factory.mktemp("bench") / "world",
        max(LONG + WARM, ROUNDS * max(REQUESTS + WARM, TURNS * TURN)),
    )


def demand_all_issued(ready: World, folder: Path, replies: Sequence[bytes], number: int) -> None:
    """Every device has a certificate of its own, and the store knows each of them once."""
    answers = [read_reply(reply, ready.pair) for reply in replies]
    assert {answer.status for answer in answers} == {"0"}
    assert len({answer.certificates for answer in answers}) == len(answers)
    demand_recorded(folder, number)


def recorded(folder: Path) -> list[int]:
    """The serial of each certificate on record."""
    store = SqliteStore(folder / "scep.sqlite")
    serials = [record.serial for record in store.certificates()]
    store.close()
    return serials


def demand_recorded(folder: Path, number: int) -> None:
    """No certificate is missing, and no serial is there twice."""
    serials = recorded(folder)
    assert len(serials) == len(set(serials)) == number


def middle(numbers: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """Median and spread."""
    return statistics.median(numbers), (min(numbers), max(numbers))


def quartiles(numbers: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """Median and the half around it, of numbers so many that the outermost say nothing."""
    low, median, high = statistics.quantiles(numbers, n=4)
    return median, (low, high)


def p99(run: Run) -> float:
    """Milliseconds that all but one request in a hundred took at most."""
    return 1000 * sorted(run.times)[int(len(run.times) * 0.99)]


def show(title: str, figures: Sequence[Figure]) -> None:
    load = os.getloadavg()[0]
    where = f"{'with' if FAST else 'without'} AVX512-IFMA, Python {platform.python_version()}"
    print(f"\n{title} ({where}, load average {load:.1f})\n{table(figures)}")  # noqa: T201 # the result


def test_enrolments_for_each_cpu_second(ready, tmp_path):
    """Ratios are of neighbouring turns, so that what disturbs the machine disturbs both."""
    depot, their_messages = their_world(tmp_path, TURNS * TURN)
    limit, turns = Limit(), [slice(start, start + TURN) for start in range(0, TURNS * TURN, TURN)]
    own: list[Run] = []
    other: list[Run] = []
    floor: list[float] = []
    for number in range(ROUNDS):
        folder = ready.copy(tmp_path / f"ours{number}")
        shutil.copytree(depot, copy := tmp_path / f"theirs{number}")
        with ours(folder) as us, theirs(copy) as them:
            for turn in turns:
                before = limit.beside_load()
                own.append(measure(us, ready.messages[turn]))
                floor.append(statistics.mean((before, limit.beside_load())))
                other.append(measure(them, their_messages[turn]))
        replies = [reply for run in own[-TURNS:] for reply in run.replies]
        demand_all_issued(ready, folder, replies, TURNS * TURN)
    show(
        f"enrolments, {len(own)} turns of {TURN - WARM}, 8 clients, the middle half in brackets",
        _compared(own, other, floor),
    )


def _compared(own: Sequence[Run], other: Sequence[Run], floor: Sequence[float]) -> Sequence[Figure]:
    """Our turns beside the peer's, and beside what the arithmetic alone costs."""
    times, spread = quartiles([peer.cpu / run.cpu for run, peer in zip(own, other, strict=True)])
    share, share_spread = quartiles([low / run.cpu for run, low in zip(own, floor, strict=True)])
    cost, cost_spread = quartiles([1e6 * run.cpu for run in own])
    wall, wall_spread = quartiles([run.rate for run in own])
    return [
        Figure(
            name="for each CPU second, against the peer",
            value=times,
            spread=spread,
            peer="1.00",
            must=2.2 if FAST else 1.4,
            aim=3.0,
        ),
        Figure(
            name="fraction of the physical limit",
            value=share,
            spread=share_spread,
            peer=f"{statistics.median(floor) / statistics.median(r.cpu for r in other):.2f}",
            must=0.52,
            aim=0.75,
        ),
        Figure(
            name="CPU for each",
            value=cost,
            spread=cost_spread,
            peer=f"{1e6 * statistics.median(r.cpu for r in other):,.0f}",
            unit=" us",
            digits=0,
        ),
        Figure(name="limit", value=1e6 * statistics.median(floor), unit=" us", digits=0),
        Figure(
            name="for each wall second",
            value=wall,
            spread=wall_spread,
            peer=f"{statistics.median(r.rate for r in other):.0f}",
            digits=0,
        ),
    ]


def test_many_enrolments_and_their_retransmissions(ready, tmp_path):
    """A long run fails nowhere, leaves no waste in memory, and is answered the same when asked again."""
    folder = ready.copy(tmp_path / "long")
    messages = ready.messages[: LONG + WARM]
    with ours(folder) as target:
        run = measure(target, messages)
        again = measure(target, messages[: REQUESTS + WARM])
    assert not run.failed
    assert not again.failed
    demand_all_issued(ready, folder, run.replies, LONG + WARM)
    pairs = list(zip(run.replies, again.replies, strict=False))
    serials = recorded(folder)
    same = sum(
        read_reply(first, ready.pair).certificates == read_reply(second, ready.pair).certificates
        for first, second in pairs
    )
    assert same == len(pairs)
    show(
        f"{LONG:,} enrolments in one worker, 8 clients",
        _of_long_run(run, again, serials, asked=len(pairs), same=same),
    )


def _of_long_run(
    run: Run, again: Run, serials: Sequence[object], *, asked: int, same: int
) -> Sequence[Figure]:
    """What a long run and its retransmissions cost, and that nothing was lost or given twice."""
    return [
        Figure(
            name="memory at the end",
            value=run.memory / 1024,
            must=90,
            aim=50,
            more=False,
            unit=" MiB",
            digits=0,
        ),
        Figure(name="p99 at saturation", value=p99(run), must=30, aim=12, more=False, unit=" ms", digits=1),
        Figure(name="failures", value=run.failed, must=0, aim=0, more=False, digits=0),
        Figure(
            name="serials used twice",
            value=len(serials) - len(set(serials)),
            must=0,
            aim=0,
            more=False,
            digits=0,
        ),
        Figure(
            name=f"same certificate for {asked} retransmissions",
            value=same,
            must=asked,
            aim=asked,
            digits=0,
        ),
        Figure(
            name="CPU of a retransmission, of an enrolment's",
            value=again.cpu / run.cpu,
            must=0.8,
            aim=0.75,
            more=False,
        ),
    ]


def test_cost_does_not_grow_with_what_was_issued(ready, tmp_path):
    """The same requests on a store of a thousand and on one of a million, both servers up, turn by turn."""
    short, full = ready.copy(tmp_path / "short"), ready.copy(tmp_path / "full")
    fill(short / "scep.sqlite", FEW)
    fill(full / "scep.sqlite", ISSUED)
    start = time.perf_counter()
    SqliteStore(full / "scep.sqlite").close()
    opened = time.perf_counter() - start
    turns = ROUNDS * TURNS
    with ours(short) as small, ours(full) as large:
        runs = measure_by_turns((small, large), ready.messages[: turns * TURN], turns)
    for run in chain(*runs):
        assert {read_reply(reply, ready.pair).status for reply in run.replies} == {"0"}
    grown, spread = quartiles([much.cpu / little.cpu for little, much in zip(*runs, strict=True)])
    show(
        f"growth, {turns} turns of {TURN - WARM}, the middle half in brackets",
        [
            Figure(
                name=f"CPU at {ISSUED:,} issued against {FEW:,}",
                value=grown,
                spread=spread,
                must=1.1,
                aim=1.05,
                more=False,
            ),
            Figure(name="opening the store", value=1000 * opened, unit=" ms", digits=1),
        ],
    )


def test_two_workers_against_one(ready, tmp_path):
    """The load generator runs on the same two cores; each request comes on a connection of its own."""
    floods: dict[int, list[Flood]] = {1: [], 2: []}
    number = min(4 * REQUESTS, LONG) + WARM
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:2])
    try:
        for turn in range(ROUNDS):
            for workers, found in floods.items():
                folder = ready.copy(tmp_path / f"{turn}-{workers}")
                with ours(folder, workers=workers, pinned=False) as target:
                    found.append(flood(target, ready.messages[:number]))
                assert not found[-1].failed
                demand_recorded(folder, number)
    finally:
        os.sched_setaffinity(0, before)
    ratio, spread = middle([two.rate / one.rate for one, two in zip(floods[1], floods[2], strict=True)])
    pairs = list(zip(floods[1], floods[2], strict=True))
    alone, alone_spread = middle([2 * one.cpu / (two.cpu + two.own) for one, two in pairs])
    figures = [
        Figure(name="two workers against one", value=ratio, spread=spread, must=1.5, aim=1.65),
        Figure(name="by CPU, were both cores ours", value=alone, spread=alone_spread),
    ]
    for workers, found in floods.items():
        rate, rate_spread = middle([run.rate for run in found])
        cost, cost_spread = middle([1e6 * run.cpu for run in found])
        figures += [
            Figure(name=f"for each wall second, {workers}", value=rate, spread=rate_spread, digits=0),
            Figure(name=f"CPU for each, {workers}", value=cost, spread=cost_spread, unit=" us", digits=0),
        ]
    own = statistics.median(1e6 * run.own for found in floods.values() for run in found)
    figures.append(Figure(name="CPU of the load generator for each", value=own, unit=" us", digits=0))
    show(f"two workers, {ROUNDS} rounds of {number}, 32 clients", figures)
