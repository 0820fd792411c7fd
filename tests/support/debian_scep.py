"""Debian's `scep` server (micromdm 2.1) on loopback: somebody else's server, with faults that are known."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest


@contextmanager
def scepserver(folder: Path, challenge: str, *options: str) -> Iterator[str]:
    """The server with a fresh depot and an RSA-2048 CA while the block runs; its URL."""
    depot = str(folder / "depot")
    subprocess.run(
        ["scepserver", "ca", "-init", "-keySize", "2048", "-depot", depot], check=True, capture_output=True
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["scepserver", "-depot", depot, "-port", str(port), "-challenge", challenge, *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}/scep"
            _await(f"{url}?operation=GetCACaps", process)
            yield url
        finally:
            process.terminate()


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, "scepserver ended"
        try:
            httpx.get(url, trust_env=False)
        except httpx.TransportError:
            continue
        return
    pytest.fail("scepserver does not answer")
