"""The chain: hash(n) = SHA-256(hash(n-1) || canonical JSON of event n), hash(0) = 32 zero bytes.

The store extends it inside the transaction that makes the decision durable, so neither exists without the
other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from scep_server.audit.events import SCHEMA_VERSION, Event, as_mapping

GENESIS = bytes(32)
_encode = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode


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
