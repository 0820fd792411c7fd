"""Reads property lists as `plistlib` does; the common XML form in a fraction of its time.

Every emitted profile is read back before it leaves, so this is on the path of each portal download. Payloads
that a group's profiles have in common are parsed once. Whatever the short way does not know (entities, other
encodings, dates, damage) goes to `plistlib`, which judges it. Callers never change what they get.
"""

from __future__ import annotations

import binascii
import functools
import plistlib
import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

# ASCII-compatible and UTF-8, so that a byte search for entity declarations cannot be fooled.
_PLAIN_HEAD = re.compile(rb'<\?xml version="1\.0" encoding="UTF-8"\?>\s*<', re.IGNORECASE)
# A payload as our writer and Apple's lay it out: a dictionary in an array of the top level.
_BEGIN, _END, _PLACE = b"\n\t\t<dict>\n", b"\n\t\t</dict>", b"\n\t\t<_/>"
_SECRET = re.compile(rb"<key>(?:Challenge|[A-Za-z]*Password)</key>")


class _UnusualError(Exception):
    """Not for the short way."""


def read_plist(content: bytes) -> object:
    """The value of a property list, XML or binary; dates are naive UTC.

    Raises:
        ValueError and others that `plistlib` lets through: the content is damaged, or no property list.
    """
    if _PLAIN_HEAD.match(content):
        try:
            return _short_way(content)
        except (ET.ParseError, _UnusualError, ValueError, RecursionError):
            pass
    return plistlib.loads(content)


def _short_way(content: bytes) -> object:
    rest, payloads = _cut(content)
    # Without comments, CDATA and instructions around it, a well-formed element means the same on its own.
    if rest.count(b"<!") > 1 or rest.count(b"<?") > 1 or rest.count(b"<_") != len(payloads):
        rest, payloads = content, []
    if b"<!ENTITY" in rest:
        raise _UnusualError
    root = ET.fromstring(rest)  # noqa: S314  # no entities: checked in the lines above
    if root.tag != "plist" or len(root) != 1:
        raise _UnusualError
    return _value(root[0], map(_payload, payloads))


def _cut(content: bytes) -> tuple[bytes, list[bytes]]:
    """The list with an empty element in place of each payload, and the payloads."""
    rest: list[bytes] = []
    payloads: list[bytes] = []
    done = 0
    while (begin := content.find(_BEGIN, done)) >= 0 and (end := content.find(_END, begin)) >= 0:
        rest += (content[done:begin], _PLACE)
        done = end + len(_END)
        payloads.append(content[begin + 3 : done])
    return b"".join((*rest, content[done:])), payloads


def _payload(content: bytes) -> object:
    """A payload dictionary; one that may hold a secret is not kept."""
    return _parse(content) if _SECRET.search(content) else _known(content)


def _parse(content: bytes) -> object:
    return _value(ET.fromstring(content), iter(()))  # noqa: S314  # an element has none


_known = functools.lru_cache(maxsize=256)(_parse)


def _value(element: ET.Element, payloads: Iterator[object]) -> object:  # noqa: PLR0911 - one for each type
    """An element's value; `payloads` are those that were cut out, in order."""
    tag = element.tag
    if tag == "dict":
        children = list(element)
        keys, values = children[::2], children[1::2]
        return {
            _key(key): (value.text or "")
            if value.tag == "string" and not len(value)
            else _value(value, payloads)
            for key, value in zip(keys, values, strict=True)
        }
    if tag == "array":
        return [_value(child, payloads) for child in element]
    if len(element):
        raise _UnusualError
    text = element.text or ""
    match tag:
        case "string":
            return text
        case "_" if (payload := next(payloads, None)) is not None:
            return payload
        case "integer" if text.isdecimal():
            return int(text)
        case "data":
            return _data(text)
        case "true" | "false":
            return tag == "true"
        case _:
            raise _UnusualError


@functools.lru_cache(maxsize=256)  # a group's certificates are in each of its profiles
def _data(text: str) -> bytes:
    return binascii.a2b_base64(text)


def _key(element: ET.Element) -> str:
    if element.tag != "key" or len(element):
        raise _UnusualError
    return element.text or ""
