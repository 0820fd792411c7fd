"""The audit trail: one event for each decision, chained by hash, in one JSON schema.

The chain: hash(n) = SHA-256(hash(n-1) || canonical JSON of event n), hash(0) = 32 zero bytes. The store
extends it inside the transaction that makes the decision durable, so neither exists without the other.
"""

from __future__ import annotations

import enum
import hashlib
import json
import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType

GENESIS = bytes(32)
SCHEMA_VERSION = 1


class EventKind(enum.StrEnum):
    """What was decided."""

    ISSUED = "issued"
    REPEATED = "repeated"  # a retransmission got the certificate it had already got
    DELIVERED = "delivered"  # GetCert or GetCRL was answered
    REFUSED = "refused"
    ALARM = "alarm"  # refused, and somebody should look: a challenge was shown twice
    COUNTED = "counted"  # refusals before possession was proven: one event per address and minute
    REVOKED = "revoked"
    MINTED = "challenge-minted"
    WITHDRAWN = "challenge-revoked"
    QUEUED = "queued"  # waits for a person
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One decision. Empty fields are left out of the JSON; nothing here is ever a secret.

    Attributes:
        at: when, aware UTC.
        kind: what was decided.
        group: endpoint it concerns.
        message_type: RFC 8894 name of the request, such as PKCSReq.
        transaction: transactionID as sent.
        address: whose request it was, behind trusted proxies.
        fail_info: RFC 8894 failInfo name of a refusal.
        reason, remedy: why, and what an administrator can do.
        serial: certificate, lower-case hex.
        subject: of the certificate, RFC 4514.
        identity: asserted or bound.
        challenge: id of the challenge or of the certificate that vouched.
        signer: SHA-256 of the request's signer certificate, hex.
        ignored: extensions that were asked for and not granted, dotted OIDs with blanks between.
        count: number of refusals of a COUNTED event.
    """

    at: datetime
    kind: EventKind
    group: str = ""
    message_type: str = ""
    transaction: str = ""
    address: str = ""
    fail_info: str = ""
    reason: str = ""
    remedy: str = ""
    serial: str = ""
    subject: str = ""
    identity: str = ""
    challenge: str = ""
    signer: str = ""
    ignored: str = ""
    count: int = 0

    def turned(self, kind: EventKind, **changes: str) -> Event:
        """The same request with another ending."""
        return replace(self, kind=kind, **changes)  # type: ignore[arg-type] # only text fields are changed


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainedEvent:
    """One link as stored: its number from 1, the canonical JSON that was hashed, and the hash."""

    sequence: int
    text: str
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What `verify` found: how many links hold, the last hash, and the first fault (empty if none)."""

    count: int
    head: bytes
    fault: str = ""


_FIELDS = (
    "group",
    "message_type",
    "transaction",
    "address",
    "fail_info",
    "reason",
    "remedy",
    "serial",
    "subject",
    "identity",
    "challenge",
    "signer",
    "ignored",
    "count",
)

EVENT_SCHEMA: Mapping[str, object] = MappingProxyType(
    {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "SCEP server audit event",
        "type": "object",
        "required": ["schema", "sequence", "time", "kind"],
        "additionalProperties": False,
        "properties": {
            "schema": {"const": SCHEMA_VERSION},
            "sequence": {"type": "integer", "minimum": 1},
            "time": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"},
            "kind": {"enum": [kind.value for kind in EventKind]},
            **{name: {"type": "string", "minLength": 1} for name in _FIELDS if name != "count"},
            "serial": {"type": "string", "pattern": "^[0-9a-f]+$"},
            "signer": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "ignored": {"type": "string", "pattern": "^[0-9. ]+$"},
            "identity": {"enum": ["asserted", "bound"]},
            "fail_info": {"enum": ["badAlg", "badMessageCheck", "badRequest", "badTime", "badCertId"]},
            "count": {"type": "integer", "minimum": 1},
        },
    }
)

_values = operator.attrgetter(*_FIELDS)
_encode = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode


def as_mapping(event: Event) -> dict[str, str | int]:
    """The event without sequence and schema, empty fields left out: also what the log line shows."""
    filled: dict[str, str | int] = {
        "time": f"{event.at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z",
        "kind": event.kind.value,
    }
    filled.update((name, value) for name, value in zip(_FIELDS, _values(event), strict=True) if value)
    return filled


def link(previous: bytes, sequence: int, event: Event) -> ChainedEvent:
    """The next link after the hash `previous`; `sequence` counts from 1."""
    fields = as_mapping(event)
    fields["schema"] = SCHEMA_VERSION
    fields["sequence"] = sequence
    text = _encode(fields)
    return ChainedEvent(
        sequence=sequence, text=text, hash=hashlib.sha256(previous + text.encode("ascii")).digest()
    )


