"""Writes DER, and on purpose the BER forms that some SCEP clients send (X.690). Reading is asn1crypto's."""

from __future__ import annotations

import string

from asn1crypto import core

SEQUENCE = 0x30
SET = 0x31
OCTET_STRING = 0x04
_PRINTABLE = frozenset(string.ascii_letters + string.digits + " '()+,-./:=?")


def tlv(tag: int, *contents: bytes) -> bytes:
    """One definite-length value; `tag` is the identifier octet."""
    content = b"".join(contents)
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + length.to_bytes(size, "big") + content


def indefinite(tag: int, *contents: bytes) -> bytes:
    """One constructed value of indefinite length (BER, X.690 §8.1.3.6)."""
    return bytes((tag, 0x80)) + b"".join(contents) + b"\x00\x00"


def sequence(*contents: bytes) -> bytes:
    """A SEQUENCE."""
    return tlv(SEQUENCE, *contents)


def set_of(*contents: bytes) -> bytes:
    """A SET OF, its members sorted as DER wants (X.690 §11.6)."""
    return tlv(SET, *sorted(contents))


def explicit(number: int, *contents: bytes) -> bytes:
    """A constructed context tag `[number]`."""
    return tlv(0xA0 | number, *contents)


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    return bytes(core.ObjectIdentifier(dotted).dump())


def integer(value: int) -> bytes:
    """An INTEGER."""
    return bytes(core.Integer(value).dump())


def octets(content: bytes) -> bytes:
    """A primitive OCTET STRING."""
    return tlv(OCTET_STRING, content)


def null() -> bytes:
    """A NULL."""
    return b"\x05\x00"


def bit_string(content: bytes) -> bytes:
    """A BIT STRING without unused bits."""
    return tlv(0x03, b"\x00", content)


def is_printable(text: str) -> bool:
    """Whether PrintableString (X.680 §41.4) can hold the text."""
    return _PRINTABLE.issuperset(text)


def printable(text: str) -> bytes:
    """A PrintableString; the caller knows that it fits."""
    return tlv(0x13, text.encode("ascii"))


def utf8(text: str) -> bytes:
    """A UTF8String."""
    return tlv(0x0C, text.encode())


def ia5(text: str) -> bytes:
    """An IA5String.

    Raises:
        UnicodeEncodeError: the text is not ASCII.
    """
    return tlv(0x16, text.encode("ascii"))


def algorithm(dotted: str, parameters: bytes = b"\x05\x00") -> bytes:
    """An AlgorithmIdentifier; NULL parameters unless told."""
    return sequence(oid(dotted), parameters)
