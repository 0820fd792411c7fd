"""Keeps a place for the next connection: when there are too many, those who hold the most give way first.

A connection costs its owner nothing, and holds a place for as long as a request may take. Without this, one
address that opens some thousands and says nothing would lock everybody else out.
"""

from __future__ import annotations

import functools
import heapq
import resource
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Protocol, TypeVar

from scep_server.limits import bucket_key

CONNECTIONS = 4_096  # of one worker
_OTHER_FILES = 256  # descriptors for all else: the store, its log, sinks
_LEAST = 16
_GIVES_WAY = 8  # one of so many: to look at all of them for each newcomer would be a weapon by itself

_source = functools.lru_cache(maxsize=CONNECTIONS)(bucket_key)


class Connection(Protocol):
    """What is known of one."""

    @property
    def address(self) -> str:
        """Of its other end."""
        ...

    @property
    def since(self) -> float:
        """When it was opened, by a monotonic clock."""
        ...

    @property
    def is_waiting(self) -> bool:
        """Whether the next move is the client's."""
        ...


class Guest(Connection, Protocol):
    """A connection that can be told to go."""

    def cut_off(self) -> None:
        """End it, whatever is on its way."""
        ...


_C = TypeVar("_C", bound=Connection)


def places() -> int:
    """How many connections a worker takes; lets this process have the descriptors for them, if it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return CONNECTIONS if soft == resource.RLIM_INFINITY else max(_LEAST, min(wanted, soft) - _OTHER_FILES)


def is_crowded(number: int, limit: int) -> bool:
    """Whether somebody has to give way; the last quarter of the places is for requests that are at work."""
    return number > limit - limit // 4


def who_gives_way(connections: Iterable[_C], limit: int) -> list[_C]:
    """An eighth of the places: of those that wait, first the oldest ones of the address that has the most.

    Args:
        connections: all of them.
        limit: how many places there are.
    """
    waiting = [connection for connection in connections if connection.is_waiting]
    held = Counter(_source(connection.address) for connection in waiting)
    return heapq.nsmallest(
        max(1, limit // _GIVES_WAY),
        waiting,
        key=lambda connection: (-held[_source(connection.address)], connection.since),
    )


def make_room(guests: Collection[Guest], limit: int) -> None:
    """Where it is crowded, cut those off who give way."""
    if is_crowded(len(guests), limit):
        for guest in who_gives_way(guests, limit):
            guest.cut_off()
