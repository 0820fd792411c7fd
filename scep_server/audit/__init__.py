"""The audit trail: one event for each decision, chained by hash, in one JSON schema."""

from __future__ import annotations

from scep_server.audit.chain import GENESIS, ChainedEvent, Verdict, link, verify
from scep_server.audit.counting import GuessWatch, Tally
from scep_server.audit.events import EVENT_SCHEMA, SCHEMA_VERSION, Event, EventKind, as_mapping

__all__ = [
    "EVENT_SCHEMA",
    "GENESIS",
    "SCHEMA_VERSION",
    "ChainedEvent",
    "Event",
    "EventKind",
    "GuessWatch",
    "Tally",
    "Verdict",
    "as_mapping",
    "link",
    "verify",
]
