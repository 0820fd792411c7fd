"""TLS handshakes that never finish: they end in time, have a place like others, and lock nobody out."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import threading
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from support.scep_requests import rsa_key, self_signed
from support.scep_site import site

from scep_server.runtime import Tls, crowd, handshakes, running_server

# A record header that promises 512 octets of a ClientHello.
HALF = bytes.fromhex("1603010200")


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    key = rsa_key("tls")
    pair = self_signed(key, subject="CN=127.0.0.1")
    (folder / "tls.pem").write_bytes(pair.certificate.public_bytes(Encoding.PEM))
    (folder / "tls.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return Tls(certificate=folder / "tls.pem", key=folder / "tls.key")


def connect(url, source="127.0.0.1"):
    parts = urlsplit(url)
    return closing(
        socket.create_connection((parts.hostname, parts.port), timeout=10, source_address=(source, 0))
    )


def ended(connection):
    with contextlib.suppress(ConnectionResetError):
        return connection.recv(4096) == b""
    return True


@pytest.mark.parametrize("sent", [b"", HALF])
def test_a_handshake_that_does_not_finish_is_cut_off(monkeypatch, tls, sent):
    """Silence and half a ClientHello hold no connection for longer than a request may take."""
    monkeypatch.setattr(handshakes, "HANDSHAKE_SECONDS", 0.2)
    with running_server(site().config(None, tls=tls)) as url, connect(url) as connection:
        connection.sendall(sent)
        assert ended(connection)
        assert httpx.get(f"{url}/healthz", verify=False).text == "ok\n"


def test_what_is_no_handshake_is_cut_off_and_no_news(tls, caplog):
    """Plain HTTP at the port of https ends at once, and fills no log."""
    with running_server(site().config(None, tls=tls)) as url:
        for _ in range(5):
            with connect(url) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\n\r\n" * 10)
                while not ended(connection):  # an alert of TLS comes first
                    pass
        assert httpx.get(f"{url}/healthz", verify=False).text == "ok\n"
    assert not caplog.records


def test_handshakes_that_do_not_finish_lock_nobody_out(monkeypatch, tls):
    """One address begins as many as there are places and more; another one is answered, the oldest go."""
    monkeypatch.setattr(crowd, "CONNECTIONS", 64)
    with running_server(site().config(None, tls=tls)) as url, ExitStack() as crowd_of_sockets:
        before = len(descriptors())
        held = [crowd_of_sockets.enter_context(connect(url, "127.0.0.2")) for _ in range(200)]
        with httpx.Client(verify=False) as client:
            assert client.get(f"{url}/healthz").text == "ok\n"
            assert ended(held[0])
            until(lambda: len(descriptors()) - before - len(held) <= 64)


def descriptors():
    """Numbers of what this process has open, on systems that tell."""
    folder = Path("/proc/self/fd")
    return [int(path.name) for path in folder.iterdir()] if folder.exists() else []


def until(condition):
    for _ in range(500):
        if condition():
            return
        threading.Event().wait(0.01)
    pytest.fail("it does not come true")


def test_a_handshake_in_progress_does_not_keep_the_server_from_ending(tls):
    """Nothing was asked yet, so there is nothing to finish."""
    with ExitStack() as stack:
        with running_server(site().config(None, tls=tls)) as url:
            connection = stack.enter_context(connect(url))
            connection.sendall(HALF)
            httpx.get(f"{url}/healthz", verify=False)
        assert ended(connection)


def test_without_descriptors_the_server_waits_for_some(monkeypatch, tls, caplog):
    """An accept that fails is told in the log, and tried again."""
    monkeypatch.setattr(handshakes, "_PAUSE_SECONDS", 0.05)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with running_server(site().config(None, tls=tls)) as url:
        assert httpx.get(f"{url}/healthz", verify=False).text == "ok\n"
        with ExitStack() as stack:
            waiting = [stack.enter_context(closing(socket.socket())) for _ in range(3)]
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(descriptors(), default=64), before[1]))
            try:
                fill = stack.enter_context(ExitStack())
                with contextlib.suppress(OSError):
                    while True:
                        fill.callback(os.close, os.dup(0))
                for connection in waiting:
                    connection.connect((urlsplit(url).hostname, urlsplit(url).port))
                until(lambda: "no connection can be accepted" in caplog.text)
                fill.close()
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, before)
        assert httpx.get(f"{url}/healthz", verify=False).text == "ok\n"
