"""What an org may ask of Apple devices beyond the common case, under Apple's own key names.

`apple:` under a network or group takes the keys of these tables as they are in apple/device-management
(mdm/profiles/com.apple.wifi.managed.yaml, TopLevel.yaml). Systems are those of `platforms`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Setting: TypeAlias = "str | int | bool | tuple[str, ...] | Mapping[str, Setting]"


class AppleSystem(enum.StrEnum):
    """Apple's systems, as keys of `platforms`."""

    IOS = "ios"
    IPADOS = "ipados"
    MACOS = "macos"
    TVOS = "tvos"
    VISIONOS = "visionos"
    WATCHOS = "watchos"


class Scope(enum.StrEnum):
    """Whose keychain on a Mac."""

    SYSTEM = "system"
    USER = "user"


class Kind(enum.Enum):
    """What a key holds."""

    BOOLEAN = "boolean"
    TEXT = "text"
    PORT = "port"
    URL = "url"
    CHOICE = "choice"
    CHOICES = "choices"  # a list of different ones
    TEXTS = "texts"
    LANGUAGES = "languages"  # language -> text, with `default`
    KEYS = "keys"  # a dictionary with keys of its own


class Medium(enum.Enum):
    """Where a key of a network may stand."""

    WIFI = "wifi"
    ETHERNET = "ethernet"
    ANY = "any"


