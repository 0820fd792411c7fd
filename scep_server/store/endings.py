"""When the certificates of each group end that are in use and were not renewed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from scep_server.store.records import CertificateRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupEnding:
    """What is in use in a group and was not renewed.

    Attributes:
        group: endpoint.
        count: certificates that are in force, each the newest one of its subject in the group.
        first: when the first of them ends, aware UTC.
    """

    group: str
    count: int
    first: datetime


def endings_of(records: Iterable[CertificateRecord], now: datetime) -> tuple[GroupEnding, ...]:
    """The endings among all certificates of a store, by group.

    A subject whose newest certificate is in force counts once, however many older ones there are: it was
    renewed, or enrolled again.
    """
    newest: dict[tuple[str, str], datetime] = {}
    for record in records:
        if record.revoked is None and record.not_after > now:
            known = newest.get(record.bearer, record.not_after)
            newest[record.bearer] = max(record.not_after, known)
    ends: dict[str, list[datetime]] = {}
    for (group, _), end in newest.items():
        ends.setdefault(group, []).append(end)
    return tuple(
        GroupEnding(group=group, count=len(found), first=min(found)) for group, found in sorted(ends.items())
    )
