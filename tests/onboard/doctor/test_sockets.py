"""HTTP/1.0 and TLS on real sockets."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from contextlib import contextmanager

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from onboard.doctor.sockets import Http10Transport, tls_trouble


@contextmanager
def answering(answer: bytes, context: ssl.SSLContext | None = None):
    """A server on loopback that reads a head and says `answer`; yields its URL and what it read."""
    heads: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            while True:
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                try:
                    with context.wrap_socket(line, server_side=True) if context else line as open_line:
                        head = b""
                        while b"\r\n\r\n" not in head and (more := open_line.recv(4096)):
                            head += more
                        heads.append(head)
                        open_line.sendall(answer if head else b"")
                except OSError:
                    continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        scheme = "https" if context else "http"
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/scep?operation=GetCACaps", heads
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def ask(url: str, **more) -> httpx.Response:
    with httpx.Client(transport=Http10Transport(5)) as client:
        return client.get(url, **more)


def test_the_request_is_http_10():
    """Version, path and query, Host and User-Agent arrive; nothing of HTTP/1.1's."""
    with answering(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nAES\n") as (url, heads):
        response = ask(url, headers={"User-Agent": "Cisco PKI"})
    lines = heads[0].decode().split("\r\n")
    assert lines[0] == "GET /scep?operation=GetCACaps HTTP/1.0"
    assert {line.partition(":")[0] for line in lines[1:] if line} == {"Host", "User-Agent"}
    assert (response.status_code, response.text) == (200, "AES\n")


def test_chunks_are_seen_and_read():
    """A server that answers HTTP/1.0 in chunks is caught, and its body is read all the same."""
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nAES\n\r\n0\r\n\r\n"
    with answering(answer) as (url, _):
        response = ask(url)
    assert response.headers["transfer-encoding"] == "chunked"
    assert response.text == "AES\n"


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.0 999999 X\r\n\r\n"])
def test_no_http_is_a_transport_error(answer):
    """What is no HTTP is an error that httpx' callers know."""
    with answering(answer) as (url, _), pytest.raises(httpx.TransportError):
        ask(url)


@pytest.fixture(scope="module")
def context(tmp_path_factory) -> ssl.SSLContext:
    """TLS 1.3 alone, with a certificate that nobody trusts."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "pair.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(file)
    return context


def test_tls_is_taken_apart(context):
    """Version and trust are different troubles, and each is named."""
    newest = ssl.TLSVersion.MAXIMUM_SUPPORTED
    with answering(b"", context) as (url, _):
        assert tls_trouble(url, maximum=newest, verify=False, timeout=5) == ""
        assert "self-signed" in tls_trouble(url, maximum=newest, verify=True, timeout=5)
        assert tls_trouble(url, maximum=ssl.TLSVersion.TLSv1_2, verify=False, timeout=5) != ""


def test_http_10_over_tls(context):
    """Trust is judged apart, so an untrusted server is still asked."""
    with answering(b"HTTP/1.0 200 OK\r\n\r\nAES\n", context) as (url, _):
        assert ask(url).text == "AES\n"
