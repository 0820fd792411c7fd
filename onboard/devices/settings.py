"""What any device reads out of its artifacts: how to enrol, and how to join each network."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import timedelta

from cryptography import x509

from onboard.devices.identity import EapIdentity, IdentityRule
from onboard.devices.passpoint import Provider
from onboard.devices.scep.ca_certificates import Fingerprint
from onboard.devices.scep.csr import CertificateRequest
from onboard.devices.scep.request_shape import RequestShape
from onboard.devices.server_names import ServerNames

EAP_TLS = 13


class Medium(enum.StrEnum):
    """What a network runs over."""

    WIFI = "wifi"
    ETHERNET = "ethernet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How a device goes on asking where the server answers PENDING (RFC 8894 §3.3.3)."""

    polls: int | None  # None: until it is stopped
    every: timedelta | None = None  # None: as its software sees fit

    def __str__(self) -> str:
        """For people."""
        if self.polls is None or self.every is None:
            return "until it is stopped"
        seconds = int(self.every.total_seconds())
        pause = f"{seconds // 60} min" if seconds >= 60 and not seconds % 60 else f"{seconds} s"
        return f"{self.polls} times, {pause} apart"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentSettings:
    """With what, where and how to enrol."""

    url: str
    request: CertificateRequest  # holds the challenge
    key_bits: int
    shape: RequestShape
    pin: Fingerprint | None  # None: this platform's artifact cannot pin
    patience: Patience | None  # None: PENDING is a failure
    identifier: str = ""  # CA identifier (Apple's Name); empty for the client's own


class TunnelMethod(enum.StrEnum):
    """EAP methods that run EAP-TLS inside."""

    PEAP = "PEAP"
    TEAP = "TEAP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tunnel:
    """What is around the EAP-TLS of a network; its roots and server names are the network's own."""

    method: TunnelMethod
    inner_anchors: tuple[x509.Certificate, ...] = field(repr=False)  # empty: the inside does not look again
    inner_names: ServerNames
    anonymous: str = ""  # said outside, before the realm of the identity; empty: the identity itself
    crypto_binding: bool = False  # the server must prove that inside and outside have the same ends


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """One network that the artifact configures for EAP-TLS, plain or in a tunnel."""

    name: str  # the SSID, or what the artifact calls the wire
    medium: Medium
    ssid: bytes  # empty on Ethernet, and where the provider alone leads to the network
    anchors: tuple[x509.Certificate, ...] = field(repr=False)  # whom the RADIUS server must chain to
    server_names: ServerNames
    identity: IdentityRule  # which certificate the device offers
    eap_identity: EapIdentity  # what it says when asked who it is
    tunnel: Tunnel | None = None  # None: plain EAP-TLS
    provider: Provider | None = None  # Passpoint: how the network is found without its SSID
    tls_minimum: str = "1.0"
    tls_maximum: str = "1.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """Who sees to a fresh certificate, when, and how."""

    by: str  # the program or person, such as "certmonger"
    within: (
        timedelta | None
    )  # from this long before the end; None: whenever somebody pushes the artifact again
    signed: bool  # the old certificate signs and no challenge is needed; else the device enrols anew


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSettings:
    """Everything a device learnt from its artifacts."""

    platform: str
    enrolment: EnrolmentSettings | None  # None: nothing in the artifacts enrols (android without an agent)
    networks: tuple[NetworkSettings, ...]
    certificates: tuple[x509.Certificate, ...] = field(repr=False)  # installed by the artifact
    renewal: Renewal | None = None  # None: nothing that is enrolled here
