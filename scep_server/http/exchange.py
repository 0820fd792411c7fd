"""The least of HTTP over ASGI: read a bounded body, send one whole answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scep_server.limits import Network, client_address

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

TEXT = "text/plain"
SCEP_MESSAGE = "application/x-pki-message"
CA_CERT = "application/x-x509-ca-cert"
CA_RA_CERT = "application/x-x509-ca-ra-cert"
NEXT_CA_CERT = "application/x-x509-next-ca-cert"
CERTIFICATE = "application/pkix-cert"
CRL = "application/pkix-crl"
OCSP_RESPONSE = "application/ocsp-response"
METRICS = "text/plain; version=0.0.4"


class TooLargeError(Exception):
    """The body is larger than allowed."""


class DisconnectedError(Exception):
    """The client went away in the middle of its body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A whole answer.

    Attributes:
        status: HTTP status.
        body: sent with its Content-Length, never chunked: HTTP/1.0 clients read it as well.
        media_type: bare; SCEP clients compare it for equality.
        headers: more of them.
    """

    status: int = 200
    body: bytes = field(default=b"", repr=False)
    media_type: str = TEXT
    headers: tuple[tuple[str, str], ...] = ()


def plain(status: int, text: str, *headers: tuple[str, str]) -> Response:
    """A line of text for people."""
    return Response(status=status, body=f"{text}\n".encode(), headers=headers)


async def send_response(send: Send, response: Response, *, head: bool = False) -> None:
    """Send it; without its body for HEAD."""
    headers = [
        (b"content-type", response.media_type.encode("ascii")),
        (b"content-length", str(len(response.body)).encode("ascii")),
        *((name.encode("ascii"), value.encode("latin-1")) for name, value in response.headers),
    ]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else response.body})


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole body.

    Raises:
        TooLargeError: it announces or sends more than `limit` octets.
        DisconnectedError: it never ends.
    """
    announced = header(scope, b"content-length")
    if announced is not None and announced.isdigit() and (len(announced) > 9 or int(announced) > limit):
        raise TooLargeError
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise DisconnectedError
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise TooLargeError
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of that lower-case name."""
    headers: Sequence[tuple[bytes, bytes]] = scope["headers"]
    for found, value in headers:
        if found == name:
            return value
    return None


def address_of(scope: Scope, trusted: Sequence[Network]) -> str:
    """Whose request it is, behind trusted proxies; empty for a local socket without an address."""
    client = scope.get("client")
    peer = str(client[0]) if client else ""
    if not trusted:
        return peer
    headers: Sequence[tuple[bytes, bytes]] = scope["headers"]
    forwarded = [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for"]
    return client_address(peer, forwarded, trusted)
