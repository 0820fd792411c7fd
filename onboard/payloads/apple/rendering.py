"""A payload as it is written and as the edition's digest sees it; what many profiles share is made once.

Profiles of a group differ in their SCEP payload. That one is never kept: it holds the challenge.
"""

from __future__ import annotations

import functools
import json
import marshal
from collections.abc import Mapping, Sequence
from typing import cast

from onboard.payloads.apple.payload import Payload
from onboard.payloads.apple.plist import Rendered, Value, render

_DEPTH = 2  # of a payload in the property list


def rendered(payload: Payload) -> Rendered:
    """The payload's XML.

    Raises:
        ValueError: a text holds a control character.
    """
    return render(payload, _DEPTH) if _is_secret(payload) else _shared(_key(payload))[0]


def canonical(profile: Payload, payloads: Sequence[Payload]) -> str:
    """A canonical form of the content without the challenge, which a digest must not let anyone guess."""
    inside = (
        _canonical(_without_challenge(payload)) if _is_secret(payload) else _shared(_key(payload))[1]
        for payload in payloads
    )
    empty = '"PayloadContent":[]'  # inside a JSON text its quotes would be escaped
    return _canonical({**profile, "PayloadContent": ()}).replace(empty, f"{empty[:-1]}{','.join(inside)}]", 1)


@functools.lru_cache(maxsize=1024)
def _shared(payload: bytes) -> tuple[Rendered, str]:
    # Rebuilt from the key, so that what is kept cannot differ from what it is kept for.
    value = cast("Payload", marshal.loads(payload))  # noqa: S302 - our own bytes
    return render(value, _DEPTH), _canonical(value)


def _key(payload: Payload) -> bytes:
    return marshal.dumps(cast("dict[str, str]", payload), 2)  # version 2: equal values, equal bytes


def _canonical(value: Payload) -> str:
    """JSON, because its writer is quick."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=bytes.hex)


def _is_secret(payload: Payload) -> bool:
    return isinstance(payload.get("PayloadContent"), Mapping) or "ClientIdentifier" in payload


def _without_challenge(payload: Payload) -> Payload:
    inner = payload.get("PayloadContent")
    if not isinstance(inner, Mapping):
        return {key: value for key, value in payload.items() if key != "ClientIdentifier"}
    content: Mapping[str, Value] = {**inner, "Challenge": ""}
    return {**payload, "PayloadContent": content}
