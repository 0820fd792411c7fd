"""Targets of HTTP: octets of a request, for the application itself and for the server's HTTP/1.1 protocol.

The application is whole: service, policy, store, CRLs, OCSP. Nothing that it is sent may give a 500, an
answer that contradicts its own headers, or an error in a log.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_network
from urllib.parse import unquote

from fuzz.messages import Cast
from fuzz.requests import seeds
from support.scep_desk import Directly
from support.scep_site import LEGACY, PEPPER, site
from uvicorn.config import Config
from uvicorn.server import ServerState

from scep_server.audit import Event, as_mapping
from scep_server.http import Application, PkiResource, ScepResource
from scep_server.http.exchange import SCEP_MESSAGE, Response
from scep_server.http.unanswered import Unanswered
from scep_server.limits import Rate, TokenBuckets
from scep_server.memory_store import MemoryStore
from scep_server.runtime.protocol import GuardedProtocol
from scep_server.runtime.worker import http_settings, loop_factory
from scep_server.service import Service, World
from scep_server.service.enrolling import Enrolling
from scep_server.service.publishing import Publisher

STATUSES = frozenset({100, 200, 304, 400, 403, 404, 405, 413, 429})
CLIENT = ("192.0.2.7", 49_152)
_STATUS = re.compile(rb"HTTP/1\.1 ([0-9]{3}) ")
_FRESH = 10_000  # inputs until the store is a new one: what is recorded must not fill the memory


class Faults(logging.Handler):
    """Collects what the program itself calls an error: one that it caught and hid from the client as well."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(self.format(record))

    def demand_none(self) -> None:
        found, self.found = self.found, []
        assert not found, "\n".join(found)


FAULTS = Faults()
_LOGGERS = tuple(logging.getLogger(name) for name in ("scep_server", "uvicorn.error", "asyncio"))


