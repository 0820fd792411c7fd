"""RADIUS packets as bytes (RFC 2865, RFC 2869 §5.14, RFC 3579): what an access point sends and checks."""

from __future__ import annotations

import enum
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

from onboard.devices.errors import RadiusError
from onboard.secret import Secret

_HEADER = 20
_LONGEST = 4096
_VALUE = 253  # octets of one attribute (§5)


class Code(enum.IntEnum):
    """§4; those of authentication."""

    ACCESS_REQUEST = 1
    ACCESS_ACCEPT = 2
    ACCESS_REJECT = 3
    ACCESS_CHALLENGE = 11


class Attribute(enum.IntEnum):
    """Attribute types (RFC 2865 §5, RFC 2868 §3, RFC 2869 §5)."""

    USER_NAME = 1
    SERVICE_TYPE = 6
    FILTER_ID = 11
    FRAMED_MTU = 12
    REPLY_MESSAGE = 18
    STATE = 24
    CALLED_STATION_ID = 30
    CALLING_STATION_ID = 31
    NAS_IDENTIFIER = 32
    NAS_PORT_TYPE = 61
    TUNNEL_TYPE = 64
    TUNNEL_MEDIUM_TYPE = 65
    EAP_MESSAGE = 79
    MESSAGE_AUTHENTICATOR = 80
    TUNNEL_PRIVATE_GROUP_ID = 81


Attributes = tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A packet as it was sent; its authenticator is what a reply must answer to."""

    identifier: int
    authenticator: bytes
    packet: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered to one Request, after its authenticator was checked."""

    code: int
    attributes: Attributes

    def all(self, kind: Attribute) -> tuple[bytes, ...]:
        """The values of every attribute of a kind."""
        return tuple(value for number, value in self.attributes if number == kind)

    @property
    def eap(self) -> bytes:
        """The EAP packet, put together again (RFC 3579 §3.1); empty without one."""
        return b"".join(self.all(Attribute.EAP_MESSAGE))

    @property
    def vlan(self) -> int | None:
        """Tunnel-Private-Group-Id, where the tunnel is a VLAN over IEEE 802 (RFC 3580 §3.31)."""
        kind, medium = self._tunnel(Attribute.TUNNEL_TYPE), self._tunnel(Attribute.TUNNEL_MEDIUM_TYPE)
        values = self.all(Attribute.TUNNEL_PRIVATE_GROUP_ID)
        if (kind, medium) != (13, 6) or not values:
            return None
        # A first octet up to 0x1F is a tag (RFC 2868 §3.6).
        text = values[0][1:] if values[0][:1] <= b"\x1f" else values[0]
        return int(text) if text.isdigit() else None

    def _tunnel(self, kind: Attribute) -> int:
        values = self.all(kind)
        return int.from_bytes(values[0][1:], "big") if values and len(values[0]) == 4 else 0


def encode_request(
    identifier: int, authenticator: bytes, attributes: Attributes, eap: bytes, secret: Secret
) -> Request:
    """An Access-Request with EAP; Message-Authenticator comes first, as servers with BlastRADIUS checks like.

    Args:
        identifier: 0 to 255.
        authenticator: 16 random octets.
        attributes: all others, in order.
        eap: the EAP packet; it is split over as many attributes as it needs.
        secret: shared with the server.
    """
    pieces = [(Attribute.EAP_MESSAGE, eap[at : at + _VALUE]) for at in range(0, len(eap), _VALUE)]
    zeros = (int(Attribute.MESSAGE_AUTHENTICATOR), bytes(16))
    body = _encode([zeros, *attributes, *pieces])
    head = bytes((Code.ACCESS_REQUEST, identifier)) + (_HEADER + len(body)).to_bytes(2, "big") + authenticator
    digest = _hmac(secret, head + body)
    return Request(identifier, authenticator, head + body[:2] + digest + body[18:])


def decode_reply(packet: bytes, request: Request, secret: Secret) -> Reply:
    """A reply that the holder of the secret made for this request.

    Raises:
        RadiusError: it is none; whoever listens on a network may be sent anything.
    """
    length = int.from_bytes(packet[2:4], "big")
    if not _HEADER <= length <= min(len(packet), _LONGEST) or packet[1] != request.identifier:
        raise RadiusError("a packet came that answers nothing which was asked")
    packet = packet[:length]
    signed = packet[:4] + request.authenticator + packet[_HEADER:]
    expected = hashlib.md5(signed + _key(secret), usedforsecurity=False).digest()
    if not hmac.compare_digest(expected, packet[4:_HEADER]):
        msg = "the reply is not signed with the shared secret"
        raise RadiusError(msg, hint="the secret here and the one that the server has for this address differ")
    reply = Reply(packet[0], _decode(packet[_HEADER:]))
    _demand_message_authenticator(signed, reply, secret)
    return reply


def _demand_message_authenticator(signed: bytes, reply: Reply, secret: Secret) -> None:
    """RFC 3579 §3.2: wherever there is an EAP-Message."""
    found = reply.all(Attribute.MESSAGE_AUTHENTICATOR)
    if not found:
        if reply.eap:
            raise RadiusError("the reply carries EAP without a Message-Authenticator (RFC 3579 §3.2)")
        return
    at = _HEADER
    while signed[at] != Attribute.MESSAGE_AUTHENTICATOR:
        at += signed[at + 1]
    blank = signed[: at + 2] + bytes(16) + signed[at + 18 :]
    if not hmac.compare_digest(_hmac(secret, blank), found[0]):
        raise RadiusError("the Message-Authenticator of the reply is wrong")


def _encode(attributes: Iterable[tuple[int, bytes]]) -> bytes:
    return b"".join(bytes((kind, len(value) + 2)) + value for kind, value in attributes)


def _decode(body: bytes) -> Attributes:
    found, at = [], 0
    while at < len(body):
        length = body[at + 1] if at + 1 < len(body) else 0
        if length < 2 or at + length > len(body):
            raise RadiusError("an attribute of the reply is longer than the packet")
        found.append((body[at], body[at + 2 : at + length]))
        at += length
    if any(kind == Attribute.MESSAGE_AUTHENTICATOR and len(value) != 16 for kind, value in found):
        raise RadiusError("the Message-Authenticator of the reply has not 16 octets")
    return tuple(found)


def _hmac(secret: Secret, data: bytes) -> bytes:
    return hmac.new(_key(secret), data, "md5").digest()


def _key(secret: Secret) -> bytes:
    return secret.reveal().encode()
