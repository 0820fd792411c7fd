"""Profiles of one group, made for one person after the other: what they have in common is judged once.

They differ in what the SCEP payload asks for, in the UUID of the edition, and in the signature. The rest of a
profile without findings is remembered by a digest; another profile with the same rest is judged by the rules
that look at the request and the signature alone, with the same result. Only plain XML qualifies: there no
value can hold a variable.
"""

from __future__ import annotations

import hashlib
import marshal
import re
from collections.abc import Iterator

from onboard.errors import Finding
from onboard.lint.apple.document import Document
from onboard.lint.apple.payload_types import SCEP
from onboard.lint.apple.shape import payload_shape

_UUID = re.compile(r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}")
_MOST = 1024  # editions; a digest each
_good: dict[bytes, None] = {}  # in the order in which they came


def rest_of(document: Document) -> bytes:
    """A digest of all but the SCEP requests; empty where the profile does not qualify."""
    if not document.is_plain:
        return b""
    try:
        # Version 2 writes equal trees alike: no references, and types apart.
        rest = marshal.dumps([_without_payloads(document), *_without_requests(document)], 2)
    except ValueError:  # dates, or nested too deeply
        return b""
    return hashlib.blake2b(rest, digest_size=20).digest()


def is_known_good(rest: bytes) -> bool:
    """Whether lint had nothing to say of a profile with this rest."""
    return rest in _good


def remember(rest: bytes) -> None:
    """Note that lint has nothing to say of a profile with this rest."""
    if rest:
        if len(_good) >= _MOST:
            _good.pop(next(iter(_good)), None)
        _good[rest] = None


def request_shape(document: Document) -> Iterator[Finding]:
    """E01 to E04 for the SCEP payloads."""
    return payload_shape(document, document.of_kind(SCEP))


def _without_payloads(document: Document) -> dict[str, object]:
    """The top level; of its UUID only that no rule has anything against it."""
    own = document.top.get("PayloadUUID")
    if not isinstance(own, str) or not _UUID.fullmatch(own):
        raise ValueError  # it does not qualify
    if any(entry.keys.get("PayloadUUID") == own for entry in document.payloads):
        raise ValueError
    return {key: value for key, value in document.top.items() if key not in {"PayloadContent", "PayloadUUID"}}


def _without_requests(document: Document) -> Iterator[object]:
    content = document.top.get("PayloadContent")
    if not isinstance(content, list):
        raise ValueError  # noqa: TRY004 - it does not qualify
    for payload in content:
        if isinstance(payload, dict) and payload.get("PayloadType") == SCEP:
            # Whether there is a request, and of which type, belongs to the rest.
            yield {
                key: isinstance(value, dict) if key == "PayloadContent" else value
                for key, value in payload.items()
            }
        else:
            yield payload
