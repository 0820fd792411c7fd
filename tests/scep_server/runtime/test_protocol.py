"""One connection without a network: how long a client may take for an answer."""

from __future__ import annotations

import asyncio

import pytest
from uvicorn.server import ServerState

from scep_server.runtime.protocol import WRITE_OCTETS, WRITE_SECONDS, GuardedProtocol
from scep_server.runtime.worker import http_settings


class Timers(asyncio.SelectorEventLoop):
    """A loop whose timers a test lets run out."""

    def __init__(self) -> None:
        super().__init__()
        self.set: list[tuple[float, asyncio.TimerHandle]] = []

    def call_later(self, delay, callback, *args, context=None):
        handle = super().call_later(delay, callback, *args, context=context)
        self.set.append((delay, handle))
        return handle

    def run_out(self, delay: float) -> None:
        """The newest timer of that length, if it is still set."""
        handle = [handle for length, handle in self.set if length == delay][-1]
        if not handle.cancelled():
            handle._run()


class SlowClient(asyncio.Transport):
    """A transport that holds as much as a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.held = 0
        self.aborted = False

    def get_write_buffer_size(self) -> int:
        return self.held

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


@pytest.fixture
def loop():
    loop = Timers()
    yield loop
    loop.close()


def paused(loop: Timers, held: int) -> SlowClient:
    """A client that has left `held` octets of its answer to be taken."""

    async def nothing(scope, receive, send) -> None:
        del scope, receive, send

    config = http_settings(nothing, None)
    config.load()
    client = SlowClient()
    protocol = GuardedProtocol(config, ServerState(), {}, loop)
    protocol.connection_made(client)
    client.held = held
    protocol.pause_writing()
    return client


def test_a_long_answer_may_be_taken_slowly(loop):
    """Whoever takes something of it in each minute gets a CRL of any length over a link of any width."""
    client = paused(loop, 10 * WRITE_OCTETS)
    for _ in range(9):
        client.held -= WRITE_OCTETS
        loop.run_out(WRITE_SECONDS)
        assert not client.aborted


@pytest.mark.parametrize("taken", [0, 1, WRITE_OCTETS - 1])
def test_whoever_takes_next_to_nothing_is_cut_off(loop, taken):
    """Nor does it help to take a little now and then."""
    client = paused(loop, 10 * WRITE_OCTETS)
    client.held -= taken
    loop.run_out(WRITE_SECONDS)
    assert client.aborted
