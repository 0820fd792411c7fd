"""What is audited: one event for each decision, its fields, and their JSON Schema."""

from __future__ import annotations

import enum
import operator
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType

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


def as_mapping(event: Event) -> dict[str, str | int]:
    """The event without sequence and schema, empty fields left out: also what the log line shows."""
    filled: dict[str, str | int] = {
        "time": f"{event.at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z",
        "kind": event.kind.value,
    }
    filled.update((name, value) for name, value in zip(_FIELDS, _values(event), strict=True) if value)
    return filled
