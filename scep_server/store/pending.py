"""Requests that wait for a person to approve them (RFC 8894 §2.4), as the store keeps them.

One row for each transaction of a signer's key. Whatever changes its CSR gets another id, so that nobody
approves what he did not see.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from scep_server.audit import Event
from scep_server.messages import TransactionID


class PendingState(enum.StrEnum):
    """How far a queued request has come."""

    WAITING = "waiting"
    APPROVED = "approved"  # the next poll, or the same request again, gets the certificate
    REJECTED = "rejected"
    ISSUED = "issued"


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingRequest:
    """One queued request.

    Attributes:
        id: names it for people.
        group: endpoint that it came to.
        transaction: transactionID; polls repeat it.
        signer: SHA-256 of the signer's SubjectPublicKeyInfo, 32 bytes; polls are signed with the same key.
            Not the certificate: clients make themselves a new one when they please.
        request: `RequestKey.digest()` of the PKCSReq.
        csr: DER; judged again when it is issued, because the policy may have changed meanwhile.
        subject: RFC 4514, as it would be granted.
        values: variable -> value, as the policy read them.
        spki: SHA-256 of the CSR's SubjectPublicKeyInfo.
        source: what shares one part of the queue: an address, or the /64 of an IPv6 address.
        received, expires: aware UTC; from `expires` on it is as good as absent.
        state: how far it has come.
        decided: when somebody approved or rejected it.
        reason: of a rejection; the device is told.
        serial: of the certificate that it got.
    """

    id: str
    group: str
    transaction: TransactionID
    signer: bytes = field(repr=False)
    request: bytes = field(repr=False)
    csr: bytes = field(repr=False)
    subject: str
    values: Mapping[str, str]
    spki: bytes = field(repr=False)
    source: str
    received: datetime
    expires: datetime
    state: PendingState = PendingState.WAITING
    decided: datetime | None = None
    reason: str = ""
    serial: int | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether its time is up."""
        return now >= self.expires


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A request for the queue.

    Attributes:
        request: to be queued.
        room: how many may wait in its group. In a full queue the oldest request of the source that has the
            most waiting makes room, unless that is this request's own: who floods displaces himself.
        event: what the audit says if it is queued.
    """

    request: PendingRequest
    room: int
    event: Event


@dataclass(frozen=True, slots=True)
class Queued:
    """It waits; `fresh`: since now. `id` is that of the request that waits."""

    id: str
    fresh: bool


@dataclass(frozen=True, slots=True)
class QueueFull:
    """There is no room for it."""
