"""TLS handshakes with a time limit and a place among the connections, which asyncio's own server has not.

asyncio tells a protocol of its connection when the handshake is over. Until then, a minute by default, it
would hold a descriptor that nobody counts: some thousands that never finish would lock everybody else out.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, MutableSet

from scep_server.runtime.crowd import Guest, make_room
from scep_server.runtime.decisions import LOGGER

HANDSHAKE_SECONDS = 20.0  # as long as a request may take
_AT_ONCE = 128  # accepted in one turn of the loop
_PAUSE_SECONDS = 1.0  # after an accept that failed: there are no descriptors


class Handshake:
    """A connection between accept(2) and its first request; a `Guest`.

    Args:
        listener: whose it is.
        connection: accepted, does not block.
        address: of the client.
    """

    is_waiting = True

    def __init__(self, listener: TlsListener, connection: socket.socket, address: str) -> None:
        loop = asyncio.get_running_loop()
        self.address = address
        self.since = loop.time()
        self._connection = connection
        self._guests = listener.guests
        self._guests.add(self)
        self._task = loop.create_task(
            loop.connect_accepted_socket(
                listener.make_protocol,
                connection,
                ssl=listener.context,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
            )
        )
        self._task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[object]) -> None:
        self._guests.discard(self)
        if task.cancelled() or task.exception() is not None:
            self._connection.close()  # a stranger's fault, and no news

    def cut_off(self) -> None:
        """End it; uvloop keeps the descriptor of what is cancelled until it hears of the end."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._task.cancel()
        self._guests.discard(self)  # its place is free at once: many may come in one turn of the loop

    def shutdown(self) -> None:
        """End it, as nothing was asked yet; uvicorn calls this when the server ends."""
        self.cut_off()


class TlsListener:
    """Accepts connections of a listening socket; has of `asyncio.Server` what uvicorn uses.

    Args:
        listening: does not block.
        context: for the handshakes.
        make_protocol: what speaks when one is over.
        guests: all connections of this worker.
        limit: how many of them there may be.
    """

    def __init__(
        self,
        listening: socket.socket,
        *,
        context: ssl.SSLContext,
        make_protocol: Callable[[], asyncio.Protocol],
        guests: MutableSet[Guest],
        limit: int,
    ) -> None:
        self.context = context
        self.make_protocol = make_protocol
        self.guests = guests
        self._limit = limit
        self._listening = listening
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._listen()

    def _listen(self) -> None:
        self._pause = None
        self._loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        try:
            for _ in range(_AT_ONCE):
                with contextlib.suppress(ConnectionAbortedError):
                    self._take(*self._listening.accept())
        except BlockingIOError:
            return  # none is left, or another worker was faster
        except OSError as error:
            LOGGER.error("no connection can be accepted: %s", error.strerror)
            self._loop.remove_reader(self._listening)
            self._pause = self._loop.call_later(_PAUSE_SECONDS, self._listen)

    def _take(self, connection: socket.socket, address: tuple[str, int]) -> None:
        connection.setblocking(False)
        Handshake(self, connection, address[0])
        make_room(self.guests, self._limit)

    def close(self) -> None:
        """Accept no more."""
        self._loop.remove_reader(self._listening)
        if self._pause is not None:
            self._pause.cancel()

    async def wait_closed(self) -> None:
        """Nothing is left to wait for: handshakes are connections like others."""
