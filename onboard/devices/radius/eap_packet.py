"""EAP packets and the fragments of EAP-TLS as bytes (RFC 3748 §4, RFC 5216 §2.1.5 and §3)."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field

from onboard.devices.errors import RadiusError

FRAGMENT = 1000  # octets of TLS in one packet: fits an Ethernet frame through every access point
_LARGEST = 256 * 1024  # of one TLS message flight; a chain of a hundred certificates is no chain
_LENGTH, _MORE, _START = 0x80, 0x40, 0x20


class EapCode(enum.IntEnum):
    """RFC 3748 §4."""

    REQUEST = 1
    RESPONSE = 2
    SUCCESS = 3
    FAILURE = 4


class EapType(enum.IntEnum):
    """RFC 3748 §5; those that are met here."""

    IDENTITY = 1
    NOTIFICATION = 2
    NAK = 3
    TLS = 13


@dataclass(frozen=True, slots=True)
class EapPacket:
    """One packet; `kind` and `data` are empty for Success and Failure."""

    code: int
    identifier: int
    kind: int = 0
    data: bytes = field(default=b"", repr=False)

    def encode(self) -> bytes:
        """The packet as it travels."""
        body = bytes((self.kind,)) + self.data if self.kind else b""
        return bytes((self.code, self.identifier)) + (4 + len(body)).to_bytes(2, "big") + body

    @classmethod
    def decode(cls, packet: bytes) -> EapPacket:
        """Read one; raises RadiusError where the bytes are none."""
        length = int.from_bytes(packet[2:4], "big")
        if not 4 <= length <= len(packet):
            raise RadiusError("the server sent something that is no EAP packet")
        kind = packet[4] if length > 4 else 0
        return cls(packet[0], packet[1], kind, packet[5:length])


@dataclass(frozen=True, slots=True)
class Fragment:
    """The data of an EAP-TLS packet."""

    start: bool
    more: bool
    data: bytes = field(repr=False)

    @classmethod
    def decode(cls, data: bytes) -> Fragment:
        """Flags, the length where it is stated, TLS; raises RadiusError."""
        if not data:
            raise RadiusError("an EAP-TLS packet has no flags")
        skipped = 5 if data[0] & _LENGTH else 1
        if len(data) < skipped:
            raise RadiusError("an EAP-TLS packet ends within its length")
        return cls(bool(data[0] & _START), bool(data[0] & _MORE), data[skipped:])


def fragments(tls: bytes) -> Iterator[bytes]:
    """The data of the packets that carry a flight of TLS; one empty packet for none."""
    pieces = [tls[at : at + FRAGMENT] for at in range(0, len(tls), FRAGMENT)] or [b""]
    for number, piece in enumerate(pieces):
        flags = _MORE if number < len(pieces) - 1 else 0
        if number == 0 and len(pieces) > 1:
            yield bytes((flags | _LENGTH,)) + len(tls).to_bytes(4, "big") + piece
        else:
            yield bytes((flags,)) + piece


class Assembly:
    """Puts the fragments of one flight together."""

    def __init__(self) -> None:
        """Empty."""
        self._held = b""

    def add(self, fragment: Fragment) -> bytes | None:
        """The whole flight with its last fragment; None before. Raises RadiusError for an endless one."""
        self._held += fragment.data
        if len(self._held) > _LARGEST:
            raise RadiusError("the server sends more than any TLS handshake has")
        if fragment.more:
            return None
        whole, self._held = self._held, b""
        return whole
