"""EAP-TLS over RADIUS as an access point and a device speak it together (RFC 3579, RFC 5216): no socket.

`start` gives the first packet; each answer of the server goes into `take`, which gives the next one, or None
at the end. Then the outcome is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cryptography import x509

from onboard.devices.errors import RadiusError
from onboard.devices.radius.eap_packet import Assembly, EapCode, EapPacket, EapType, Fragment, fragments
from onboard.devices.radius.packet import (
    Attribute,
    Attributes,
    Code,
    Reply,
    Request,
    decode_reply,
    encode_request,
)
from onboard.devices.radius.tls_peer import TlsPeer
from onboard.devices.settings import Medium, NetworkSettings
from onboard.secret import Secret

_ACCESS_POINT = b"02-00-00-00-00-02"
_DEVICE = b"02-00-00-00-00-01"
_PORT_TYPES = {Medium.ETHERNET: 15, Medium.WIFI: 19}  # RFC 2865 §5.41
REJECTED = "the RADIUS server rejected the device"
_FRAMED = 2  # Service-Type
_MTU = 1400


@dataclass(frozen=True, slots=True, kw_only=True)
class EapOutcome:
    """What came of it.

    Attributes:
        accepted: Access-Accept.
        reason: why not; empty where accepted.
        by_device: the device refused the server, not the other way round.
        vlan: as assigned; None without one.
        filter_id: Filter-Id of the reply; empty without one.
        tls: version, such as "1.2"; empty where it was never agreed.
        server: the server's certificates, its own first; TLS 1.3 shows that one alone.
    """

    accepted: bool
    reason: str = ""
    by_device: bool = False
    vlan: int | None = None
    filter_id: str = ""
    tls: str = ""
    server: tuple[x509.Certificate, ...] = field(default=(), repr=False)


class Conversation:
    """One attempt to get onto a network."""

    def __init__(
        self,
        network: NetworkSettings,
        identity: str,
        peer: TlsPeer,
        secret: Secret,
        random: Callable[[int], bytes],
    ) -> None:
        """Ready to start.

        Args:
            network: where the access point or switch stands.
            identity: the answer to EAP-Request/Identity.
            peer: the device's TLS.
            secret: shared by access point and server.
            random: gives octets.
        """
        self.outcome: EapOutcome | None = None
        self._peer = peer
        self._secret = secret
        self._random = random
        self._identity = identity.encode()
        self._attributes = _where(network, self._identity)
        self._state: bytes = b""
        self._number = 0
        self._request: Request | None = None
        self._assembly = Assembly()
        self._unsent: Iterator[bytes] = iter(())

    def start(self) -> bytes:
        """The first packet: the identity, which the access point asked for itself."""
        return self._send(EapPacket(EapCode.RESPONSE, 0, EapType.IDENTITY, self._identity))

    def take(self, packet: bytes) -> bytes | None:
        """The answer to the server's packet; None at the end.

        Raises:
            RadiusError: the packet is not from the server, or nothing that EAP-TLS knows.
        """
        if self._request is None:
            raise RadiusError("nothing was asked yet")
        reply = decode_reply(packet, self._request, self._secret)
        match reply.code:
            case Code.ACCESS_CHALLENGE:
                return self._challenge(reply)
            case Code.ACCESS_ACCEPT | Code.ACCESS_REJECT:
                self._end(reply)
                return None
        msg = f"the server answered with code {reply.code}, which is no answer to an Access-Request"
        raise RadiusError(msg)

    def _challenge(self, reply: Reply) -> bytes | None:
        self._state = b"".join(reply.all(Attribute.STATE)[:1])
        asked = EapPacket.decode(reply.eap)
        if asked.code != EapCode.REQUEST:
            raise RadiusError("the server's Access-Challenge holds no EAP-Request")
        match asked.kind:
            case EapType.TLS:
                return self._tls(asked)
            case EapType.IDENTITY:
                return self._answer(asked, EapType.IDENTITY, self._identity)
            case EapType.NOTIFICATION:
                return self._answer(asked, EapType.NOTIFICATION, b"")
        return self._answer(asked, EapType.NAK, bytes((EapType.TLS,)))

    def _tls(self, asked: EapPacket) -> bytes | None:
        fragment = Fragment.decode(asked.data)
        waiting = next(self._unsent, None)
        if waiting is not None and not fragment.data:  # an acknowledgement: it wants the next piece
            return self._answer(asked, EapType.TLS, waiting)
        flight = b"" if fragment.start else self._assembly.add(fragment)
        if flight is None:
            return self._answer(asked, EapType.TLS, b"\x00")
        ready = self._peer.step(flight)
        if self._peer.refusal and not ready:
            self._refuse()
            return None
        self._unsent = fragments(ready)
        return self._answer(asked, EapType.TLS, next(self._unsent))

    def _answer(self, asked: EapPacket, kind: EapType, data: bytes) -> bytes:
        return self._send(EapPacket(EapCode.RESPONSE, asked.identifier, kind, data))

    def _send(self, eap: EapPacket) -> bytes:
        state: Attributes = ((Attribute.STATE, self._state),) if self._state else ()
        self._request = encode_request(
            self._number, self._random(16), (*self._attributes, *state), eap.encode(), self._secret
        )
        self._number = (self._number + 1) % 256
        return self._request.packet

    def _refuse(self) -> None:
        self.outcome = EapOutcome(
            accepted=False,
            reason=self._peer.refusal,
            by_device=True,
            tls=self._peer.version,
            server=self._peer.server,
        )

    def _end(self, reply: Reply) -> None:
        if self._peer.refusal:
            self._refuse()
            return
        accepted = reply.code == Code.ACCESS_ACCEPT
        words = b" ".join(reply.all(Attribute.REPLY_MESSAGE)).decode("utf-8", "replace")
        self.outcome = EapOutcome(
            accepted=accepted,
            reason="" if accepted else self._peer.alert or words or REJECTED,
            vlan=reply.vlan if accepted else None,
            filter_id=b" ".join(reply.all(Attribute.FILTER_ID)).decode("utf-8", "replace"),
            tls=self._peer.version,
            server=self._peer.server,
        )


def _where(network: NetworkSettings, identity: bytes) -> Attributes:
    """What the access point or switch says of itself; the SSID is in Called-Station-Id (RFC 3580 §3.20)."""
    called = _ACCESS_POINT + (b":" + network.ssid if network.ssid else b"")
    return (
        (Attribute.USER_NAME, identity),
        (Attribute.NAS_IDENTIFIER, b"onboard"),
        (Attribute.NAS_PORT_TYPE, _PORT_TYPES[network.medium].to_bytes(4, "big")),
        (Attribute.CALLED_STATION_ID, called),
        (Attribute.CALLING_STATION_ID, _DEVICE),
        (Attribute.SERVICE_TYPE, _FRAMED.to_bytes(4, "big")),
        (Attribute.FRAMED_MTU, _MTU.to_bytes(4, "big")),
    )
