"""Writing DER (X.690 §10, §11) from parts that are DER already."""

from __future__ import annotations

import functools
from datetime import UTC, datetime

from scep_server.ber import tags


def tlv(tag: int, content: bytes) -> bytes:
    """One element: identifier octet, shortest length, content."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    if length < 0x100:
        return bytes((tag, 0x81, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def sequence(*parts: bytes) -> bytes:
    """SEQUENCE of the parts in this order."""
    return tlv(tags.SEQUENCE, b"".join(parts))


def set_of(*parts: bytes) -> bytes:
    """SET OF the parts, sorted as DER demands (X.690 §11.6)."""
    return tlv(tags.SET, b"".join(sorted(parts)))


def set_in_order(tag: int, parts: tuple[bytes, ...]) -> bytes:
    """A SET OF that keeps the order given.

    DER would sort it, yet Apple takes the first certificate of a reply as the identity, and of GetCACert the
    first that fits as the RA. Every parser in use reads both orders.
    """
    return tlv(tag, b"".join(parts))


def implicit(number: int, content: bytes, *, constructed: bool = True) -> bytes:
    """A context-specific element [number] around content octets, or around a whole element when EXPLICIT."""
    return tlv((tags.CONTEXT_CONSTRUCTED if constructed else tags.CONTEXT) | number, content)


def integer(value: int) -> bytes:
    """INTEGER."""
    return tlv(tags.INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def octet_string(content: bytes) -> bytes:
    """OCTET STRING."""
    return tlv(tags.OCTET_STRING, content)


def null() -> bytes:
    """NULL."""
    return b"\x05\x00"


def printable_string(text: str) -> bytes:
    """PrintableString; the text is ASCII."""
    return tlv(tags.PRINTABLE_STRING, text.encode("ascii"))


def utf8_string(text: str) -> bytes:
    """UTF8String."""
    return tlv(tags.UTF8_STRING, text.encode("utf-8"))


def utc_time(moment: datetime) -> bytes:
    """Time as RFC 5652 §11.3 wants it: UTCTime through 2049, GeneralizedTime after; to the second, in UTC."""
    utc = moment.astimezone(UTC)
    year, rest = utc.year, b"%02d%02d%02d%02d%02dZ" % (utc.month, utc.day, utc.hour, utc.minute, utc.second)
    if 1950 <= year < 2050:
        return tlv(tags.UTC_TIME, b"%02d%b" % (year % 100, rest))
    return tlv(tags.GENERALIZED_TIME, b"%04d%b" % (year, rest))


@functools.lru_cache(maxsize=256)
def object_identifier(dotted: str) -> bytes:
    """OBJECT IDENTIFIER from its dotted form."""
    first, second, *rest = map(int, dotted.split("."))
    return tlv(tags.OBJECT_IDENTIFIER, b"".join(map(_arc, (40 * first + second, *rest))))


def _arc(value: int) -> bytes:
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.append(value & 0x7F | 0x80)
    return bytes(reversed(octets))