class Stage:
    """An application in an event loop, and a store that is a new one now and then."""

    def __init__(self, cast: Cast) -> None:
        self.loop = loop_factory()()
        self.loop.set_exception_handler(self._complain)
        for logger in _LOGGERS:
            logger.addHandler(FAULTS)
        self._cast = cast
        self._left = 0
        self._seconds = 0.0
        self.application = self._build()

    def close(self) -> None:
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    def next(self) -> Application:
        """The application for one more input."""
        self._seconds += 0.001
        self._left -= 1
        if self._left < 0:
            self.application = self._build()
        return self.application

    def _build(self) -> Application:
        self._left = _FRESH
        here, store = site("ec-p256"), MemoryStore()
        publisher = Publisher({one.name: one for one in here.published()}, store, _clock)
        world = World(clock=_clock, seconds=self._clock, entropy=os.urandom, observe=_encode)
        enrolling = Enrolling(store=store, recorder=Directly(store, _clock), pepper=PEPPER, world=world)
        return Application(
            scep=ScepResource(service=Service(enrolling=enrolling, crls=publisher)),
            endpoints={"staff": here.endpoint(LEGACY, recipients=(self._cast.ra,))},
            pki=PkiResource(directory=publisher, clock=_clock),
            health=lambda: True,
            metrics=lambda: "",
            metrics_token="a token of the metrics",
            limiter=TokenBuckets(Rate(per_second=900, burst=50)),
            seconds=self._clock,
            trusted_proxies=(ip_network("192.0.2.0/24"),),
            prefix="/pki",
            unanswered=Unanswered(json.dumps),
        )

    def _clock(self) -> float:
        return self._seconds

    def _complain(self, _: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        FAULTS.found.append(str(context))


class Direct:
    """The application without an HTTP parser: reaches what a parser would refuse."""

    def __init__(self, cast: Cast) -> None:
        self.seeds = seeds(cast)
        self.stage = Stage(cast)

    def __call__(self, data: bytes) -> None:
        self.answer(data)

    def answer(self, data: bytes) -> Response | None:
        """The answer; None where the client was gone before."""
        sent: list[dict] = []
        scope, body, stays = _scope(data)
        parts = iter(_messages(body, stays=stays))

        async def receive() -> dict:
            return next(parts, {"type": "http.disconnect"})

        async def send(message: dict) -> None:
            sent.append(message)

        self.stage.loop.run_until_complete(self.stage.next()(scope, receive, send))
        FAULTS.demand_none()
        return _judged(sent, head=scope["method"] == "HEAD") if stays or sent else None

    def close(self) -> None:
        self.stage.close()


class Wire:
    """The server's protocol on a connection, fed in one to four pieces and then closed."""

    def __init__(self, cast: Cast) -> None:
        self.seeds = seeds(cast)
        self.stage = Stage(cast)
        self._state = ServerState()
        self._config: Config | None = None

    def __call__(self, data: bytes) -> tuple[int, ...]:
        """The status of each answer on the connection."""
        return self.stage.loop.run_until_complete(self._converse(data))

    async def _converse(self, data: bytes) -> tuple[int, ...]:
        protocol = GuardedProtocol(self._settings(), self._state, {}, self.stage.loop)
        connection = Connection()
        protocol.connection_made(connection)
        for piece in _pieces(data):
            if not connection.is_closing():
                protocol.data_received(piece)
                await asyncio.sleep(0)
        if zlib.crc32(data) % 8:  # every eighth client hangs up before it has its answer
            await self._settle()
        protocol.connection_lost(None)
        await asyncio.gather(*self._state.tasks)
        FAULTS.demand_none()
        found = tuple(int(status) for status in _STATUS.findall(connection.written))
        assert not found or STATUSES.issuperset(found), found
        return found

    def _settings(self) -> Config:
        application = self.stage.next()
        if self._config is None or self._config.app is not application:
            self._config = http_settings(application, None)
            self._config.load()
            logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # what is no HTTP is warned of
        return self._config

    async def _settle(self) -> None:
        """Let every answer be finished that does not wait for octets that never come."""
        for _ in range(25):  # more turns than an enrolment takes
            if not self._state.tasks:
                return
            await asyncio.sleep(0)

    def close(self) -> None:
        self.stage.close()


class Connection(asyncio.Transport):
    """Where the protocol writes to; what it is asked about the socket it answers as a TCP client's."""

    def __init__(self) -> None:
        super().__init__({"peername": CLIENT, "sockname": ("192.0.2.1", 80)})
        self.written = b""
        self._closing = False

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self._closing = True

    abort = close

    def pause_reading(self) -> None:
        """Everything is in hand already."""

    resume_reading = pause_reading


def _scope(data: bytes) -> tuple[dict, bytes, bool]:
    """What a server would make of a request, however odd: its scope, its body, and whether it is whole."""
    head, _, body = data.partition(b"\r\n\r\n")
    line, *fields = head.split(b"\r\n")
    method, _, rest = line.partition(b" ")
    target, _, version = rest.rpartition(b" ")
    path, _, query = target.partition(b"?")
    pairs = (field.partition(b":") for field in fields)
    scope = {
        "type": "http",
        "http_version": version.removeprefix(b"HTTP/").decode("latin-1"),
        "method": method.decode("latin-1"),
        "path": unquote(path.decode("latin-1")),
        "raw_path": path,
        "query_string": query,
        "headers": [(name.lower(), value.strip()) for name, _, value in pairs],
        "client": CLIENT,
        "state": {},
    }
    return scope, body, bool(zlib.crc32(data) % 16)


def _messages(body: bytes, *, stays: bool) -> Iterator[dict]:
    pieces = list(_pieces(body)) or [b""]
    for number, piece in enumerate(pieces, 1):
        if number == len(pieces) and not stays:
            return
        yield {"type": "http.request", "body": piece, "more_body": number < len(pieces)}


def _pieces(data: bytes) -> Iterator[bytes]:
    """One to four pieces, the same ones for the same octets."""
    number = zlib.crc32(data)
    count = number % 4 + 1
    size = max(1, len(data) // count)
    for start in range(0, len(data), size):
        yield data[start : start + size]


def _judged(sent: list[dict], *, head: bool) -> Response:
    start, body = sent
    assert start["type"] == "http.response.start"
    assert body["type"] == "http.response.body"
    headers = dict(start["headers"])
    response = Response(
        status=start["status"], body=body["body"], media_type=headers[b"content-type"].decode()
    )
    assert response.status in STATUSES, start
    assert (0 if head else int(headers[b"content-length"])) == len(response.body)
    if response.media_type == SCEP_MESSAGE and not head:
        assert response.body.startswith(b"\x30")
    return response


def _clock() -> datetime:
    return datetime.now(UTC)


def _encode(event: Event) -> None:
    """As the log does: what a client sent must fit into it."""
    json.dumps(as_mapping(event))
