"""`serve` and `up` as processes: they say when they are ready, answer, and end cleanly."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from .conftest import CHALLENGE

pytestmark = pytest.mark.slow


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    environment = os.environ | {"NORTHWIND_STAFF_CHALLENGE": CHALLENGE}
    process = subprocess.Popen(
        [sys.executable, "-m", "onboard", *arguments, "--port", "0"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        seen = []
        for line in process.stderr or ():
            seen.append(line)
            if match := re.search(r"listening on (\S+)", line):
                yield match.group(1), process
                break
        else:
            pytest.fail("".join(seen))
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_serve_answers_and_ends(folder, workers) -> None:
    """`serve` says `listening on URL`, answers every path of the contract, and ends 0 on SIGTERM."""
    with running(folder, "serve", "--workers", workers) as (base, process):
        with httpx.Client(base_url=base, trust_env=False) as client:
            caps = client.get("/scep/staff/pkiclient.exe?operation=GetCACaps&message=x")
            assert "SCEPStandard" in caps.text.splitlines()
            assert client.get("/scep/nobody?operation=GetCACaps").status_code == 404
            assert client.get("/healthz").text.strip() == "ok"
            authority = x509.load_der_x509_certificate(client.get("/ca/staff.cer").content)
            for name in ("root", "staff", "students"):
                answer = client.get(f"/crl/{name}.crl")
                assert answer.status_code == 200
                x509.load_der_x509_crl(answer.content)
        assert b"Northwind Staff" in authority.subject.public_bytes()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def test_only_scep_serves_no_crl(folder) -> None:
    """`--only scep` leaves CRLs to another host."""
    with running(folder, "serve", "--only", "scep") as (base, _):
        assert httpx.get(f"{base}/crl/root.crl", trust_env=False).status_code == 404
        assert httpx.get(f"{base}/scep/staff?operation=GetCACaps", trust_env=False).status_code == 200


def test_up_does_it_all(folder) -> None:
    """`up` makes what is missing, writes payloads, prints the whitelist and serves."""
    with running(folder, "up", "--out", "payloads") as (base, process):
        assert (folder / "payloads" / "manifest.json").is_file()
        assert httpx.get(f"{base}/healthz", trust_env=False).status_code == 200
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
        assert process.returncode == 0
        assert "start.northwind.example" in out


def test_occupied_port_is_named(folder) -> None:
    """A port that somebody else has is an error with a cure, not a traceback."""
    with running(folder, "serve") as (base, _):
        port = base.rpartition(":")[2]
        done = subprocess.run(
            [sys.executable, "-m", "onboard", "serve", "--port", port],
            cwd=folder,
            env=os.environ | {"NORTHWIND_STAFF_CHALLENGE": CHALLENGE},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 1
        assert port in done.stderr
        assert "Traceback" not in done.stderr


def test_unset_challenge_stops_serve(onboard, folder, monkeypatch) -> None:
    """A static challenge that is not set is named with its line before anything listens."""
    monkeypatch.delenv("NORTHWIND_STAFF_CHALLENGE")
    done = onboard("serve", "--port", "0")
    assert done.code == 1
    assert "org.yaml:49:" in done.err


def test_half_a_certificate_is_a_usage_error(onboard, folder) -> None:
    """`--tls-cert` without `--tls-key` is refused."""
    assert onboard("serve", "--tls-cert", "x.pem").code == 64
