"""Android through Intune: company-owned devices and work profiles, each with types of its own.

Android has no custom profile for this and its SCEP client is Intune's, so all of it needs Intune to vouch.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from onboard.errors import PayloadError
from onboard.model import NetworkType, Security
from onboard.payloads.intune.bundle import BETA, GraphObject
from onboard.payloads.intune.scep import scep_properties
from onboard.pki import PublicCertificate
from onboard.plan import GroupPlan, NetworkPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class _Family:
    """How Graph names the types of one way to manage Android."""

    key: str
    title: str
    prefix: str
    security: str  # "wpaEnterprise" is all that a company-owned device offers: WPA2 and WPA3
    several_roots: bool  # whether Wi-Fi takes a collection of server roots
    extra_wifi: Mapping[str, object] = field(default_factory=dict)
    extra_scep: Mapping[str, object] = field(default_factory=dict)


_FAMILIES = (
    _Family(
        key="android-owner",
        title="Android company-owned",
        prefix="androidDeviceOwner",
        security="wpaEnterprise",
        several_roots=True,
        extra_wifi={"macAddressRandomizationMode": "hardware"},
        extra_scep={"certificateAccessType": "userApproval"},
    ),
    _Family(
        key="android-work",
        title="Android work profile",
        prefix="androidWorkProfile",
        security="wpa2Enterprise",
        several_roots=False,
    ),
)


def objects(plan: GroupPlan, spelling: Callable[[str], str], *, validated: bool) -> Iterator[GraphObject]:
    """Both families; none where Intune does not vouch.

    Raises:
        PayloadError: the SCEP URL is not https, which Android refuses.
    """
    if not validated:
        return
    if not plan.scep.url.startswith("https://"):
        msg = f"Intune enrols Android at https URLs only, and {plan.scep.url} is none (windows-38)"
        raise PayloadError(msg, hint="serve scep.url with TLS")
    for family in _FAMILIES:
        yield from _family(family, plan, spelling)


def notes(plan: GroupPlan, *, validated: bool) -> Iterator[str]:
    """What an administrator must know of the Android part."""
    if not validated:
        yield (
            "Android: nothing, because Intune enrols Android by its own SCEP client alone. Give the target "
            "'challenge: {type: intune}'."
        )
    left = [n.name for n in plan.networks if _is_left_out(n)]
    if validated and left:
        yield f"Android: {', '.join(left)} is left out; Intune can say neither the wire nor 192-bit there."


def _is_left_out(network: NetworkPlan) -> bool:
    return network.type is NetworkType.ETHERNET or network.security is Security.WPA3_ENTERPRISE_192


def _family(family: _Family, plan: GroupPlan, spelling: Callable[[str], str]) -> Iterator[GraphObject]:
    for certificate in plan.anchors:
        yield GraphObject(
            key=_root(family, certificate),
            title=f"{family.title} trust {certificate.common_name}",
            type=f"{family.prefix}TrustedRootCertificate",
            api=BETA,
            properties={
                "trustedRootCertificate": base64.b64encode(certificate.der).decode(),
                "certFileName": f"{certificate.sha1.hex()[:8]}.cer",
            },
        )
    yield GraphObject(
        key=f"{family.key}-scep",
        title=f"{family.title} certificate",
        type=f"{family.prefix}ScepCertificateProfile",
        api=BETA,
        properties={**scep_properties(plan, spelling), "hashAlgorithm": "sha2", **family.extra_scep},
        bind={"rootCertificate": _root(family, plan.root)},
    )
    for network in plan.networks:
        if not _is_left_out(network):
            yield _wifi(family, network)


def _wifi(family: _Family, network: NetworkPlan) -> GraphObject:
    roots = tuple(_root(family, anchor) for anchor in network.anchors)
    several = {"rootCertificatesForServerValidation": roots}
    return GraphObject(
        key=f"{family.key}-wifi-{network.name}",
        title=f"{family.title} Wi-Fi {network.name}",
        type=f"{family.prefix}EnterpriseWiFiConfiguration",
        api=BETA,
        properties={
            "networkName": network.name,
            "ssid": str(network.ssid),
            "connectAutomatically": True,
            "connectWhenNetworkNameIsHidden": network.hidden,
            "preSharedKeyIsSet": False,
            "wiFiSecurityType": family.security,
            "proxySettings": "none",
            "eapType": "eapTls",
            "authenticationMethod": "certificate",
            "trustedServerCertificateNames": list(network.server_names),
            **family.extra_wifi,
        },
        bind={
            "identityCertificateForClientAuthentication": f"{family.key}-scep",
            **(several if family.several_roots else {"rootCertificateForServerValidation": roots[0]}),
        },
    )


def _root(family: _Family, certificate: PublicCertificate) -> str:
    return f"{family.key}-root-{certificate.sha1.hex()[:8]}"
