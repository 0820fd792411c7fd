"""Load on a server and what it cost: keep-alive or one connection a request, CPU time of whole processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

WARM = 20  # requests before anything is measured
SERVER_CORE, LOAD_CORE = 0, 1


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a server answers.

    Attributes:
        pid: its process.
        port: on loopback.
        path: of its SCEP endpoint.
    """

    pid: int
    port: int
    path: str


@dataclass(frozen=True, kw_only=True)
class Run:
    """One load on one server.

    Attributes:
        cpu: seconds for each request.
        rate: requests for each wall second.
        times: seconds of each request, in the order in which they were answered.
        memory: resident KiB at the end.
        failed: requests without HTTP 200.
        replies: bodies, in the order of the messages; empty where it failed.
    """

    cpu: float
    rate: float
    times: list[float]
    memory: int
    failed: int
    replies: list[bytes]


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """What is started here stays on that core; the caller goes back to where it was."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def process(command: Sequence[str], *, pinned: bool, **options) -> Iterator[subprocess.Popen]:
    """A server; ended with SIGTERM."""
    with on_core(SERVER_CORE) if pinned else contextlib.nullcontext():
        started = subprocess.Popen(command, text=True, **options)
    try:
        yield started
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait()


@contextlib.contextmanager
def ours(folder: Path, *, workers: int = 1, pinned: bool = True) -> Iterator[Target]:
    """Our server on a folder, with its log in a file."""
    log = folder / "log"
    command = [sys.executable, "-m", "scep_server", "serve", str(folder), "--port", "0"]
    command += ["--workers", str(workers)]
    with log.open("w") as stderr, process(command, pinned=pinned, stderr=stderr) as server:
        while "listening on" not in (line := log.read_text()):
            assert server.poll() is None, line
            time.sleep(0.02)
        port = int(line.partition("listening on")[2].split()[0].rpartition(":")[2])
        yield Target(pid=server.pid, port=port, path="/scep/devices")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far, to the nanosecond: its CPU clock (clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2)


def resident(pid: int) -> int:
    """KiB in memory."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def measure(target: Target, messages: Sequence[bytes], *, clients: int = 8) -> Run:
    """Send all but the warming ones from the other core."""
    with on_core(LOAD_CORE):
        asyncio.run(_load(target, messages[:WARM], clients, keep=True))
        cpu, begin = cpu_seconds(target.pid), time.perf_counter()
        times, replies = asyncio.run(_load(target, messages[WARM:], clients, keep=True))
        wall, cpu = time.perf_counter() - begin, cpu_seconds(target.pid) - cpu
    return Run(
        cpu=cpu / len(replies),
        rate=len(replies) / wall,
        times=times,
        memory=resident(target.pid),
        failed=replies.count(b""),
        replies=replies,
    )


def measure_by_turns(targets: Sequence[Target], messages: Sequence[bytes], turns: int) -> list[list[Run]]:
    """Runs of each target, turn by turn: every target gets the same messages, and each goes first in turn.

    What disturbs the machine for a while disturbs neighbours alike: many short runs of servers that stay up
    compare better than a few long ones.
    """
    size = len(messages) // turns
    runs: list[list[Run]] = [[] for _ in targets]
    for turn in range(turns):
        part = messages[turn * size : (turn + 1) * size]
        first = turn % len(targets)
        for number in (*range(first, len(targets)), *range(first)):
            runs[number].append(measure(targets[number], part))
    return runs


@dataclass(frozen=True, kw_only=True)
class Flood:
    """A load that shares its cores with the server.

    Attributes:
        rate: requests for each wall second.
        cpu: seconds of all server processes for each request.
        own: seconds of the load generator for each.
        failed: requests without HTTP 200.
    """

    rate: float
    cpu: float
    own: float
    failed: int


def flood(target: Target, messages: Sequence[bytes], *, clients: int = 32) -> Flood:
    """Send all but the warming ones, each on a connection of its own, as devices do."""
    asyncio.run(_load(target, messages[:WARM], clients, keep=False))
    pids = (target.pid, *_children(target.pid))
    cpu, own, begin = sum(map(cpu_seconds, pids)), time.process_time(), time.perf_counter()
    _, replies = asyncio.run(_load(target, messages[WARM:], clients, keep=False))
    number = len(replies)
    return Flood(
        rate=number / (time.perf_counter() - begin),
        cpu=(sum(map(cpu_seconds, pids)) - cpu) / number,
        own=(time.process_time() - own) / number,
        failed=replies.count(b""),
    )


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def _load(
    target: Target, messages: Sequence[bytes], clients: int, *, keep: bool
) -> tuple[list[float], list[bytes]]:
    """Each client sends its next message as soon as it is answered."""
    work, times = iter(range(len(messages))), []
    replies = [b""] * len(messages)
    head = f"POST {target.path}?operation=PKIOperation HTTP/1.1\r\nHost: x\r\n"
    if not keep:
        head += "Connection: close\r\n"

    async def client() -> None:
        streams = None
        for number in work:
            begin = time.perf_counter()
            message = messages[number]
            if streams is None:
                streams = await asyncio.open_connection("127.0.0.1", target.port)
            reader, writer = streams
            writer.write(f"{head}Content-Length: {len(message)}\r\n\r\n".encode() + message)
            replies[number] = await _answer(reader)
            times.append(time.perf_counter() - begin)
            if not keep:
                writer.close()
                streams = None
        if streams is not None:
            streams[1].close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return times, replies


async def _answer(reader: asyncio.StreamReader) -> bytes:
    """The body of a 200; nothing for anything else."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"transfer-encoding: chunked" in head:
        body = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
    else:
        body = await reader.readexactly(int(head.partition(b"content-length: ")[2].split()[0]))
    return body if b" 200 " in head.partition(b"\r\n")[0] else b""
