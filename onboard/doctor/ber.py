"""Puts BER of foreign servers into definite lengths, so that asn1crypto can read it; notes what it did."""

from __future__ import annotations

from collections.abc import Iterator

from asn1crypto import parser

from onboard.devices.scep import der

_DEPTH = 24  # deeper than any CMS of SCEP
_CONSTRUCTED_OCTETS = 0x24


def definite(encoded: bytes, *, implicit: bool = False, depth: int = _DEPTH) -> bytes:
    """One value with definite lengths, its cut strings joined.

    Args:
        encoded: BER.
        implicit: also joins a constructed [0] that holds OCTET STRINGs only: encryptedContent. Not for
            SignedData, where [0] around one OCTET STRING is EXPLICIT and means what it says.
        depth: that many levels at most.

    Raises:
        ValueError: it is not BER, or too deep.
    """
    if depth == 0:
        msg = "nested too deeply"
        raise ValueError(msg)
    kind, method, tag, _, content, _ = parser.parse(encoded)
    if method == 0:
        return encoded
    children = list(_children(content))
    if encoded[0] == _CONSTRUCTED_OCTETS:
        return der.octets(_joined(children, depth))
    if implicit and (kind, tag) == (2, 0) and children and all(_is_octets(child) for child in children):
        return der.tlv(0x80, _joined(children, depth))
    inner = [definite(child, implicit=implicit, depth=depth - 1) for child in children]
    return der.tlv(encoded[0], *inner)


def has_constructed_content(encoded: bytes) -> bool:
    """Whether an EnvelopedData's encryptedContent is constructed, which DER and CMS in practice are not.

    Args:
        encoded: the ContentInfo of the envelope.

    Raises:
        ValueError: it is no such thing.
    """
    _, enveloped = _children(_content(encoded))
    (body,) = _children(_content(enveloped))
    encrypted = [child for child in _children(_content(body)) if child[0] == der.SEQUENCE][-1]
    return list(_children(_content(encrypted)))[-1][0] == 0xA0


def _joined(pieces: list[bytes], depth: int) -> bytes:
    return b"".join(_content(definite(piece, depth=depth - 1)) for piece in pieces)


def _is_octets(encoded: bytes) -> bool:
    return encoded[0] in (der.OCTET_STRING, _CONSTRUCTED_OCTETS)


def _content(encoded: bytes) -> bytes:
    return bytes(parser.parse(encoded)[4])


def _children(content: bytes) -> Iterator[bytes]:
    while content:
        size = parser.peek(content)
        yield content[:size]
        content = content[size:]