_ALL = frozenset(AppleSystem)
_MACOS = frozenset({AppleSystem.MACOS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One of Apple's keys that an org may write."""

    kind: Kind
    about: str  # for editors
    medium: Medium = Medium.ANY
    choices: tuple[str, ...] = ()
    keys: Mapping[str, Key] = field(default_factory=dict)
    systems: frozenset[AppleSystem] = _ALL  # those that know it
    pattern: str = ""  # of each text


INTERFACES: Mapping[str, str] = {
    "AnyEthernet": "com.apple.globalethernet.managed",
    "FirstActiveEthernet": "com.apple.firstactiveethernet.managed",
    "SecondActiveEthernet": "com.apple.secondactiveethernet.managed",
    "ThirdActiveEthernet": "com.apple.thirdactiveethernet.managed",
    "FirstEthernet": "com.apple.firstethernet.managed",
    "SecondEthernet": "com.apple.secondethernet.managed",
    "ThirdEthernet": "com.apple.thirdethernet.managed",
}
NETWORK_KEYS: Mapping[str, Key] = {
    "AutoJoin": Key(kind=Kind.BOOLEAN, medium=Medium.WIFI, about="Join by itself; true when absent."),
    "CaptiveBypass": Key(
        kind=Kind.BOOLEAN,
        medium=Medium.WIFI,
        systems=_ALL - _MACOS,
        about="Never show a portal's sheet on this network; true when absent.",
    ),
    "DisableAssociationMACRandomization": Key(
        kind=Kind.BOOLEAN,
        medium=Medium.WIFI,
        systems=_ALL - {AppleSystem.TVOS},
        about="Use the hardware address; devices then show a privacy warning.",
    ),
    "EnableIPv6": Key(kind=Kind.BOOLEAN, about="Use IPv6; true when absent."),
    "QoSMarkingPolicy": Key(
        kind=Kind.KEYS,
        medium=Medium.WIFI,
        about="Which applications' traffic keeps its marks (fast lane).",
        keys={
            "QoSMarkingEnabled": Key(kind=Kind.BOOLEAN, about="Mark at all."),
            "QoSMarkingAppleAudioVideoCalls": Key(kind=Kind.BOOLEAN, about="FaceTime and Wi-Fi calling."),
            "QoSMarkingAllowListAppIdentifiers": Key(
                kind=Kind.TEXTS,
                pattern=r"[A-Za-z0-9.-]+",
                about="Bundle identifiers that may mark; iOS 14.5, macOS 14.",
            ),
        },
    ),
    "ProxyType": Key(
        kind=Kind.CHOICE,
        choices=("None", "Manual", "Auto"),
        about="Auto needs ProxyPACURL; None when absent.",
    ),
    "ProxyServer": Key(kind=Kind.TEXT, pattern=r"[A-Za-z0-9._:-]+", about="Host of a manual proxy."),
    "ProxyServerPort": Key(kind=Kind.PORT, about="Port of a manual proxy."),
    "ProxyPACURL": Key(kind=Kind.URL, about="Where the proxy configuration is fetched; http or https."),
    "ProxyPACFallbackAllowed": Key(
        kind=Kind.BOOLEAN, about="Go without the proxy where its configuration cannot be fetched."
    ),
    "SetupModes": Key(
        kind=Kind.CHOICES,
        choices=("System", "Loginwindow"),
        systems=_MACOS,
        about="Macs: join before login (System) or with the login window; needs scope system.",
    ),
    "Interface": Key(
        kind=Kind.CHOICE,
        choices=tuple(INTERFACES),
        medium=Medium.ETHERNET,
        about="Which port; AnyEthernet when absent, the others on Macs only.",
    ),
}
GROUP_KEYS: Mapping[str, Key] = {
    "ConsentText": Key(
        kind=Kind.LANGUAGES,
        about="A text to agree to before installation, by language; `default` for others.",
    ),
    "PayloadRemovalDisallowed": Key(
        kind=Kind.BOOLEAN,
        systems=_ALL - {AppleSystem.VISIONOS, AppleSystem.WATCHOS},
        about="People cannot remove the profile; supervised or managed devices only.",
    ),
}

# The first version of each system with something that a group may need.
ETHERNET_SINCE: Mapping[AppleSystem, tuple[int, ...]] = {
    AppleSystem.IOS: (17,),
    AppleSystem.IPADOS: (17,),
    AppleSystem.MACOS: (10, 13),
    AppleSystem.TVOS: (17,),
}
SHA256_PIN_SINCE: Mapping[AppleSystem, tuple[int, ...]] = {
    AppleSystem.IOS: (16,),
    AppleSystem.IPADOS: (16,),
    AppleSystem.MACOS: (13,),
    AppleSystem.TVOS: (16,),
    AppleSystem.WATCHOS: (9,),
    AppleSystem.VISIONOS: (1,),
}
WPA3_SINCE: Mapping[AppleSystem, tuple[int, ...]] = {
    AppleSystem.IOS: (13,),
    AppleSystem.IPADOS: (13,),
    AppleSystem.MACOS: (10, 15),
    AppleSystem.TVOS: (13,),
    AppleSystem.WATCHOS: (6,),
    AppleSystem.VISIONOS: (1,),
}
TARGET_DEVICE_TYPE: Mapping[AppleSystem, int] = {
    AppleSystem.IOS: 1,
    AppleSystem.IPADOS: 1,
    AppleSystem.WATCHOS: 2,
    AppleSystem.TVOS: 4,
    AppleSystem.MACOS: 5,
    AppleSystem.VISIONOS: 6,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Passpoint:
    """A network that is found by its provider's domain and consortiums, whatever its SSID."""

    domain: str
    roaming_consortiums: tuple[str, ...] = ()  # 6 or 10 hex digits, upper case


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsVersions:
    """Which TLS versions a RADIUS server takes."""

    minimum: str = "1.2"
    maximum: str = "1.2"  # 1.3: Apple devices then demand a stapled OCSP answer


@dataclass(frozen=True, slots=True, kw_only=True)
class AcmeServer:
    """An org's ACME server, and what devices do there; keys are in secure hardware, so they are EC."""

    directory: str  # its directory, https
    client_identifier: str = "${device.serial}"  # what a device calls itself there; may hold variables
    key_bits: int = 384  # 256 or 384
    attest: bool = True  # whether Apple vouches for the device and its key


@dataclass(frozen=True, slots=True, kw_only=True)
class AppleOptions:
    """What a group says of its Apple devices."""

    # system -> oldest version, () where unknown; empty: all of them
    systems: Mapping[AppleSystem, tuple[int, ...]] = field(default_factory=dict, hash=False)
    scope: Scope | None = None  # None: as the certificate's holder suggests
    keys: Mapping[str, Setting] = field(default_factory=dict, hash=False)  # of GROUP_KEYS

    acme: AcmeServer | None = None

    def includes(self, system: AppleSystem) -> bool:
        """Whether the group has such devices, as far as it says."""
        return not self.systems or system in self.systems

    def older_than(self, since: Mapping[AppleSystem, tuple[int, ...]]) -> tuple[AppleSystem, ...]:
        """Systems of which older versions are admitted; those that say nothing are taken as new."""
        return tuple(
            system for system, oldest in self.systems.items() if oldest and oldest < since.get(system, (999,))
        )

    @property
    def target_device_type(self) -> int | None:
        """TargetDeviceType where there is one kind of device only."""
        kinds = {TARGET_DEVICE_TYPE[system] for system in self.systems}
        return kinds.pop() if len(kinds) == 1 else None
