"""What differs between two dictionaries, or the certificates, of Apple profiles, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from onboard.lint.apple.document import Document
from onboard.lint.apple.facts import facts
from onboard.lint.apple.payload_types import CERTIFICATES

_SECRETS = frozenset({"Challenge", "Password", "UserPassword", "ProxyPassword", "ClientIdentifier"})
_LONGEST = 80  # characters of a value that is still shown


def different(
    old: Mapping[str, object], new: Mapping[str, object], ignored: AbstractSet[str]
) -> tuple[str, ...]:
    """Keys whose values differ or that only one side has, sorted."""
    absent = object()
    keys = (old.keys() | new.keys()) - ignored
    return tuple(sorted(key for key in keys if old.get(key, absent) != new.get(key, absent)))


def from_to(key: str, old: Mapping[str, object], new: Mapping[str, object]) -> str:
    """How a value changes; secrets, data and long values are not shown."""
    if key not in new:
        return f"{key} is no longer written"
    shown, wanted = _shown(old.get(key)), _shown(new[key])
    if key in _SECRETS or not wanted or (key in old and not shown):
        return f"{key} changes" if key in old else f"{key} is written"
    return f"{key}: {shown} becomes {wanted}" if key in old else f"{key} is now {wanted}"


def trusted(document: Document) -> Mapping[bytes, tuple[str, str]]:
    """SHA-256 of each readable CA certificate -> its place and name."""
    found: dict[bytes, tuple[str, str]] = {}
    for entry in document.of_kind(*CERTIFICATES):
        content = entry.keys.get("PayloadContent")
        known = facts(content) if isinstance(content, bytes) else None
        if known is not None:
            found[known.sha256] = (entry.where, known.name)
    return found


def _shown(value: object) -> str:
    if isinstance(value, bool | int | float | str):
        text = repr(value) if isinstance(value, str) else str(value).lower()
        return text if len(text) <= _LONGEST else ""
    return ""
