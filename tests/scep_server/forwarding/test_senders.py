"""Syslog frames and HTTP posts, against servers on loopback."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from support.certificates import make_certificate

from scep_server.forwarding import HttpSender, SinkError, SyslogSender
from scep_server.reporting import Record

RECORDS = [
    Record(sequence=1, at="2026-11-25T12:00:00.000000Z", kind="issued", text='{"a":1}'),
    Record(sequence=2, at="2026-11-25T12:00:01.000000Z", kind="refused", text='{"b":"x y"}'),
    Record(sequence=3, at="2026-11-25T12:00:02.000000Z", kind="alarm", text="{}"),
]
FRAME = re.compile(rb"(\d+) ")


class Collector:
    """A syslog server: keeps the messages of every connection, by octet counting."""

    def __init__(self, context: ssl.SSLContext | None = None):
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._context = context
        self.messages: list[bytes] = []
        self.connections: list[socket.socket] = []
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return self._listening.getsockname()[1]

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
                if self._context:
                    connection = self._context.wrap_socket(connection, server_side=True)
            except ssl.SSLError:
                continue
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._read, args=(connection,), daemon=True).start()

    def _read(self, connection: socket.socket) -> None:
        buffer = b""
        try:
            while data := connection.recv(65536):
                buffer += data
                while (match := FRAME.match(buffer)) and len(buffer) >= match.end() + int(match[1]):
                    end = match.end() + int(match[1])
                    with self._changed:
                        self.messages.append(buffer[match.end() : end])
                        self._changed.notify_all()
                    buffer = buffer[end:]
        except OSError:
            return

    def wait(self, count: int) -> list[bytes]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.messages) >= count, 20)
        return self.messages

    def close(self) -> None:
        self._listening.close()
        for connection in self.connections:
            connection.close()


def syslog(port: int, context=None, host="127.0.0.1") -> SyslogSender:
    return SyslogSender(host=host, port=port, context=context, hostname="ca 1", process=42)


def test_frames_follow_rfc_5424():
    """Priority, version, time, host, application, process, kind, no structured data, and the line."""
    collector = Collector()
    sender = syslog(collector.port)
    sender.send(RECORDS)
    assert collector.wait(3) == [
        b'<110>1 2026-11-25T12:00:00.000000Z ca1 scep_server 42 issued - {"a":1}',
        b'<108>1 2026-11-25T12:00:01.000000Z ca1 scep_server 42 refused - {"b":"x y"}',
        b"<105>1 2026-11-25T12:00:02.000000Z ca1 scep_server 42 alarm - {}",
    ]
    sender.send(RECORDS[:1])
    collector.wait(4)
    assert len(collector.connections) == 1
    sender.close()
    collector.close()


def send_on(sender) -> None:
    """The kernel may take one more message before it hears that nobody is there."""
    for _ in range(1000):
        sender.send(RECORDS[:1])


def test_a_closed_connection_is_an_error_and_then_opened_again():
    """What may not have arrived is sent again by whoever called."""
    collector = Collector()
    sender = syslog(collector.port)
    sender.send(RECORDS[:1])
    collector.wait(1)
    collector.connections[0].shutdown(socket.SHUT_RDWR)
    collector.connections[0].close()
    with pytest.raises(SinkError):
        send_on(sender)
    sender.send(RECORDS[2:])
    while b"alarm" not in collector.messages[-1]:
        collector.wait(len(collector.messages) + 1)
    sender.close()
    collector.close()


def test_nobody_there_is_an_error_that_names_the_place():
    """The log must say where it tried."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(SinkError, match=f"127.0.0.1 port {port}"):
        syslog(port).send(RECORDS)


@pytest.fixture
def pki(tmp_path):
    """A TLS server for `localhost`, and the file of its root."""
    root = make_certificate("Sink Root", ca=True)
    key = make_certificate("x").key
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    leaf = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(root.certificate.subject)
        .public_key(key.public_key())
        .serial_number(5)
        .not_valid_before(root.certificate.not_valid_before_utc)
        .not_valid_after(root.certificate.not_valid_after_utc)
        .add_extension(names, critical=True)
        .sign(root.key, make_hash())
    )
    chain = tmp_path / "server.pem"
    chain.write_bytes(
        leaf.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    (tmp_path / "root.pem").write_bytes(root.certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context, tmp_path / "root.pem"


def make_hash():
    from cryptography.hazmat.primitives.hashes import SHA256

    return SHA256()


def test_syslog_over_tls(pki):
    """RFC 5425: the server proves its name; TLS 1.3's tickets are no reason to think it has closed."""
    server, root = pki
    collector = Collector(server)
    sender = syslog(collector.port, ssl.create_default_context(cafile=root), host="localhost")
    sender.send(RECORDS[:2])
    sender.send(RECORDS[2:])
    assert len(collector.wait(3)) == 3
    sender.close()
    collector.close()


def test_a_server_that_proves_another_name_gets_nothing(pki):
    """Neither a name that is not in its certificate nor a root that is not trusted."""
    server, root = pki
    collector = Collector(server)
    for context, host in (
        (ssl.create_default_context(cafile=root), "127.0.0.1"),
        (ssl.create_default_context(), "localhost"),
    ):
        with pytest.raises(SinkError):
            syslog(collector.port, context, host=host).send(RECORDS)
    assert collector.messages == []
    collector.close()


class Post(BaseHTTPRequestHandler):
    """Keeps what is posted, and answers with the status that the server is set to."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def web():
    server = HTTPServer(("127.0.0.1", 0), Post)
    server.seen, server.status = [], 204
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_http_posts_lines_with_the_token(web):
    """One POST for a batch, newline-delimited; the token is in the header and in no repr."""
    url = f"http://127.0.0.1:{web.server_port}/events"
    sender = HttpSender(url=url, context=None, headers={"Authorization": "Bearer s3cret-token"})
    sender.send(RECORDS[:2])
    ((path, headers, body),) = web.seen
    assert path == "/events"
    assert headers["Authorization"] == "Bearer s3cret-token"
    assert headers["Content-Type"] == "application/x-ndjson"
    assert body == b'{"a":1}\n{"b":"x y"}\n'
    assert "s3cret" not in repr(sender)


@pytest.mark.parametrize("status", [301, 400, 401, 413, 500, 503])
def test_http_takes_nothing_but_2xx_for_an_acknowledgement(web, status):
    """Everything else is sent again."""
    web.status = status
    with pytest.raises(SinkError, match=str(status)):
        HttpSender(url=f"http://127.0.0.1:{web.server_port}/", context=None).send(RECORDS)


@pytest.mark.parametrize("token", ["s3cret\nline", "s3cret\u20ac"])
def test_a_token_that_no_header_holds_is_not_repeated(web, token):
    """The sink's error says what to look at, and neither it nor what caused it says the token."""
    url = f"http://127.0.0.1:{web.server_port}/"
    sender = HttpSender(url=url, context=None, headers={"Authorization": f"Bearer {token}"})
    with pytest.raises(SinkError, match="token holds") as caught:
        sender.send(RECORDS)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__suppress_context__
