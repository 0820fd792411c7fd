"""Android through Intune: company-owned devices and work profiles, each with types of its own.

Android has no custom profile that could hold an 802.1X network and its SCEP client is Intune's, so all but
trust needs Intune to vouch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from onboard.errors import PayloadError
from onboard.model import NetworkType, Security
from onboard.payloads.intune.bundle import BETA, VOUCHING, GraphObject
from onboard.payloads.intune.networks import wifi_properties
from onboard.payloads.intune.scep import scep_properties
from onboard.payloads.intune.trust import root_key, trusted_roots
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
    """Both families; where Intune does not vouch, no more than trust.

    Raises:
        PayloadError: the SCEP URL is not https, which Android refuses.
    """
    if validated and not plan.scep.url.startswith("https://"):
        msg = f"Intune enrols Android at https URLs only, and {plan.scep.url} is none (windows-38)"
        raise PayloadError(msg, hint="serve scep.url with TLS")
    for family in _FAMILIES:
        yield from trusted_roots(plan, family=family.key, title=family.title, prefix=family.prefix, extra={})
        if validated:
            yield from _enrolment_and_networks(family, plan, spelling)


def notes(plan: GroupPlan, *, validated: bool) -> Iterator[str]:
    """What an administrator must know of the Android part."""
    if not validated:
        yield (
            "Android: trust alone. A certificate comes there by Intune's own SCEP profile, which carries no "
            "challenge of ours, and no network is made that has none to show. Hand out "
            f"personal payloads (generate --for), or {VOUCHING}."
        )
        return
    left = [n.name for n in plan.networks if _is_left_out(n)]
    if left:
        yield f"Android: {', '.join(left)} left out; Intune can say neither the wire nor 192-bit there."
    several = [n for n in plan.networks if len(n.anchors) > 1 and not _is_left_out(n)]
    for network in several:
        yield (
            f"Android work profile: {network.name} trusts {network.anchors[0].common_name} alone; Intune "
            "takes one server root there."
        )


def _is_left_out(network: NetworkPlan) -> bool:
    return network.type is NetworkType.ETHERNET or network.security is Security.WPA3_ENTERPRISE_192


def _enrolment_and_networks(
    family: _Family, plan: GroupPlan, spelling: Callable[[str], str]
) -> Iterator[GraphObject]:
    yield GraphObject(
        key=f"{family.key}-scep",
        title=f"{family.title} certificate",
        type=f"{family.prefix}ScepCertificateProfile",
        api=BETA,
        properties={**scep_properties(plan, spelling), "hashAlgorithm": "sha2", **family.extra_scep},
        bind={"rootCertificate": root_key(family.key, plan.root)},
    )
    for network in plan.networks:
        if not _is_left_out(network):
            yield _wifi(family, network)


def _wifi(family: _Family, network: NetworkPlan) -> GraphObject:
    roots = tuple(root_key(family.key, anchor) for anchor in network.anchors)
    several = {"rootCertificatesForServerValidation": roots}
    return GraphObject(
        key=f"{family.key}-wifi-{network.name}",
        title=f"{family.title} Wi-Fi {network.name}",
        type=f"{family.prefix}EnterpriseWiFiConfiguration",
        api=BETA,
        properties={
            **wifi_properties(network, {"preSharedKeyIsSet": False, "wiFiSecurityType": family.security}),
            **family.extra_wifi,
        },
        bind={
            "identityCertificateForClientAuthentication": f"{family.key}-scep",
            **(several if family.several_roots else {"rootCertificateForServerValidation": roots[0]}),
        },
    )
