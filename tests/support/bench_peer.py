"""Debian's `scep` server, the peer of the bench."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from support.bench_load import Target, process
from support.bench_world import requests


@contextlib.contextmanager
def theirs(depot: Path) -> Iterator[Target]:
    """Debian's server on a depot that has its CA."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    command = ["scepserver", "-depot", str(depot), "-port", str(port), "-challenge", "secret"]
    with process(command, pinned=True, **quiet) as server:
        while True:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"http://127.0.0.1:{port}/scep?operation=GetCACaps")
                break
            time.sleep(0.02)
        yield Target(pid=server.pid, port=port, path="/scep")


def their_world(folder: Path, number: int) -> tuple[Path, list[bytes]]:
    """A depot without certificates yet, and so many requests for it."""
    depot = folder / "depot"
    command = ["scepserver", "ca", "-init", "-keySize", "2048", "-depot", str(depot)]
    subprocess.run(command, check=True, capture_output=True)
    asked = [(f"CN=d{n},OU=devices", "secret", f"T{n}") for n in range(number)]
    return depot, requests((depot / "ca.pem").read_bytes(), asked)[0]
