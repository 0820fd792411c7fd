"""A client's line to the server: asks as the client does, and keeps whatever came back, also an HTTP 500."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from onboard.devices.errors import ScepTransportError
from onboard.devices.scep.http import ScepHttp
from onboard.devices.scep.request_shape import RequestShape

_SHOWN = 120  # characters of a body that is an error message
_LIMIT = 4 << 20  # octets; more than any SCEP answer, less than hurts


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer, or the reason why there is none.

    Attributes:
        status: HTTP status; 0 where no answer came.
        headers: names in lower case.
        body: decoded from chunks where it was chunked.
        error: why no answer came; empty otherwise.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    error: str = ""

    @property
    def content_type(self) -> str:
        """As sent, with its parameters."""
        return self.headers.get("content-type", "")

    @property
    def media_type(self) -> str:
        """Without parameters, lower case; what tolerant clients compare."""
        return self.content_type.split(";", maxsplit=1)[0].strip().lower()

    @property
    def is_chunked(self) -> bool:
        """Whether the body came in chunks."""
        return "chunked" in self.headers.get("transfer-encoding", "").lower()

    def told(self) -> str:
        """What the answer is, for a person: status and what an error says of itself."""
        if self.error:
            return self.error
        location = self.headers.get("location")
        if location is not None and 300 <= self.status < 400:
            return f"HTTP {self.status} to {_plain(location)}"
        text = _plain(self.body[: 4 * _SHOWN].decode("utf-8", "replace")) if self._is_text else ""
        return f"HTTP {self.status}" + (f" ({text})" if text else "")

    @property
    def _is_text(self) -> bool:
        return self.status != 200 and self.media_type in ("text/plain", "application/json", "")


class Recorder(httpx.BaseTransport):
    """Passes requests on and keeps the last answer; `close` leaves the inner transport open for others."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self.last = Answer(error="nothing was asked")

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Called by httpx."""
        self.last = Answer(error="no answer")
        response = self._inner.handle_request(request)
        pieces, size = [], 0
        for piece in response.iter_bytes():
            pieces.append(piece)
            size += len(piece)
            if size > _LIMIT:
                msg = f"the answer is larger than {_LIMIT >> 20} MiB"
                raise httpx.ReadError(msg, request=request)
        response.close()
        body = b"".join(pieces)
        headers = {name.lower(): value for name, value in response.headers.items()}
        self.last = Answer(status=response.status_code, headers=headers, body=body)
        kept = [(n, v) for n, v in response.headers.items() if n.lower() not in _OF_THE_TRANSFER]
        return httpx.Response(response.status_code, headers=kept, content=body)


_OF_THE_TRANSFER = frozenset({"content-encoding", "content-length", "transfer-encoding"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Asks one URL as one family of clients.

    Attributes:
        url: of the SCEP endpoint.
        transport: of today's clients; closed by its owner.
        old_transport: the same in HTTP/1.0.
        timeout: seconds for each step of a request.
    """

    url: str
    transport: httpx.BaseTransport
    old_transport: httpx.BaseTransport
    timeout: float = 30.0

    def ask(self, shape: RequestShape, operation: str, *, old: bool = False) -> Answer:
        """An operation without a body, as GetCACaps; `old` in HTTP/1.0."""
        recorder = Recorder(self.old_transport if old else self.transport)
        with self._client(recorder) as client:
            try:
                self._http(shape, client).get(operation)
            except ScepTransportError as error:
                return _kept(recorder, error)
        return recorder.last

    def send(self, shape: RequestShape, message: bytes, *, post: bool, old: bool = False) -> Answer:
        """PKIOperation by POST or GET; `old` in HTTP/1.0."""
        recorder = Recorder(self.old_transport if old else self.transport)
        with self._client(recorder) as client:
            http = self._http(shape, client)
            try:
                http.post(message) if post else http.get_message(message)
            except ScepTransportError as error:
                return _kept(recorder, error)
        return recorder.last

    def fetch(self, url: str) -> Answer:
        """Any URL by GET, for CRLs and issuer certificates."""
        recorder = Recorder(self.transport)
        with self._client(recorder) as client:
            try:
                client.get(url)
            except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
                return Answer(error=_plain(str(error)) or type(error).__name__)
        return recorder.last

    def _client(self, recorder: Recorder) -> httpx.Client:
        return httpx.Client(transport=recorder, timeout=self.timeout, trust_env=False)

    def _http(self, shape: RequestShape, client: httpx.Client) -> ScepHttp:
        return ScepHttp(url=self.url, client=client, shape=shape)


def _kept(recorder: Recorder, error: ScepTransportError) -> Answer:
    if recorder.last.status:
        return recorder.last
    cause = error.__cause__ or error
    return Answer(error=_plain(str(cause)) or type(cause).__name__)


def _plain(text: str) -> str:
    """One printable line: what a stranger's server says must not steer a terminal."""
    line = " ".join(re.sub(r"[^\x20-\x7e]+", " ", text).split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


def plain(text: str) -> str:
    """`text` from the server as one short printable line."""
    return _plain(text)
