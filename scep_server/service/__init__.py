"""The SCEP service: the one place that sees the whole way of a request, and the only one that catches."""

from __future__ import annotations

from scep_server.service.endpoint import Alternate, ApprovalQueue, Endpoint
from scep_server.service.handling import Service
from scep_server.service.ports import Answer, CrlSource, NotScep, Recorder, Reply, TryLater, World
from scep_server.service.recording import RefusedInStoreError, certificate_record, settle

__all__ = [
    "Alternate",
    "Answer",
    "ApprovalQueue",
    "CrlSource",
    "Endpoint",
    "NotScep",
    "Recorder",
    "RefusedInStoreError",
    "Reply",
    "Service",
    "TryLater",
    "World",
    "certificate_record",
    "settle",
]
