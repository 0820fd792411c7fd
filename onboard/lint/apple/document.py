"""A configuration profile as lint sees it: unwrapped from its signature, parsed, cut into payloads."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers.expat import ExpatError

from onboard.cms import SignedFile
from onboard.errors import Finding, Severity
from onboard.lint.apple.plist import read_plist

# plistlib lets these through on damaged input; lint itself never raises.
_UNREADABLE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    struct.error,
    ExpatError,
)

# What begins a variable in any dialect, or could hide one; base64 has none of these.
_MARKS = (b"$", b"{", b"%")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One dictionary of the profile's PayloadContent."""

    where: str  # "PayloadContent[2]"
    kind: str  # PayloadType, "" when absent or no text
    keys: Mapping[str, object] = field(repr=False)

    def at(self, *keys: str) -> str:
        """The place of a key inside, e.g. `PayloadContent[2].EAPClientConfiguration.AcceptEAPTypes`."""
        return ".".join((self.where, *keys))

    def text(self, key: str) -> str:
        """A text value; "" when absent or of another type (the shape rules say so)."""
        return text(self.keys, key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A profile and how it came."""

    path: str
    size: int  # bytes of the file as given
    top: Mapping[str, object] = field(repr=False)
    payloads: tuple[Entry, ...]
    signed: SignedFile | None
    is_plain: bool  # the text of the file rules out variables and control characters in any value

    def of_kind(self, *kinds: str) -> tuple[Entry, ...]:
        """The payloads of these PayloadTypes, in order."""
        return tuple(entry for entry in self.payloads if entry.kind in kinds)

    def error(self, where: str, rule: str, message: str, hint: str = "") -> Finding:
        """A finding that a device or its owner suffers from."""
        return _finding(self.path, where, rule, Severity.ERROR, message, hint)

    def warning(self, where: str, rule: str, message: str, hint: str = "") -> Finding:
        """A finding that may be meant."""
        return _finding(self.path, where, rule, Severity.WARNING, message, hint)


class UnreadableError(ValueError):
    """The bytes are no property list with a dictionary at the top."""


def read_document(path: str, size: int, content: bytes, signed: SignedFile | None) -> Document:
    """Parse the property list (XML or binary).

    Raises:
        UnreadableError: it is none, or its top is no dictionary.
    """
    try:
        top = read_plist(content)
    except _UNREADABLE as error:
        raise UnreadableError(f"this is no property list: {error}") from error
    if not isinstance(top, dict):
        raise UnreadableError("the top of the property list is no dictionary")
    is_binary = content.startswith(b"bplist")
    if is_binary and not all(_has_text_keys(value) for value in containers(top)):
        raise UnreadableError("a key of the property list is no text")
    return Document(
        path=path,
        size=size,
        top=top,
        payloads=_entries(top),
        signed=signed,
        is_plain=not is_binary and _is_plain(content),
    )


def _is_plain(content: bytes) -> bool:
    if any(mark in content for mark in _MARKS):
        return False
    return b"&" not in content or b"&#" not in content


def _has_text_keys(value: object) -> bool:
    return not isinstance(value, dict) or all(isinstance(key, str) for key in value)


def containers(top: object) -> Iterator[dict[object, object] | list[object]]:
    """Every dictionary and array, each once: binary lists may share them, which must not multiply work."""
    stack, seen = [top], set[int]()
    while stack:
        value = stack.pop()
        if isinstance(value, dict | list) and id(value) not in seen:
            seen.add(id(value))
            yield value
            stack += value.values() if isinstance(value, dict) else value


def text(keys: Mapping[str, object], key: str) -> str:
    """A text value of a dictionary; "" when absent or of another type."""
    value = keys.get(key)
    return value if isinstance(value, str) else ""


def items(keys: Mapping[str, object], key: str) -> list[object]:
    """An array of a dictionary; empty when absent or of another type."""
    value = keys.get(key)
    return value if isinstance(value, list) else []


def mapping(keys: Mapping[str, object], key: str) -> Mapping[str, object]:
    """A dictionary inside a dictionary; empty when absent or of another type."""
    value = keys.get(key)
    return value if isinstance(value, dict) else {}


def _entries(top: Mapping[str, object]) -> tuple[Entry, ...]:
    return tuple(
        Entry(where=f"PayloadContent[{index}]", kind=text(keys, "PayloadType"), keys=keys)
        for index, keys in enumerate(items(top, "PayloadContent"))
        if isinstance(keys, dict)
    )


def _finding(path: str, where: str, rule: str, severity: Severity, message: str, hint: str) -> Finding:
    return Finding(
        path=path, where=where, rule=f"apple-{rule}", severity=severity, message=message, hint=hint
    )
