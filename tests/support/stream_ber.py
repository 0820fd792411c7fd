"""DER written anew as stream encoders write it: indefinite lengths, strings in pieces."""

from __future__ import annotations

from support.scep_keys import split, tlv


def as_ber(der: bytes, *, keep: tuple[bytes, ...] = (), piece: int = 64, definite: bool = False) -> bytes:
    """The same values as BouncyCastle's stream encoders write them.

    Constructed elements get indefinite lengths (or stay definite), strings are cut into pieces; elements in
    `keep` stay as they are.
    """
    encoded, rest = _element(der, keep, piece, definite)
    assert not rest
    return encoded


def _element(data: bytes, keep, piece: int, definite: bool) -> tuple[bytes, bytes]:
    tag, content, whole, rest = split(data)
    if whole in keep:
        return whole, rest
    if tag in (0x04, 0x80) and len(content) > piece:
        pieces = b"".join(tlv(4, content[i : i + piece]) for i in range(0, len(content), piece))
        return _constructed(0x24 if tag == 4 else 0xA0, pieces, definite), rest
    if not tag & 0x20:
        return whole, rest
    inside = b""
    while content:
        part, content = _element(content, keep, piece, definite)
        inside += part
    return _constructed(tag, inside, definite), rest


def _constructed(tag: int, content: bytes, definite: bool) -> bytes:
    return tlv(tag, content) if definite else bytes([tag, 0x80]) + content + b"\x00\x00"
