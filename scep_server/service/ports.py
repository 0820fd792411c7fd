"""What the service asks of the world outside, and what it answers: clock, entropy, recorder, observer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from scep_server.audit import Event
from scep_server.store import Entry, Outcome


class Recorder(Protocol):
    """Makes an entry durable; many calls may share one transaction (group commit)."""

    async def record(self, entry: Entry) -> Outcome:
        """The outcome, once it is on disk.

        Raises:
            StoreError: it is not.
        """
        ...


class CrlSource(Protocol):
    """Gives the current CRL of an authority."""

    def crl(self, authority: str) -> bytes | None:
        """DER; None for an authority without one."""
        ...


def _uncounted(event: Event) -> None:
    del event


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a pure core may not reach for by itself.

    Attributes:
        clock: now, aware UTC.
        seconds: a monotonic clock, for rates.
        entropy: that many random octets.
        observe: is told of every decision that gets a line of its own, for log and metrics; must not block.
        tally: is told of those that get none, for metrics; must not block.
    """

    clock: Callable[[], datetime]
    seconds: Callable[[], float]
    entropy: Callable[[int], bytes]
    observe: Callable[[Event], None]
    tally: Callable[[Event], None] = _uncounted


@dataclass(frozen=True, slots=True)
class Reply:
    """A CertRep, DER: HTTP 200 with application/x-pki-message, a FAILURE as well."""

    message: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotScep:
    """The bytes are no SCEP message that could be answered: HTTP 400."""

    text: str


@dataclass(frozen=True, slots=True)
class TryLater:
    """Nothing was decided and nothing spent; the same request may come again: HTTP 503 with Retry-After."""

    seconds: int


Answer = Reply | NotScep | TryLater
