"""iOS and macOS by Intune's own profiles: the certificate and the networks, where Intune vouches.

They have no WPA3-Enterprise, no 192-bit and one server root on the wire; `limits` says so of a group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from onboard.apple_options import AppleSystem, Scope
from onboard.model import NetworkType, Security
from onboard.payloads.apple.payload import scope_of
from onboard.payloads.intune.bundle import BETA, GraphObject
from onboard.payloads.intune.networks import eap_properties, wifi_properties
from onboard.payloads.intune.scep import scep_properties
from onboard.payloads.intune.trust import root_key
from onboard.plan import GroupPlan, NetworkPlan

_ANY_PORT = "AnyEthernet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """How Graph names the types and properties of one operating system."""

    key: str
    title: str
    prefix: str
    systems: frozenset[AppleSystem]  # that the types are for
    own_address: str  # property of Wi-Fi: show the hardware address
    outer_wired: str  # property of wired networks: the outer identity
    has_channel: bool  # macOS: device or user channel, and ports with numbers


FAMILIES = (
    Family(
        key="ios",
        title="iOS",
        prefix="ios",
        systems=frozenset({AppleSystem.IOS, AppleSystem.IPADOS}),
        own_address="disableMacAddressRandomization",
        outer_wired="outerIdentityPrivacyMaskValue",
        has_channel=False,
    ),
    Family(
        key="macos",
        title="macOS",
        prefix="macOS",
        systems=frozenset({AppleSystem.MACOS}),
        own_address="wifiRequirePhysicalMacAddressEnabled",
        outer_wired="enableOuterIdentityPrivacy",
        has_channel=True,
    ),
)


def native(family: Family, plan: GroupPlan, spelling: Callable[[str], str]) -> Iterator[GraphObject]:
    """The SCEP profile, then the networks; they refer to the family's trusted roots."""
    extra = {"hashAlgorithm": "sha2", "allowAllAppsAccess": False} if family.has_channel else {}
    yield GraphObject(
        key=f"{family.key}-scep",
        title=f"{family.title} certificate",
        type=f"{family.prefix}ScepCertificateProfile",
        api=BETA,
        properties={**scep_properties(plan, spelling), **extra, **channel(family, plan)},
        bind={"rootCertificate": root_key(family.key, plan.root)},
    )
    for network in plan.networks:
        if network.type is NetworkType.ETHERNET:
            yield _wired(family, plan, network)
        elif network.security is not Security.WPA3_ENTERPRISE_192:
            yield _wifi(family, plan, network)


def limits(plan: GroupPlan) -> Iterator[str]:
    """What these profiles leave out or say in another way."""
    weak = [n.name for n in plan.networks if n.security is Security.WPA3_ENTERPRISE]
    if weak:
        yield f"Apple: Intune has no WPA3-Enterprise; {', '.join(weak)} says WPA2, which joins WPA3 too."
    strong = [n.name for n in plan.networks if n.security is Security.WPA3_ENTERPRISE_192]
    if strong:
        yield f"Apple: {', '.join(strong)} left out, because Intune cannot say 192-bit."
    for network in plan.networks:
        if network.type is NetworkType.ETHERNET and len(network.anchors) > 1:
            yield (
                f"Apple: {network.name} trusts {network.anchors[0].common_name} alone; Intune takes one "
                "server root on the wire."
            )


def channel(family: Family, plan: GroupPlan) -> Mapping[str, object]:
    """The channel decides the keychain, so all profiles of a group use one, a custom profile too."""
    if not family.has_channel:
        return {}
    return {"deploymentChannel": "userChannel" if scope_of(plan) is Scope.USER else "deviceChannel"}


def _wifi(family: Family, plan: GroupPlan, network: NetworkPlan) -> GraphObject:
    connects = network.apple.get("AutoJoin", True) is True
    has_own_address = network.apple.get("DisableAssociationMACRandomization") is True
    return GraphObject(
        key=f"{family.key}-wifi-{network.name}",
        title=f"{family.title} Wi-Fi {network.name}",
        type=f"{family.prefix}EnterpriseWiFiConfiguration",
        api=BETA,
        properties={
            **wifi_properties(network, {"wiFiSecurityType": "wpa2Enterprise"}, connects=connects),
            **channel(family, plan),
            **({family.own_address: True} if has_own_address else {}),
        },
        bind={
            "identityCertificateForClientAuthentication": f"{family.key}-scep",
            "rootCertificatesForServerValidation": tuple(root_key(family.key, a) for a in network.anchors),
        },
    )


def _wired(family: Family, plan: GroupPlan, network: NetworkPlan) -> GraphObject:
    """The wire; Graph has one server root here, so the first anchor is named."""
    return GraphObject(
        key=f"{family.key}-wired-{network.name}",
        title=f"{family.title} wired {network.name}",
        type=f"{family.prefix}WiredNetworkConfiguration",
        api=BETA,
        properties={
            "networkName": network.name,
            "networkInterface": _port(family, network),
            **eap_properties(network, family.outer_wired),
            **channel(family, plan),
        },
        bind={
            "identityCertificateForClientAuthentication": f"{family.key}-scep",
            "rootCertificateForServerValidation": root_key(family.key, network.anchors[0]),
        },
    )


def _port(family: Family, network: NetworkPlan) -> str:
    """Graph's name of the port: Apple's, with a small letter."""
    port = str(network.apple.get("Interface", _ANY_PORT)) if family.has_channel else _ANY_PORT
    return port[0].lower() + port[1:]
