"""Processes: one worker in this process, or several forked ones that share the listening sockets."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.context import ForkProcess
from types import FrameType

from scep_server.runtime.config import ServerConfig
from scep_server.runtime.decisions import LOGGER
from scep_server.runtime.metrics import Metrics
from scep_server.runtime.reporter import Reporter
from scep_server.runtime.worker import Worker

BACKLOG = 2_048
_STOPPING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
RESTART_SECONDS = 1.0  # between a worker's death and its successor, so that a broken one cannot spin
STOP_SECONDS = 75.0  # until a worker that was told to end is killed; service managers kill all after 90


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket; port 0 takes a free one.

    Raises:
        OSError: the address is not ours, or in use.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    listening.setblocking(False)
    return listening


def url_of(listening: socket.socket, *, tls: bool = False) -> str:
    """Where a listening socket can be reached, as far as it knows."""
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{shown}:{port}"


def serve(
    config: ServerConfig,
    sockets: Sequence[socket.socket],
    *,
    workers: int = 1,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP; what is in flight is finished first.

    A SIGHUP that whoever started us had ignored, as nohup(1) does, is ignored.

    Args:
        config: what to serve.
        sockets: listening; closed when this returns.
        workers: processes. Several need a platform that forks, and no thread must be running yet.
        announce: told `listening on URL` for each socket when requests are answered; default: stderr.

    Raises:
        KeyboardInterrupt: it was SIGINT that ended it.
        StoreError: the store cannot be opened.
    """
    lines = [f"listening on {url_of(listening, tls=config.tls is not None)}" for listening in sockets]
    metrics = Metrics([endpoint.group for endpoint in config.endpoints], workers)

    def ready() -> None:
        for line in lines:
            (announce or _to_stderr)(line)

    with contextlib.ExitStack() as stack:
        for listening in sockets:
            stack.callback(listening.close)
        if workers == 1:
            worker = Worker(config, number=0, workers=1, metrics=metrics, ready=ready)
            with _signals(lambda _: worker.stop()):
                worker.run(sockets)
        else:
            config.open_store().close()  # a store that cannot be used is found once, not in every worker
            _Supervisor(config, sockets, workers, metrics).run(ready)


class _Supervisor:
    """Keeps the workers running, passes signals on, and waits for them at the end."""

    def __init__(
        self, config: ServerConfig, sockets: Sequence[socket.socket], workers: int, metrics: Metrics
    ) -> None:
        self._config = config
        self._sockets = sockets
        self._metrics = metrics
        self._processes: list[ForkProcess | None] = [None] * workers
        self._due = [0.0] * workers
        self._stopping = False
        self._last_moment: float | None = None
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        self._lifeline_read, self._lifeline_write = os.pipe()  # its end tells workers that we were killed

    def run(self, ready: Callable[[], None]) -> None:
        ready_read, ready_write = os.pipe()
        try:
            with _signals(self._stop):
                self._start(ready_write)
                if self._await_ready(ready_read):
                    ready()
                self._watch(ready_write)
                self._report()
        finally:
            for descriptor in (ready_read, ready_write, *self._pipes()):
                os.close(descriptor)

    def _report(self) -> None:
        """Sign how long the audit trail is now that no worker makes it longer."""
        config = self._config
        if config.reporting is not None:
            Reporter(config.reporting, config.open_store, config.clock).finish()

    def _pipes(self) -> tuple[int, ...]:
        return (self._wake_read, self._wake_write, self._lifeline_read, self._lifeline_write)

    def _stop(self, number: int) -> None:
        self._stopping = True
        self._last_moment = self._last_moment or time.monotonic() + STOP_SECONDS
        for process in self._processes:
            if process is not None and process.pid is not None and process.is_alive():
                os.kill(process.pid, signal.SIGTERM)
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_write, bytes((number,)))

    def _start(self, ready_write: int) -> None:
        for number, process in enumerate(self._processes):
            if process is None and time.monotonic() >= self._due[number]:
                with _held_back():  # so that no signal meets a child that is not on the list yet
                    if not self._stopping:
                        self._processes[number] = self._fork(number, ready_write)

    def _fork(self, number: int, ready_write: int) -> ForkProcess:
        process = multiprocessing.get_context("fork").Process(
            target=self._work, args=(number, ready_write), name=f"scep-worker-{number}"
        )
        process.start()
        return process

    def _work(self, number: int, ready_write: int) -> None:
        os.close(self._lifeline_write)
        for of_terminal in (signal.SIGINT, signal.SIGHUP):  # they reach the whole group; the parent decides
            signal.signal(of_terminal, signal.SIG_IGN)
        worker = Worker(
            self._config,
            number=number,
            workers=len(self._processes),
            metrics=self._metrics,
            ready=lambda: _say_ready(ready_write),
            lifeline=self._lifeline_read,
        )
        signal.signal(signal.SIGTERM, lambda *_: worker.stop())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)  # they were held back while we were forked
        worker.run(self._sockets)

    def _await_ready(self, ready_read: int) -> bool:
        """Wait until every worker answers; False when one ended before, or a signal came."""
        missing = len(self._processes)
        while missing and not self._stopping:
            sentinels = [process.sentinel for process in self._processes if process is not None]
            woken = multiprocessing.connection.wait([ready_read, self._wake_read, *sentinels])
            if ready_read in woken:
                missing -= len(os.read(ready_read, missing))
            elif any(sentinel in woken for sentinel in sentinels):
                LOGGER.error("a worker ended before it was ready")
                self._stop(signal.SIGTERM)
                return False
        return not missing

    def _watch(self, ready_write: int) -> None:
        while any(self._processes) or not self._stopping:
            sentinels = [process.sentinel for process in self._processes if process is not None]
            multiprocessing.connection.wait(
                [self._wake_read, *sentinels] if not self._stopping else sentinels, timeout=self._patience()
            )
            self._bury()
            self._end_what_hangs()
            self._start(ready_write)

    def _patience(self) -> float | None:
        """Seconds until there is something to do though nothing has happened."""
        if self._last_moment is not None:
            return max(0.0, self._last_moment - time.monotonic())
        return None if all(self._processes) else RESTART_SECONDS

    def _end_what_hangs(self) -> None:
        """A worker that was stopped takes no SIGTERM; what it has not committed was promised to nobody."""
        if self._last_moment is None or time.monotonic() < self._last_moment:
            return
        for number, process in enumerate(self._processes):
            if process is not None:
                LOGGER.error("worker %d did not end within %.0f s; killing it", number, STOP_SECONDS)
                process.kill()
                process.join()

    def _bury(self) -> None:
        for number, process in enumerate(self._processes):
            if process is not None and not process.is_alive():
                process.join()
                self._processes[number] = None
                self._due[number] = time.monotonic() + RESTART_SECONDS
                if not self._stopping:
                    LOGGER.error("worker %d ended with code %s; starting another", number, process.exitcode)


@contextlib.contextmanager
def _held_back() -> Iterator[None]:
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)


def _say_ready(ready_write: int) -> None:
    os.write(ready_write, b".")


def _to_stderr(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


@contextlib.contextmanager
def _signals(stop: Callable[[int], None]) -> Iterator[None]:
    """Call `stop` on the signals that end a server; after a SIGINT raise KeyboardInterrupt at the end."""
    received: list[int] = []

    def handle(number: int, _: FrameType | None) -> None:
        received.append(number)
        stop(number)

    survives = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # nohup(1), or a service manager
    heeded = _STOPPING - {signal.SIGHUP} if survives else _STOPPING
    before = {number: signal.signal(number, handle) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if signal.SIGINT in received:
        raise KeyboardInterrupt
