"""The store: what must survive a power cut, as one protocol that every backend keeps.

The rule that everything serves: a certificate leaves the server only after its record is durable, and
the challenge that it was given for is spent by the same transaction. Backends are synchronous; `runtime`
puts one writer thread before them.
"""

from __future__ import annotations

from scep_server.store.endings import GroupEnding, endings_of
from scep_server.store.pending import PendingRequest, PendingState, Queued, QueueFull, Submission
from scep_server.store.protocol import Entry, Outcome, ReadingStore, Store
from scep_server.store.records import (
    REPEAT_FOR,
    AlreadyIssued,
    CertificateRecord,
    Issuance,
    Objection,
    Recorded,
    RequestKey,
    Revocation,
    RevocationReason,
    SerialTaken,
    Spent,
    StoredCrl,
    StoreError,
    StoreUnavailableError,
    UnusableStoreError,
    Vouch,
    Voucher,
    subjects_under,
)

__all__ = [
    "REPEAT_FOR",
    "AlreadyIssued",
    "CertificateRecord",
    "Entry",
    "GroupEnding",
    "Issuance",
    "Objection",
    "Outcome",
    "PendingRequest",
    "PendingState",
    "QueueFull",
    "Queued",
    "ReadingStore",
    "Recorded",
    "RequestKey",
    "Revocation",
    "RevocationReason",
    "SerialTaken",
    "Spent",
    "Store",
    "StoreError",
    "StoreUnavailableError",
    "StoredCrl",
    "Submission",
    "UnusableStoreError",
    "Vouch",
    "Voucher",
    "endings_of",
    "subjects_under",
]
