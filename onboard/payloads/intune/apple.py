"""iOS and macOS through Intune: native profiles where Intune vouches, else our own profile as a custom one.

A custom profile is the one place where Intune carries a challenge of ours, and only a static one.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from onboard.model import NetworkType, Security
from onboard.payloads import apple as mobileconfig
from onboard.payloads.intune.bundle import BETA, V1, GraphObject
from onboard.payloads.intune.scep import scep_properties
from onboard.pki import PublicCertificate
from onboard.plan import GroupPlan, NetworkPlan
from onboard.variables import Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class _Family:
    """How Graph names the types of one operating system."""

    key: str
    title: str
    prefix: str
    has_channel: bool  # macOS: device or user channel


_FAMILIES = (
    _Family(key="ios", title="iOS", prefix="ios", has_channel=False),
    _Family(key="macos", title="macOS", prefix="macOS", has_channel=True),
)


def objects(plan: GroupPlan, spelling: Callable[[str], str], *, validated: bool) -> Iterator[GraphObject]:
    """Native objects, or one custom profile for each system; none for a one-time challenge of ours."""
    for family in _FAMILIES:
        if validated:
            yield from _native(family, plan, spelling)
        elif plan.scep.challenge is not None:
            yield _custom(family, plan, spelling)


def notes(plan: GroupPlan, *, validated: bool) -> Iterator[str]:
    """What an administrator must know of the Apple part."""
    if not validated and plan.scep.challenge is None:
        yield (
            "Apple: nothing, because Intune cannot fetch a one-time challenge of ours. Give the target "
            "'challenge: {type: intune}', or use the portal."
        )
    weak = [n.name for n in plan.networks if n.security is Security.WPA3_ENTERPRISE]
    if validated and weak:
        yield f"Apple: Intune has no WPA3-Enterprise; {', '.join(weak)} says WPA2, which joins WPA3 too."
    strong = [n.name for n in plan.networks if n.security is Security.WPA3_ENTERPRISE_192]
    if validated and strong:
        yield f"Apple: {', '.join(strong)} is left out, because Intune cannot say 192-bit."


def _custom(family: _Family, plan: GroupPlan, spelling: Callable[[str], str]) -> GraphObject:
    (artifact,) = mobileconfig.build(plan, spelling)
    return GraphObject(
        key=f"{family.key}-custom",
        title=f"{family.title} profile",
        type=f"{family.prefix}CustomConfiguration",
        api=BETA if family.has_channel else V1,  # deploymentChannel is not in v1.0
        properties={
            "payloadName": f"{plan.organization_name} {plan.group}",
            "payloadFileName": f"{plan.group}.mobileconfig",
            "payload": base64.b64encode(artifact.content).decode(),
            **_channel(family, plan),
        },
    )


def _native(family: _Family, plan: GroupPlan, spelling: Callable[[str], str]) -> Iterator[GraphObject]:
    for certificate in plan.anchors:
        yield GraphObject(
            key=_root(family, certificate),
            title=f"{family.title} trust {certificate.common_name}",
            type=f"{family.prefix}TrustedRootCertificate",
            api=BETA,
            properties={
                "trustedRootCertificate": base64.b64encode(certificate.der).decode(),
                "certFileName": f"{certificate.sha1.hex()[:8]}.cer",
                **_channel(family, plan),
            },
        )
    extra = {"hashAlgorithm": "sha2", "allowAllAppsAccess": False} if family.has_channel else {}
    yield GraphObject(
        key=f"{family.key}-scep",
        title=f"{family.title} certificate",
        type=f"{family.prefix}ScepCertificateProfile",
        api=BETA,
        properties={**scep_properties(plan, spelling), **extra, **_channel(family, plan)},
        bind={"rootCertificate": _root(family, plan.root)},
    )
    for network in plan.networks:
        if network.type is NetworkType.ETHERNET:
            yield _wired(family, plan, network)
        elif network.security is not Security.WPA3_ENTERPRISE_192:
            yield _wifi(family, plan, network)


def _wifi(family: _Family, plan: GroupPlan, network: NetworkPlan) -> GraphObject:
    extra = {} if family.has_channel else {"disableMacAddressRandomization": True}
    return GraphObject(
        key=f"{family.key}-wifi-{network.name}",
        title=f"{family.title} Wi-Fi {network.name}",
        type=f"{family.prefix}EnterpriseWiFiConfiguration",
        api=BETA,
        properties={
            "networkName": network.name,
            "ssid": str(network.ssid),
            "connectAutomatically": True,
            "connectWhenNetworkNameIsHidden": False,
            "wiFiSecurityType": "wpa2Enterprise",
            "proxySettings": "none",
            "eapType": "eapTls",
            "authenticationMethod": "certificate",
            "trustedServerCertificateNames": list(network.server_names),
            **extra,
            **_channel(family, plan),
        },
        bind={
            "identityCertificateForClientAuthentication": f"{family.key}-scep",
            "rootCertificatesForServerValidation": tuple(_root(family, a) for a in network.anchors),
        },
    )


def _wired(family: _Family, plan: GroupPlan, network: NetworkPlan) -> GraphObject:
    """The wire; Graph has one server root here, so the first anchor is named."""
    return GraphObject(
        key=f"{family.key}-wired-{network.name}",
        title=f"{family.title} wired {network.name}",
        type=f"{family.prefix}WiredNetworkConfiguration",
        api=BETA,
        properties={
            "networkName": network.name,
            "networkInterface": "anyEthernet",
            "eapType": "eapTls",
            "authenticationMethod": "certificate",
            "trustedServerCertificateNames": list(network.server_names),
            **_channel(family, plan),
        },
        bind={
            "identityCertificateForClientAuthentication": f"{family.key}-scep",
            "rootCertificateForServerValidation": _root(family, network.anchors[0]),
        },
    )


def _root(family: _Family, certificate: PublicCertificate) -> str:
    return f"{family.key}-root-{certificate.sha1.hex()[:8]}"


def _channel(family: _Family, plan: GroupPlan) -> dict[str, object]:
    """The channel decides the keychain, so every profile of a group uses one."""
    if not family.has_channel:
        return {}
    return {"deploymentChannel": "userChannel" if plan.holder is Holder.USER else "deviceChannel"}
