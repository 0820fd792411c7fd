"""The raw query string of a SCEP request: what clients really send, not what a form decoder expects."""

from __future__ import annotations

import binascii
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from scep_server.errors import UnanswerableError

# Line ends come from Cisco and strongSwan (%0A); a space is what a proxy makes of a "+" that Apple
# leaves bare; "-" and "_" are base64url.
_TO_STANDARD = bytes.maketrans(b"-_ ", b"+/+")
_LINE_ENDS = b"\r\n\t"
_LOOKED_AT = 16  # parameters; a line of nothing but separators would be tens of thousands


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """The two parameters of RFC 8894 §4.1.

    Attributes:
        operation: as sent; empty if absent.
        message: percent-decoded and nothing else: a "+" is still a "+".
    """

    operation: str
    message: bytes = field(repr=False)


def read_query(raw: bytes) -> Query:
    """Read a query string; unknown parameters are ignored, of a repeated one the first counts.

    No client sends more than three, and what is behind the sixteenth is not looked at.
    """
    found: dict[bytes, bytes] = {}
    for part in raw.split(b"&", _LOOKED_AT)[:_LOOKED_AT]:
        name, _, value = part.partition(b"=")
        found.setdefault(unquote_to_bytes(name).lower(), unquote_to_bytes(value))
    operation = found.get(b"operation", b"").strip()
    return Query(
        operation=operation.decode("ascii", "replace"),
        message=found.get(b"message", b""),
    )


def decode_message(message: bytes) -> bytes:
    """The bytes of a GET PKIOperation: base64 of either alphabet, with or without line ends and padding.

    Raises:
        UnanswerableError: it is not base64 by any of these readings.
    """
    text = message.translate(_TO_STANDARD, _LINE_ENDS).rstrip(b"=")
    try:
        return binascii.a2b_base64(text + b"=" * (-len(text) % 4), strict_mode=True)
    except binascii.Error as error:
        msg = f"the message parameter is not base64: {error}"
        raise UnanswerableError(msg) from error