def verify(links: Iterable[ChainedEvent], kept: tuple[int, bytes] | None = None) -> Verdict:
    """Walk the whole chain from its first link and say how far it holds.

    A change, a removal or an insertion anywhere but at the tail shows; a cut tail shows only against
    a head that was kept elsewhere, which is why the verdict names head and count.

    Args:
        links: from the first one on.
        kept: number and hash of a link, from a checkpoint: the chain must still have it.
    """
    head, count = GENESIS, 0
    for found in links:
        if kept is not None and count == kept[0] and head != kept[1]:
            break
        fault = _fault(found, head, count + 1)
        if fault:
            return Verdict(count=count, head=head, fault=fault)
        head, count = found.hash, count + 1
    return Verdict(count=count, head=head, fault=_against(kept, count, head))


def _fault(found: ChainedEvent, head: bytes, expected: int) -> str:
    if found.sequence != expected:
        return f"event {expected} is missing: event {found.sequence} follows event {expected - 1}"
    if hashlib.sha256(head + found.text.encode("utf-8", "surrogatepass")).digest() != found.hash:
        return f"event {expected} or its predecessor was changed: the hash does not fit"
    if _own_number(found.text) != expected:
        return f"event {expected} calls itself by another number"
    return ""


def _own_number(text: str) -> object:
    """What an event says of its place; None where it says nothing, because somebody put it there by hand."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return fields.get("sequence") if isinstance(fields, dict) else None


def _against(kept: tuple[int, bytes] | None, count: int, head: bytes) -> str:
    """What a checkpoint has to say about a chain that holds in itself."""
    if kept is None or count > kept[0]:
        return ""
    if count < kept[0]:
        return f"the tail was cut: the checkpoint counts {kept[0]} events, and {count} are here"
    return "" if head == kept[1] else f"event {count} is not the one that the checkpoint was made over"


class Tally:
    """Counts what fails before possession is proven, so that a flood cannot fill the audit trail.

    Each address has one count per minute; when its minute is over, `due` gives one event for it.
    Memory is bounded: beyond `capacity` addresses in one minute, the rest share one count.
    """

    OVERFLOW = "other addresses"

    def __init__(self, capacity: int = 10_000, *, what: str = "failed before possession was proven") -> None:
        self._capacity = capacity
        self._what = what
        self._minute: datetime | None = None
        self._counts: dict[tuple[str, str], tuple[int, str]] = {}

    def count(self, address: str, group: str, reason: str, now: datetime) -> tuple[Event, ...]:
        """Count one failure; the answer is the events of minutes that are over."""
        over = self.due(now)
        key = (address, group)
        if key not in self._counts and len(self._counts) >= self._capacity:
            key = (self.OVERFLOW, "")
        number, _ = self._counts.get(key, (0, ""))
        self._counts[key] = (number + 1, reason)
        self._minute = now.replace(second=0, microsecond=0)
        return over

    def due(self, now: datetime) -> tuple[Event, ...]:
        """The events of the counted minute, if it is over at `now`."""
        if self._minute is None or now.replace(second=0, microsecond=0) <= self._minute:
            return ()
        return self.flush()

    def flush(self) -> tuple[Event, ...]:
        """The events of everything counted so far, over or not; for shutdown."""
        minute, counts = self._minute, self._counts
        self._minute, self._counts = None, {}
        if minute is None:
            return ()
        return tuple(
            Event(
                at=minute,
                kind=EventKind.COUNTED,
                address=address,
                group=group,
                count=number,
                reason=f"{self._what}; the last one: {reason}",
            )
            for (address, group), (number, reason) in counts.items()
        )


class GuessWatch:
    """Notices guessing: an alarm at the 10th, 100th, 1000th... unknown challenge of a group in an hour.

    Entropy stops a guesser, so nothing is locked; but somebody should look, and not be told a thousand times.
    """

    FIRST = 10

    def __init__(self) -> None:
        self._hours: dict[str, tuple[datetime, int]] = {}

    def count(self, event: Event) -> Event | None:
        """Count the refusal of an unknown challenge; the alarm if this one calls for it."""
        hour = event.at.replace(minute=0, second=0, microsecond=0)
        since, number = self._hours.get(event.group, (hour, 0))
        number = number + 1 if since == hour else 1
        self._hours[event.group] = (hour, number)
        if number < self.FIRST or number != 10 ** (len(str(number)) - 1):
            return None
        return Event(
            at=event.at,
            kind=EventKind.ALARM,
            group=event.group,
            address=event.address,
            count=number,
            reason=f"{number} unknown challenges within an hour; the last one from this address",
            remedy="look at the addresses of the refusals before: a stale payload, or somebody who guesses",
        )
