"""Warnings of the HTTP library: told, and not as often as a stranger likes."""

from __future__ import annotations

import logging
import socket
from contextlib import closing
from urllib.parse import urlsplit

from support.scep_site import site

from scep_server.runtime import running_server
from scep_server.runtime.sparing import Sparing


def record(text: str, level: int = logging.WARNING) -> logging.LogRecord:
    return logging.makeLogRecord({"msg": text, "levelno": level})


def test_a_text_is_told_some_times_and_then_once_in_a_while():
    """Another text has a budget of its own, and errors are always told."""
    now = [0.0]
    sparing = Sparing(lambda: now[0])
    assert [sparing.filter(record("one")) for _ in range(8)] == [True] * 5 + [False] * 3
    assert sparing.filter(record("other"))
    assert sparing.filter(record("one", logging.ERROR))
    now[0] += 10
    assert [sparing.filter(record("one")) for _ in range(2)] == [True, False]


def test_whoever_sends_no_http_cannot_fill_the_log(caplog):
    """A hundred connections with nonsense are a few lines."""
    with running_server(site().config(None)) as url:
        parts = urlsplit(url)
        for _ in range(100):
            with closing(socket.create_connection((parts.hostname, parts.port), timeout=10)) as connection:
                connection.sendall(b"nonsense\r\n\r\n")
                assert connection.recv(4096).startswith(b"HTTP/1.1 400")
    assert sum("Invalid HTTP" in line for line in caplog.messages) <= 10
