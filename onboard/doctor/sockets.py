"""What httpx cannot do: ask in HTTP/1.0 as old routers do, shake hands with TLS 1.2 at most as Windows."""

from __future__ import annotations

import socket
import ssl
from contextlib import ExitStack
from http.client import HTTPException, HTTPResponse
from urllib.parse import SplitResult, urlsplit

import httpx

from onboard.doctor.line import plain

_LIMIT = 4 << 20
_LENGTH = "content-length"  # httpx counts again


class Http10Transport(httpx.BaseTransport):
    """Sends what httpx asks in HTTP/1.0, on a connection of its own; the body ends with the connection.

    Args:
        timeout: seconds for each step.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Called by httpx; whom a TLS certificate is trusted by is another check."""
        url = request.url
        fields = [("Host", url.netloc.decode()), *_told(request)]
        head = f"{request.method} {url.raw_path.decode()} HTTP/1.0\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in fields)
        try:
            with ExitStack() as stack:
                line: socket.socket = stack.enter_context(_connect(urlsplit(str(url)), self._timeout))
                if url.scheme == "https":
                    line = stack.enter_context(trusting().wrap_socket(line, server_hostname=url.host))
                line.sendall(head.encode("latin-1") + b"\r\n" + request.read())
                response = HTTPResponse(line, method=request.method)
                stack.callback(response.close)
                response.begin()
                headers = [(name, value) for name, value in response.getheaders() if name.lower() != _LENGTH]
                return httpx.Response(response.status, headers=headers, content=response.read(_LIMIT))
        except (OSError, HTTPException, ValueError) as error:
            raise httpx.TransportError(str(error) or type(error).__name__, request=request) from error


def _told(request: httpx.Request) -> list[tuple[str, str]]:
    kept = ("user-agent", "content-type", "content-length")
    return [(name.title(), value) for name, value in request.headers.items() if name in kept]


def tls_trouble(url: str, *, maximum: ssl.TLSVersion, verify: bool, timeout: float) -> str:
    """Why a TLS handshake does not work; empty where it does.

    Args:
        url: of the endpoint, https.
        maximum: the newest version offered.
        verify: whether the certificate must be trusted by this machine and fit the name.
        timeout: seconds.
    """
    parts = urlsplit(url)
    context = ssl.create_default_context() if verify else trusting()
    context.maximum_version = maximum
    try:
        with (
            _connect(parts, timeout) as line,
            context.wrap_socket(line, server_hostname=parts.hostname),
        ):
            return ""
    except ssl.SSLCertVerificationError as error:
        return plain(error.verify_message)
    except (OSError, ValueError) as error:
        return plain(str(error)) or type(error).__name__


def _connect(parts: SplitResult, timeout: float) -> socket.socket:
    default = 443 if parts.scheme == "https" else 80
    return socket.create_connection((parts.hostname or "", parts.port or default), timeout)


def trusting() -> ssl.SSLContext:
    """Takes any certificate: whether it should be is `tls_trouble`'s to say, and SCEP protects itself."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
