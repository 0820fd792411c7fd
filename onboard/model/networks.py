"""What a device joins: SSIDs, wires, and what it demands of their RADIUS servers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from onboard.apple_options import AppleSystem, Passpoint, Setting, TlsVersions
from onboard.errors import NOWHERE, Place
from onboard.model.kinds import NetworkType, Platform, Security
from onboard.options import EapMethod, RadiusType
from onboard.secret import SecretReference

_UNSAYABLE = re.compile(r"[\x00-\x1f\x7f\ufffe\uffff]")  # the last two are in no XML


@dataclass(frozen=True, slots=True)
class Ssid:
    """A network name: 1 to 32 octets of UTF-8 (IEEE 802.11-2020, 9.4.2.2)."""

    text: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.octets) <= 32:
            msg = f"an SSID is 1 to 32 bytes of UTF-8 (IEEE 802.11-2020, 9.4.2.2); this is {len(self.octets)}"
            raise ValueError(msg)
        if _UNSAYABLE.search(self.text):
            msg = "an SSID with control characters cannot be shown or typed"
            raise ValueError(msg)

    @property
    def octets(self) -> bytes:
        """The bytes on the air."""
        return self.text.encode()

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What a RADIUS server's chain must end in: an authority of this org, or a certificate file."""

    authority: str = ""
    file: str = ""  # relative to the org file
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The key under which its certificate is found: authority name, or "file:PATH"."""
        return self.authority or f"file:{self.file}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiusClient:
    """Who may ask a RADIUS server: the access points, switches and controllers of one site."""

    name: str  # the site, as `vlan` names it
    addresses: tuple[str, ...]  # addresses or networks, as CIDR
    secret: SecretReference  # env: or file:
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Radius:
    """What a device demands of the network before it offers its certificate."""

    name: str
    server_names: tuple[str, ...]  # lower-case DNS names; one leading "*." label is allowed
    trust: tuple[Anchor, ...]
    type: RadiusType = RadiusType.FREERADIUS
    tls: TlsVersions = field(default_factory=TlsVersions)
    issue: bool = True  # our PKI makes the server certificate, where `trust` names an authority of ours
    clients: tuple[RadiusClient, ...] = ()
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """An 802.1X network: an SSID or the wire."""

    name: str
    type: NetworkType
    radius: Radius
    more_radius: tuple[Radius, ...] = ()  # other clusters that answer there
    ssid: Ssid | None = None  # None exactly for Ethernet
    security: Security | None = None  # None exactly for Ethernet
    eap: EapMethod = EapMethod.TLS  # of Windows; everybody else does EAP-TLS
    fips: bool = False  # Windows encrypts by FIPS 140 validated code; WPA2 only
    mac_randomization: bool = False  # of Windows; Apple's is under `apple`
    hidden: bool = False  # devices must ask for it wherever they are
    outer_identity: str = ""  # Apple: what is said before TLS 1.3 hides the rest
    passpoint: Passpoint | None = None
    apple: Mapping[str, Setting] = field(
        default_factory=dict, hash=False
    )  # keys of apple_options.NETWORK_KEYS
    platforms: tuple[Platform, ...] = ()  # it is for these alone; empty: for all
    apple_systems: tuple[AppleSystem, ...] = ()  # of Apple's, the ones that were named; empty: all or none
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    def is_for(self, platform: Platform) -> bool:
        """Whether devices of a platform are told of it."""
        return not self.platforms or platform in self.platforms

    @property
    def servers(self) -> tuple[Radius, ...]:
        """Every RADIUS entry that answers there."""
        return (self.radius, *self.more_radius)
