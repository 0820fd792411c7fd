"""HTTP/1 connections with a time limit for everything a client may be slow at, and a bounded head."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from scep_server.runtime.crowd import Guest, make_room
from scep_server.runtime.joining import JoiningTransport

REQUEST_SECONDS = 20.0  # from connection or first octet to the last octet of a request
WRITE_SECONDS = 60.0  # in which a client takes WRITE_OCTETS of an answer, or loses its connection
WRITE_OCTETS = 64 * 1024  # a CRL of a hundred thousand entries has 4 MB, and links to branch offices are slow
HEAD_LIMIT = 160 * 1024  # octets of a request that are no body: a GET PKIOperation is a long line
_UPGRADE, _NO_UPGRADE = b"\nUpgrade:", b"\nIgnored:"  # of one length, so that no Content-Length goes wrong


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which itself limits idle keep-alive only."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._deadline: asyncio.TimerHandle | None = None
        self._write_deadline: asyncio.TimerHandle | None = None
        self._beside_body = 0  # octets of the current request
        self._in_head = True
        self._in_request = False
        self.since = self.loop.time()

    @property
    def address(self) -> str:
        """Of the client; empty for a local socket."""
        return self.client[0] if self.client else ""

    @property
    def is_waiting(self) -> bool:
        """Whether the next move is the client's: to ask, to finish asking, or to take an answer."""
        return self._is_idle or self._in_request or self._write_deadline is not None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        """A client that says nothing is cut off like one that never finishes."""
        super().connection_made(JoiningTransport(transport, self.loop))
        self._arm()
        if self.limit_concurrency is not None:
            make_room(cast("Collection[Guest]", self.connections), self.limit_concurrency)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the timers go with the connection."""
        self._disarm()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count octets beside the body: the parser would take a head or trailers of any length.

        An Upgrade is ignored (RFC 9110 §7.8); the parser would end the request there, and lose the body that
        Java's HttpClient sends behind `Upgrade: h2c`.
        """
        if self._in_head and _UPGRADE in data:
            data = data.replace(_UPGRADE, _NO_UPGRADE)
        self._beside_body += len(data)
        super().data_received(data)
        if self._deadline is None and (self._in_request or self._is_idle):
            self._arm()  # for what is missing: most requests come whole, and need no timer
        if self._beside_body > HEAD_LIMIT and not self.transport.is_closing():
            self.send_400_response("The request head is too large.")

    def on_message_begin(self) -> None:
        """The next request on a kept-alive connection has its own time."""
        super().on_message_begin()
        self._in_head = self._in_request = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """What follows a chunked body is dropped: nobody asked for trailers (RFC 9110 §6.5.1)."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """From here on the body's limit counts, which the application knows."""
        self._in_head = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """The rest of what was received is chunk sizes and trailers."""
        self._beside_body -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole; from here on the time is ours."""
        self._in_request = False
        self._beside_body = 0
        self._disarm()
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The client takes its answer slowly."""
        super().pause_writing()
        self._await_progress()

    def _await_progress(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._write_deadline = self.loop.call_later(WRITE_SECONDS, self._demand_progress, left)

    def _demand_progress(self, before: int) -> None:
        if before - self.transport.get_write_buffer_size() >= WRITE_OCTETS:
            self._await_progress()
        else:
            self.cut_off()

    def resume_writing(self) -> None:
        """It took some."""
        if self._write_deadline is not None:
            self._write_deadline.cancel()
            self._write_deadline = None
        super().resume_writing()

    @property
    def _is_idle(self) -> bool:
        """Whether no answer is due: what came begins no request, such as line ends alone."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def _arm(self) -> None:
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self.cut_off)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def cut_off(self) -> None:
        """End the connection, whatever is on its way."""
        if not self.transport.is_closing():
            self.transport.abort()
