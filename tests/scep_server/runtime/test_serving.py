"""Processes: readiness, signals, several workers, slow clients, and what happens when things go wrong."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from support import scep_requests
from support.scep_requests import Shape, enrol, read_reply, rsa_key, self_signed
from support.scep_site import site

from scep_server.cli.folder import Folder
from scep_server.runtime import Tls, listen, protocol, running_server, url_of
from scep_server.sqlite_store import SqliteStore
from scep_server.store import UnusableStoreError


@contextlib.contextmanager
def started(folder, *arguments, run=("-m", "scep_server")):
    """`python -m scep_server serve` on a free port: its process and URL; ended at the latest by SIGKILL."""
    command = [sys.executable, *run, "serve", str(folder), "--port", "0", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            line = next(line for line in process.stderr if "listening on" in line)
            drain = threading.Thread(target=process.stderr.read)
            drain.start()
            yield process, re.search(r"http://\S+", line)[0]
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            drain.join()


@pytest.fixture
def folder(tmp_path):
    Folder(tmp_path / "server").init()
    return tmp_path / "server"


def ra_of(folder):
    return x509.load_pem_x509_certificate((folder / "certificates" / "ra-devices.pem").read_bytes())


def mint(folder, device):
    command = [sys.executable, "-m", "scep_server", "challenge", str(folder), "devices"]
    command += ["--set", f"device.id={device}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def request(folder, device, challenge):
    subject = f"CN={device},OU=devices"
    pair = self_signed(rsa_key("device"), subject=subject)
    payload = scep_requests.csr(rsa_key("device"), subject=subject, challenge=challenge)
    return enrol(payload, ra_of(folder), pair, Shape()), pair


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 3])
def test_a_stand_alone_server_enrols_and_ends_cleanly(folder, workers):
    """Init, mint, serve, enrol, SIGTERM: exit code 0, and the record is there."""
    message, pair = request(folder, "d1", mint(folder, "d1"))
    with started(folder, "--workers", str(workers)) as (process, url):
        reply = httpx.post(f"{url}/scep/devices?operation=PKIOperation", content=message)
        assert read_reply(reply.content, pair).status == "0"
        assert httpx.get(f"{url}/healthz").text == "ok\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    store = SqliteStore(folder / "scep.sqlite")
    assert [record.values for record in store.certificates()] == [{"device.id": "d1"}]
    store.close()


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_ends_with_130(folder, workers):
    """Ctrl+C, which reaches the whole process group."""
    with started(folder, "--workers", str(workers)) as (process, _):
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=30) == 130


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_request_in_flight_is_finished(folder, number):
    """SIGTERM, or a terminal that closes, in the middle of a body: the rest is taken and answered."""
    message, pair = request(folder, "d1", mint(folder, "d1"))
    with started(folder) as (process, url):
        parts = urlsplit(url)
        with closing(socket.create_connection((parts.hostname, parts.port), timeout=20)) as connection:
            head = f"POST /scep/devices HTTP/1.1\r\nHost: x\r\nContent-Length: {len(message)}\r\n\r\n"
            connection.sendall(head.encode() + message[:1000])
            httpx.get(f"{url}/healthz")
            process.send_signal(number)
            connection.sendall(message[1000:])
            received = b""
            while part := connection.recv(65536):
                received += part
        assert read_reply(received.partition(b"\r\n\r\n")[2], pair).status == "0"
        assert process.wait(timeout=30) == 0


@pytest.mark.slow
def test_a_terminal_that_closes_ends_all_workers_cleanly(folder):
    """SIGHUP reaches the whole process group; the parent ends the workers as SIGTERM would."""
    with started(folder, "--workers", "2") as (process, _):
        os.killpg(process.pid, signal.SIGHUP)
        assert process.wait(timeout=30) == 0


_NOHUP = """
import runpy, signal
signal.signal(signal.SIGHUP, signal.SIG_IGN)
runpy.run_module("scep_server", run_name="__main__", alter_sys=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_that_was_told_to_survive_its_terminal_does(folder, workers):
    """Started by nohup it ignores SIGHUP; SIGTERM ends it."""
    with started(folder, "--workers", str(workers), run=("-c", _NOHUP)) as (process, url):
        os.killpg(process.pid, signal.SIGHUP)
        assert httpx.get(f"{url}/healthz").text == "ok\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


@pytest.mark.slow
def test_a_dead_worker_is_replaced(folder):
    """Killing one of two leaves a server that answers, and a successor comes before long."""
    with started(folder, "--workers", "2") as (process, url):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        if not children.exists():
            pytest.skip("this kernel does not list children of a process")
        victim, survivor = children.read_text().split()
        os.kill(int(victim), signal.SIGKILL)
        with httpx.Client() as client:
            now: set[str] = set()
            while len(now - {victim}) < 2:
                assert client.get(f"{url}/scep/devices?operation=GetCACaps").status_code == 200
                now = set(children.read_text().split())
        assert survivor in now
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


_IMPATIENT = """
import runpy
from scep_server.runtime import serving
serving.STOP_SECONDS = 1.0
runpy.run_module("scep_server", run_name="__main__", alter_sys=True)
"""


@pytest.mark.slow
def test_a_worker_that_stands_still_does_not_keep_the_server_from_ending(folder):
    """A stopped process takes no SIGTERM, so its parent kills it when its time is over."""
    with started(folder, "--workers", "2", run=("-c", _IMPATIENT)) as (process, _):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        if not children.exists():
            pytest.skip("this kernel does not list children of a process")
        os.kill(int(children.read_text().split()[0]), signal.SIGSTOP)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


@pytest.mark.slow
def test_workers_do_not_outlive_their_parent(folder):
    """Killing the parent alone frees the port: the workers notice and end."""
    with started(folder, "--workers", "2") as (process, url):
        process.kill()
        process.wait()
        with httpx.Client() as client:
            while True:
                try:
                    client.get(f"{url}/scep/devices?operation=GetCACaps")
                except httpx.TransportError:
                    break


def test_https_is_served_where_a_certificate_is_given(tmp_path):
    """With PEM files of certificate and key; the URL says so."""
    key = rsa_key("tls")
    pair = self_signed(key, subject="CN=127.0.0.1")
    (tmp_path / "tls.pem").write_bytes(pair.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "tls.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    tls = Tls(certificate=tmp_path / "tls.pem", key=tmp_path / "tls.key")
    with running_server(site().config(None, tls=tls)) as url:
        assert url.startswith("https://")
        assert httpx.get(f"{url}/healthz", verify=False).text == "ok\n"


def test_mistakes_of_the_command_line_are_explained(tmp_path):
    """No folder, no group, a port that is taken: one line on stderr, exit code 1."""
    Folder(tmp_path / "server").init()
    taken = listen("127.0.0.1", 0)
    port = str(taken.getsockname()[1])
    for arguments, words in (
        (["serve", str(tmp_path / "nowhere")], "init"),
        (["challenge", str(tmp_path / "server"), "strangers"], "strangers"),
        (["serve", str(tmp_path / "server"), "--port", port], "in use"),
        (["revoke", str(tmp_path / "server"), "1"], "no certificate"),
    ):
        ended = subprocess.run(
            [sys.executable, "-m", "scep_server", *arguments], capture_output=True, text=True, check=False
        )
        assert (ended.returncode, words in ended.stderr, "Traceback" in ended.stderr) == (1, True, False)
    taken.close()


def test_a_store_that_cannot_be_opened_is_said_at_the_start(tmp_path):
    """`running_server` raises what the caller can act on."""
    (tmp_path / "scep.sqlite").write_bytes(b"something else entirely" * 100)
    with pytest.raises(UnusableStoreError), running_server(site().config(tmp_path / "scep.sqlite")):
        pass


def test_urls_of_sockets():
    """IPv6 addresses stand in brackets."""
    with closing(listen("127.0.0.1", 0)) as listening:
        assert re.fullmatch(r"https://127\.0\.0\.1:\d+", url_of(listening, tls=True))
    with closing(listen("::1", 0)) as listening:
        assert re.fullmatch(r"http://\[::1\]:\d+", url_of(listening))


@pytest.fixture(scope="module")
def lone_url():
    with running_server(site().config(None)) as url:
        yield url


def read_all(connection):
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            received += part
    return received


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET /scep/staff?oper", b"POST /scep/staff HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab"],
)
def test_slow_clients_are_cut_off(monkeypatch, sent):
    """One that says nothing, half a line or half a body does not hold a connection for ever."""
    monkeypatch.setattr(protocol, "REQUEST_SECONDS", 0.2)
    with running_server(site().config(None)) as url:
        parts = urlsplit(url)
        with closing(socket.create_connection((parts.hostname, parts.port), timeout=10)) as connection:
            connection.sendall(sent)
            assert b"200" not in read_all(connection)


def test_line_ends_after_an_answer_hold_no_connection(monkeypatch):
    """They begin no request, yet they end the time that an idle connection has."""
    monkeypatch.setattr(protocol, "REQUEST_SECONDS", 0.2)
    with running_server(site().config(None)) as url:
        parts = urlsplit(url)
        with closing(socket.create_connection((parts.hostname, parts.port), timeout=10)) as connection:
            connection.sendall(b"GET /scep/staff?operation=GetCACaps HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
            connection.sendall(b"\r\n")
            read_all(connection)


def test_an_endless_head_is_cut_off():
    """Headers without end are refused when they exceed what any client needs."""
    with running_server(site().config(None)) as url:
        parts = urlsplit(url)
        with closing(socket.create_connection((parts.hostname, parts.port), timeout=10)) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n")
            line = b"X-Long: " + b"a" * 4000 + b"\r\n"
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for _ in range(100):
                    connection.sendall(line)
            assert read_all(connection)[:12] in {b"HTTP/1.1 400", b""}


def test_clients_that_leave_in_the_middle_of_several_requests_are_no_error(caplog):
    """Whoever asks for much and hangs up fills no log with errors of ours."""
    with running_server(site().config(None)) as url:
        parts = urlsplit(url)
        for _ in range(20):
            connection = socket.create_connection((parts.hostname, parts.port), timeout=10)
            connection.sendall(b"GET /crl/staff-ca.crl HTTP/1.1\r\nHost: x\r\n\r\n" * 5)
            connection.close()
        assert httpx.get(f"{url}/healthz").text == "ok\n"
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize("line", [b"a: b\r\n" * 1000, b"a" * 6000], ids=["many", "one"])
def test_endless_trailers_are_cut_off(lone_url, line):
    """What follows the last chunk of a body fills no memory, as many lines or as one."""
    parts = urlsplit(lone_url)
    with closing(socket.create_connection((parts.hostname, parts.port), timeout=10)) as connection:
        connection.sendall(
            b"POST /scep/staff?operation=PKIOperation HTTP/1.1\r\nHost: x\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\na: "
        )
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(100):
                connection.sendall(line)
        assert read_all(connection)[:12] in {b"HTTP/1.1 400", b""}


def test_an_upgrade_is_ignored_and_its_body_read(lone_url):
    """Java's HttpClient offers HTTP/2 with its first request, which must count all the same."""
    pair = self_signed(rsa_key("device"), subject="CN=nobody")
    message = enrol(b"nonsense", site().ra.certificate, pair, Shape())
    offer = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAEAAEAAAAIAAAAB"}
    answer = httpx.post(f"{lone_url}/scep/staff?operation=PKIOperation", content=message, headers=offer)
    assert read_reply(answer.content, pair).status == "2"


@settings(max_examples=100)
@given(st.binary(max_size=400), st.booleans())
def test_no_octets_on_the_wire_stop_the_server(lone_url, octets, after_a_line):
    """Whatever comes in, at the beginning or after a good request line, the next client is served."""
    parts = urlsplit(lone_url)
    with closing(socket.create_connection((parts.hostname, parts.port), timeout=10)) as connection:
        line = b"POST /scep/staff?operation=PKIOperation HTTP/1.1\r\n" if after_a_line else b""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(line + octets)
            connection.shutdown(socket.SHUT_WR)
        read_all(connection)
    with closing(socket.create_connection((parts.hostname, parts.port), timeout=10)) as connection:
        connection.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert read_all(connection).endswith(b"ok\n")
