"""Writes that are joined: in their order, whole, and none kept longer than a turn of the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from scep_server.runtime.joining import JoiningTransport


class Wire(asyncio.Transport):
    """Remembers what was sent, piece by piece, and how it ended."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.end = ""

    def write(self, data) -> None:
        self._demand_open()
        self.sent.append(bytes(data))

    def writelines(self, list_of_data) -> None:
        self._demand_open()
        self.sent.append(b"".join(list_of_data))

    def _demand_open(self) -> None:
        if self.end:
            raise RuntimeError("the handler is closed")  # as uvloop does

    def is_closing(self) -> bool:
        return bool(self.end)

    def close(self) -> None:
        self.end = "closed"

    def abort(self) -> None:
        self.end = "aborted"


def after(steps: Callable[[JoiningTransport], None], *, turns: int = 0) -> Wire:
    """What went out so many turns after some steps."""
    wire = Wire()

    async def run() -> None:
        steps(JoiningTransport(wire, asyncio.get_running_loop()))
        for _ in range(turns):
            await asyncio.sleep(0)

    asyncio.run(run())
    return wire


def test_two_writes_leave_in_one_piece():
    """Head and body of an answer are one call to the system."""

    def steps(transport: JoiningTransport) -> None:
        transport.write(b"head")
        transport.write(b"body")

    assert after(steps).sent == [b"headbody"]


def test_a_lone_write_leaves_with_the_turn():
    """`100 Continue` has no body, and the client waits for it."""
    assert after(lambda transport: transport.write(b"alone"), turns=1).sent == [b"alone"]


def test_nothing_is_sent_twice_or_out_of_order():
    """A turn that ends finds only what was not sent yet."""

    def steps(transport: JoiningTransport) -> None:
        for piece in (b"1", b"2", b"3", b"4", b"5"):
            transport.write(piece)

    assert after(steps, turns=2).sent == [b"12", b"34", b"5"]


def test_closing_sends_what_is_held():
    """An answer to `Connection: close` arrives although the connection is closed right behind it."""

    def steps(transport: JoiningTransport) -> None:
        transport.write(b"last words")
        transport.close()

    wire = after(steps)
    assert (wire.sent, wire.end) == ([b"last words"], "closed")


def test_aborting_drops_what_is_held():
    """Who is cut off gets nothing more."""

    def steps(transport: JoiningTransport) -> None:
        transport.write(b"too late")
        transport.abort()

    wire = after(steps, turns=1)
    assert (wire.sent, wire.end) == ([], "aborted")


def test_a_client_that_is_gone_gets_nothing_and_costs_no_error():
    """Of several requests on one connection only the last hears that it is lost."""

    def steps(transport: JoiningTransport) -> None:
        transport.write(b"half")
        transport.close()
        for _ in range(2):
            transport.write(b"an answer")
        transport.writelines([b"more"])

    assert after(steps, turns=2).sent == [b"half"]


def test_lines_follow_what_is_held():
    """`writelines` overtakes nothing."""

    def steps(transport: JoiningTransport) -> None:
        transport.write(b"first")
        transport.writelines([b"second", b"third"])

    assert b"".join(after(steps).sent) == b"firstsecondthird"
