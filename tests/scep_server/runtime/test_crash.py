"""SIGKILL under load: whatever a device holds is on record, nothing is spent for nothing or twice."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from subprocess import PIPE, Popen

import httpx
import pytest
from cryptography import x509
from support import scep_requests
from support.scep_requests import Shape, enrol, read_reply, rsa_key, self_signed
from support.scep_site import minted

from scep_server.audit import verify
from scep_server.challenges import digest
from scep_server.cli.folder import Folder
from scep_server.messages import ChallengePassword
from scep_server.sqlite_store import SqliteStore

ROUNDS, CLIENTS, REQUESTS = 4, 4, 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("crash") / "server"
    Folder(path).init()
    return path


def prepare(folder, store, first: int):
    """Requests with a one-time challenge each: (message, pair, device)."""
    pepper = (folder / "pepper").read_bytes()
    ra = x509.load_pem_x509_certificate((folder / "certificates" / "ra-devices.pem").read_bytes())
    key, prepared, records = rsa_key("device"), [], []
    for number in range(first, first + REQUESTS):
        challenge, record = minted(number, datetime.now(UTC), group="devices", device_id=f"d{number}")
        records.append(replace(record, digest=digest(ChallengePassword(challenge), pepper)))
        subject = f"CN=d{number},OU=devices"
        pair = self_signed(key, subject=subject)
        payload = scep_requests.csr(key, subject=subject, challenge=challenge)
        prepared.append((enrol(payload, ra, pair, Shape(transaction_id=f"T{number}")), pair, f"d{number}"))
    store.add_challenges(records)
    return prepared


def load(url, prepared, kill_after, kill):
    """Send everything from several threads and kill the server after so many answers; what was received."""
    work: queue.SimpleQueue = queue.SimpleQueue()
    for item in prepared:
        work.put(item)
    held: dict[str, bytes] = {}
    lock = threading.Lock()

    def client():
        with httpx.Client(timeout=10) as session:
            while True:
                try:
                    message, pair, device = work.get_nowait()
                    reply = session.post(f"{url}/scep/devices?operation=PKIOperation", content=message)
                except (queue.Empty, httpx.TransportError):
                    return
                (der,) = read_reply(reply.content, pair).certificates
                with lock:
                    held[device] = der
                    if len(held) == kill_after:
                        kill()

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return held


def serve(folder):
    command = [sys.executable, "-m", "scep_server", "serve", str(folder), "--port", "0", "--workers", "2"]
    process = Popen(command, stderr=PIPE, text=True, start_new_session=True)
    url = next(line for line in process.stderr if "listening on" in line).split()[-1]
    drain = threading.Thread(target=process.stderr.read)
    drain.start()

    def kill():
        os.killpg(process.pid, signal.SIGKILL)

    def wait():
        process.wait()
        drain.join()
        process.stderr.close()

    return url, kill, wait


@pytest.mark.slow
@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_invariants_hold_after_a_kill(folder: Path, round_number):
    """Killed at another moment each time; the next start goes on with the same database."""
    store = SqliteStore(folder / "scep.sqlite")
    prepared = prepare(folder, store, round_number * REQUESTS)
    url, kill, wait = serve(folder)
    held = load(url, prepared, 5 + 13 * round_number, kill)
    wait()
    records = {record.serial: record for record in store.certificates()}
    on_record = {record.der for record in records.values()}
    assert len(held) >= 5
    assert set(held.values()) <= on_record
    assert len({record.values["device.id"] for record in records.values()}) == len(records)
    spent = {challenge.spent_by for challenge in store.challenges() if challenge.spent}
    assert spent == set(records)
    assert not verify(store.audit()).fault
    # A device whose answer was lost asks again with the same bytes and gets the certificate on record.
    url, kill, wait = serve(folder)
    for message, pair, device in prepared:
        reply = httpx.post(f"{url}/scep/devices?operation=PKIOperation", content=message)
        (der,) = read_reply(reply.content, pair).certificates
        assert held.setdefault(device, der) == der
    kill()
    wait()
    assert len(held) == REQUESTS
    assert sum(1 for _ in store.certificates()) == (round_number + 1) * REQUESTS
    store.close()
