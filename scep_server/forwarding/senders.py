"""Senders: syslog (RFC 5424) over TCP or TLS with octet counting (RFC 6587, RFC 5425), and HTTP POST."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from scep_server.reporting import Record

TIMEOUT = 10.0  # seconds, for connecting and for each answer
_LONGEST_ANSWER = 65_536  # octets that are read of it; only its status counts
_FACILITY = 13  # log audit, RFC 5424 §6.2.1
_ALERT, _WARNING, _INFORMATIONAL = 1, 4, 6
_PRINTABLE = frozenset(map(chr, range(33, 127)))


class SinkError(Exception):
    """A sink did not take what was sent; it is sent again."""


class Sender(Protocol):
    """Sends lines to one sink."""

    def send(self, records: Sequence[Record]) -> None:
        """Send them in order; when this returns, the other side has them as far as can be known.

        Raises:
            SinkError: it has not; some may have arrived all the same.
        """
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


@dataclass(slots=True, kw_only=True)
class SyslogSender:
    """One connection, opened when there is something to send and kept.

    Attributes:
        host, port: where.
        context: of TLS; None: plain TCP.
        hostname: of this machine, as messages name it.
        process: number of this process.
    """

    host: str
    port: int
    context: ssl.SSLContext | None
    hostname: str
    process: int
    _connection: socket.socket | None = field(default=None, init=False, repr=False)

    def send(self, records: Sequence[Record]) -> None:
        """See `Sender.send`. Syslog acknowledges nothing; a connection that was closed is found here."""
        try:
            connection = self._connection or self._connect()
            self._connection = connection
            connection.sendall(b"".join(self._frame(record) for record in records))
            self._demand_open(connection)
        except OSError as error:
            self.close()
            raise SinkError(f"{self.host} port {self.port}: {error.strerror or error}") from error

    def close(self) -> None:
        """See `Sender.close`."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()

    def _connect(self) -> socket.socket:
        plain = socket.create_connection((self.host, self.port), timeout=TIMEOUT)
        if self.context is None:
            return plain
        try:
            return self.context.wrap_socket(plain, server_hostname=self.host)
        except OSError:
            plain.close()
            raise

    def _frame(self, record: Record) -> bytes:
        """`MSG-LEN SP SYSLOG-MSG` (RFC 5425 §4.3)."""
        severity = _ALERT if record.is_alarm else _WARNING if record.is_refusal else _INFORMATIONAL
        priority = _FACILITY * 8 + severity
        host, kind = _name(self.hostname, 255), _name(record.kind, 32)
        header = f"<{priority}>1 {record.at} {host} scep_server {self.process} {kind} - "
        message = header.encode("ascii") + record.text.encode("ascii")
        return b"%d %s" % (len(message), message)

    def _demand_open(self, connection: socket.socket) -> None:
        """Raise if the other side has closed; a syslog server never says anything else."""
        connection.settimeout(0.0)
        try:
            while connection.recv(4096):
                continue
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        finally:
            connection.settimeout(TIMEOUT)
        raise ConnectionResetError("the connection was closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSender:
    """One POST for each batch, a line for each record (application/x-ndjson); any 2xx is an acknowledgement.

    Attributes:
        url: http or https.
        context: of TLS; None for http.
        headers: such as Authorization; never logged.
    """

    url: str
    context: ssl.SSLContext | None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def send(self, records: Sequence[Record]) -> None:
        """See `Sender.send`. The sequence numbers let the other side drop what comes twice."""
        parts = urlsplit(self.url)
        body = "".join(f"{record.text}\n" for record in records).encode("ascii")
        connection = self._connection(parts.hostname or "", parts.port)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            headers = {"Content-Type": "application/x-ndjson", **self.headers}
            connection.request("POST", target, body=body, headers=headers)
            response = connection.getresponse()
            response.read(_LONGEST_ANSWER)
        except ValueError:  # its text repeats the header, and with it the token
            msg = f"{parts.hostname}: the token holds what no HTTP header may hold, such as a line end"
            raise SinkError(msg) from None
        except (OSError, http.client.HTTPException) as error:
            raise SinkError(f"{parts.hostname}: {error}") from error
        finally:
            connection.close()
        if not 200 <= response.status < 300:
            raise SinkError(f"{parts.hostname} answered {response.status} {response.reason}")

    def close(self) -> None:
        """See `Sender.close`; nothing is kept."""

    def _connection(self, host: str, port: int | None) -> http.client.HTTPConnection:
        if self.context is None:
            return http.client.HTTPConnection(host, port, timeout=TIMEOUT)
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT, context=self.context)


def _name(text: str, limit: int) -> str:
    """A header field: printable ASCII without blanks, "-" where nothing is left (RFC 5424 §6)."""
    return "".join(c for c in text if c in _PRINTABLE)[:limit] or "-"
