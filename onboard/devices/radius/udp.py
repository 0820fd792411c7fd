"""Carries a RADIUS conversation over UDP: sends, waits, sends again (RFC 2865 §2.5)."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509

from onboard.devices.errors import RadiusError
from onboard.devices.radius.eap import Conversation, EapOutcome
from onboard.devices.radius.tls_peer import TlsPeer, Trust
from onboard.devices.scep.client import Identity
from onboard.devices.settings import NetworkSettings
from onboard.secret import Secret

_TRIES = 3
_ROUNDS = 200  # packets; a handshake has a dozen
_SIZE = 4096


def authenticate(
    network: NetworkSettings,
    identity: Identity,
    chain: Sequence[x509.Certificate],
    address: tuple[str, int],
    secret: Secret,
    folder: Path,
    *,
    timeout: float = 3.0,
) -> EapOutcome:
    """EAP-TLS as a device with this network would do it, against a RADIUS server.

    Args:
        network: from the artifact: anchors, names and TLS versions come from here.
        identity: certificate and key.
        chain: what the device holds besides.
        address: host and port of the server.
        secret: that the server has for this machine.
        folder: private.
        timeout: seconds to wait before a packet is sent again, three times.

    Raises:
        RadiusError: no answer, or none that can be believed.
    """

    def judge(server: x509.Certificate) -> str:
        if network.server_names.accepts(server):
            return ""
        return "the server's certificate carries none of the names that the profile demands"

    trust = Trust(
        anchors=network.anchors, judge=judge, minimum=network.tls_minimum, maximum=network.tls_maximum
    )
    peer = TlsPeer(trust, identity, chain, folder)
    name = network.eap_identity.of(identity.certificate)
    conversation = Conversation(network, name, peer, secret, os.urandom)
    with _connected(address) as sock:
        sock.settimeout(timeout)
        packet = conversation.start()
        for _ in range(_ROUNDS):
            following = conversation.take(_exchange(sock, packet, address))
            if following is None:
                break
            packet = following
    if conversation.outcome is None:
        raise RadiusError("the server does not come to an end")
    return conversation.outcome


def _connected(address: tuple[str, int]) -> socket.socket:
    """A connected socket hears of a closed port, and of nobody but the server."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(*address, type=socket.SOCK_DGRAM)[0]
        sock = socket.socket(family, kind, protocol)
        sock.connect(place)
    except OSError as error:
        msg = f"{address[0]}: {error.strerror or error}"
        raise RadiusError(msg, hint="--server HOST or HOST:PORT says where the server is") from error
    return sock


def _exchange(sock: socket.socket, packet: bytes, address: tuple[str, int]) -> bytes:
    where = f"{address[0]} port {address[1]}"
    for _ in range(_TRIES):
        try:
            sock.send(packet)
            while (reply := sock.recv(_SIZE))[1:2] != packet[1:2]:
                pass  # a late answer to a packet that was sent twice
        except TimeoutError:
            continue
        except OSError as error:
            msg = f"{where}: {error.strerror}"
            raise RadiusError(msg, hint="no RADIUS server listens there") from error
        else:
            return reply
    msg = f"{where} does not answer"
    raise RadiusError(
        msg,
        hint="a RADIUS server is silent where this machine is not among its clients, or the secret differs",
    )
