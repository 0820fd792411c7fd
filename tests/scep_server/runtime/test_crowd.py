"""More connections than places: nobody locks the others out by opening many."""

from __future__ import annotations

import contextlib
import resource
import socket
from contextlib import ExitStack, closing
from dataclasses import dataclass
from urllib.parse import urlsplit

from support.scep_site import site

from scep_server.runtime import crowd, running_server
from scep_server.runtime.crowd import places, who_gives_way


@dataclass(frozen=True)
class Held:
    address: str
    since: float
    is_waiting: bool = True


def test_the_oldest_of_the_address_that_has_most_give_way():
    """And an eighth of the places at once; who is at work or has few keeps his."""
    many = [Held("192.0.2.1", float(n)) for n in range(20)]
    others = [Held(f"198.51.100.{n}", 0.0) for n in range(10)]
    at_work = [Held("192.0.2.1", -1.0, is_waiting=False)]
    assert who_gives_way([*others, *at_work, *reversed(many)], 40) == many[:5]


def test_a_network_of_one_subscriber_counts_as_one():
    """Whoever has a /64 has as many addresses as he likes."""
    spread = [Held(f"2001:db8::{n:x}", 5.0) for n in range(4)]
    assert who_gives_way([Held("192.0.2.1", 0.0), Held("192.0.2.1", 0.0), *spread], 16) == spread[:2]


def test_where_all_have_as_many_the_oldest_give_way():
    """Somebody has to."""
    equal = [Held(f"192.0.2.{n}", float(n)) for n in range(20)]
    assert who_gives_way(reversed(equal), 24) == equal[:3]


def test_places_follow_what_the_process_may_open():
    """The soft limit of descriptors is raised as far as it goes; beyond that there are fewer places."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = crowd.CONNECTIONS if before[1] == resource.RLIM_INFINITY else before[1] - 256
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, before[1]))
        assert places() == min(most, crowd.CONNECTIONS)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == places() + 256
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_silent_crowd_locks_nobody_out(monkeypatch):
    """One address holds as many connections as there are places; another one is answered."""
    monkeypatch.setattr(crowd, "CONNECTIONS", 64)
    with running_server(site().config(None)) as url, ExitStack() as crowd_of_sockets:
        parts = urlsplit(url)
        for _ in range(200):
            held = socket.create_connection((parts.hostname, parts.port), timeout=10)
            crowd_of_sockets.enter_context(closing(held))
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                held.sendall(b"POST /scep/staff?operation=PKIOperation HTTP/1.1\r\nContent-Length: 9\r\n")
        one = socket.create_connection((parts.hostname, parts.port), 10, source_address=("127.0.0.2", 0))
        with closing(one):
            one.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            assert one.recv(4096).startswith(b"HTTP/1.1 200")
