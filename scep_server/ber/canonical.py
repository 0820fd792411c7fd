"""Turning BER into DER: what a signer signed, where that is not what it sent."""

from __future__ import annotations

from typing import Final

from scep_server.ber import tags
from scep_server.ber.reader import DEFAULT_LIMITS, BerError, Limits, Reader, read
from scep_server.ber.writer import tlv

INDEFINITE: Final = 0x80  # the length octet, X.690 §8.1.3.6.1


def to_der(data: bytes, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Re-encode one element as DER: definite lengths, whole strings, sorted universal SETs.

    Implicitly tagged strings that were cut into pieces stay as they are, because their type cannot be known
    from the bytes; neither signed attributes nor certification requests hold any.

    Raises:
        BerError: for bytes that are not one BER element within the limits.
    """
    reader = read(data, limits)
    encoded = _element(reader)
    reader.finish()
    return encoded


def definite(reader: Reader, tag: int) -> bytes:
    """The next element for comparison: as it stands or, where a stream encoder wrote it, as DER.

    Raises:
        BerError: it is missing, of another tag, or broken.
    """
    raw = reader.raw(tag)
    return to_der(raw) if raw[1] == INDEFINITE else raw


def _element(reader: Reader) -> bytes:
    tag = reader.tag
    if tag < 0:
        raise BerError("an element is missing")
    if tag & tags.NUMBER == tags.NUMBER:
        raise BerError("tag numbers above 30 are not used here")
    if tag & ~tags.CONSTRUCTED in tags.STRINGS and tag & tags.CONSTRUCTED:
        primitive = tag & ~tags.CONSTRUCTED
        if primitive == tags.BIT_STRING:
            return tlv(tags.BIT_STRING, b"\x00" + reader.bits())
        return tlv(primitive, reader.octets(primitive))
    if not tag & tags.CONSTRUCTED:
        return tlv(tag, reader.body(tag))
    inside = reader.enter(tag)
    parts = []
    while inside.more:
        parts.append(_element(inside))
    if tag == tags.SET:
        parts.sort()
    return tlv(tag, b"".join(parts))
