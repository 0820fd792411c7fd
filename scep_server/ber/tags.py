"""Identifier octets (X.690 §8.1.2) of the types in use."""

from __future__ import annotations

from typing import Final

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
UTF8_STRING: Final = 0x0C
NUMERIC_STRING: Final = 0x12
PRINTABLE_STRING: Final = 0x13
TELETEX_STRING: Final = 0x14
IA5_STRING: Final = 0x16
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
VISIBLE_STRING: Final = 0x1A
UNIVERSAL_STRING: Final = 0x1C
BMP_STRING: Final = 0x1E
SEQUENCE: Final = 0x30
SET: Final = 0x31

NUMBER: Final = 0x1F  # the bits of the number; all set: more octets follow
CONSTRUCTED: Final = 0x20
CONTEXT: Final = 0x80  # context-specific, primitive, number 0
CONTEXT_CONSTRUCTED: Final = 0xA0  # context-specific, constructed, number 0

# Types that BER lets a sender cut into pieces (X.690 §8.6.3, §8.7.3, §8.23); DER does not.
STRINGS: Final = frozenset(
    {
        BIT_STRING,
        OCTET_STRING,
        UTF8_STRING,
        NUMERIC_STRING,
        PRINTABLE_STRING,
        TELETEX_STRING,
        IA5_STRING,
        UTC_TIME,
        GENERALIZED_TIME,
        VISIBLE_STRING,
        UNIVERSAL_STRING,
        BMP_STRING,
    }
)
