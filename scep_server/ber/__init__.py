"""Bounded BER reading and DER writing (X.690), as much of both as CMS, PKCS#10 and X.509 names need.

asn1crypto takes four times as long and refuses encodings that BouncyCastle clients send, hence this room.
"""

from __future__ import annotations

from scep_server.ber.canonical import definite, to_der
from scep_server.ber.reader import BerError, Limits, Reader, read
from scep_server.ber.writer import (
    implicit,
    integer,
    null,
    object_identifier,
    octet_string,
    printable_string,
    sequence,
    set_in_order,
    set_of,
    tlv,
    utc_time,
    utf8_string,
)

__all__ = [
    "BerError",
    "Limits",
    "Reader",
    "definite",
    "implicit",
    "integer",
    "null",
    "object_identifier",
    "octet_string",
    "printable_string",
    "read",
    "sequence",
    "set_in_order",
    "set_of",
    "tlv",
    "to_der",
    "utc_time",
    "utf8_string",
]
