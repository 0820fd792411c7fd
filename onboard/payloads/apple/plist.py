"""Writes XML property lists, byte for byte as `plistlib` does with sorted keys, in a fraction of its time.

A portal makes a profile for each download, so this is on its path. A test holds the two writers together.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Rendered:
    """A value that is XML already, for the depth at which it will stand."""

    xml: str = field(repr=False)


Value: TypeAlias = (
    "str | int | float | bool | bytes | datetime | Rendered | Sequence[Value] | Mapping[str, Value]"
)

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n'
    '<plist version="1.0">\n'
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")  # XML 1.0 has no way to write these
_SPECIAL = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f]")
_LINE = 76  # characters, of which a tab is eight


def write_plist(value: Mapping[str, Value] | Sequence[Value]) -> bytes:
    """The property list; keys sorted, LF line ends.

    Args:
        value: dates are naive UTC.

    Raises:
        ValueError: a text holds a control character, which XML cannot carry.
    """
    parts = [_HEAD]
    _write(parts, "", value)
    parts.append("</plist>\n")
    return "".join(parts).encode()


def render(value: Value, depth: int) -> Rendered:
    """A value as XML, to stand `depth` levels below the top.

    Raises:
        ValueError: as for `write_plist`.
    """
    parts: list[str] = []
    _write(parts, "\t" * depth, value)
    return Rendered("".join(parts))


def _write(parts: list[str], indent: str, value: Value) -> None:
    if isinstance(value, str | int | float | bytes | datetime):
        parts.append(_leaf(indent, value))
    elif isinstance(value, Rendered):
        parts.append(value.xml)
    elif isinstance(value, Mapping):
        _write_dictionary(parts, indent, value)
    elif value:
        parts.append(f"{indent}<array>\n")
        for item in value:
            _write(parts, indent + "\t", item)
        parts.append(f"{indent}</array>\n")
    else:
        parts.append(f"{indent}<array/>\n")


def _leaf(indent: str, value: str | float | bytes | datetime) -> str:
    match value:
        case str():
            return f"{indent}<string>{_escape(value)}</string>\n"
        case bool():  # before int, which it is to Python
            return f"{indent}<true/>\n" if value else f"{indent}<false/>\n"
        case int():
            return f"{indent}<integer>{value}</integer>\n"
        case bytes():
            return _data(indent, value)
        case float():
            return f"{indent}<real>{value!r}</real>\n"
        case _:
            return f"{indent}<date>{value:%Y-%m-%dT%H:%M:%SZ}</date>\n"


def _write_dictionary(parts: list[str], indent: str, value: Mapping[str, Value]) -> None:
    if not value:
        parts.append(f"{indent}<dict/>\n")
        return
    parts.append(f"{indent}<dict>\n")
    inner = indent + "\t"
    for key in sorted(value):
        item = value[key]
        parts.append(_key(inner, key))
        if isinstance(item, str):  # most are; spares a call
            parts.append(f"{inner}<string>{_escape(item)}</string>\n")
        else:
            _write(parts, inner, item)
    parts.append(f"{indent}</dict>\n")


@lru_cache(maxsize=1024)
def _key(indent: str, key: str) -> str:
    return f"{indent}<key>{_escape(key)}</key>\n"


@lru_cache(maxsize=256)  # the certificates of a group are in each of its profiles
def _data(indent: str, value: bytes) -> str:
    width = max(16, _LINE - 8 * len(indent)) // 4 * 3
    lines = (
        indent + binascii.b2a_base64(value[start : start + width]).decode()
        for start in range(0, len(value), width)
    )
    return f"{indent}<data>\n{''.join(lines)}{indent}</data>\n"


def _escape(text: str) -> str:
    if _SPECIAL.search(text) is None:
        return text
    if _CONTROL.search(text):
        msg = "a control character, which a property list cannot carry"
        raise ValueError(msg)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
