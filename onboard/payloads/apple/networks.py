"""802.1X networks: `com.apple.wifi.managed` for each SSID, `com.apple.globalethernet.managed` for the wire.

Source: apple/device-management, mdm/profiles/com.apple.wifi.managed.yaml; behaviour from Apple's published
supplicant (eap8021x). Server trust fails closed: anchors and names are always there, so no one is ever asked
whether to trust a certificate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from onboard.apple_options import (
    ETHERNET_SINCE,
    INTERFACES,
    NETWORK_KEYS,
    AppleSystem,
    Passpoint,
    Scope,
)
from onboard.errors import PayloadError
from onboard.model import NetworkType, Security, Ssid
from onboard.payloads.apple.payload import (
    IDENTITY,
    Payload,
    certificate_slot,
    network_slot,
    passpoint_slot,
    payload,
    scope_of,
)
from onboard.payloads.apple.plist import Value
from onboard.pki import PublicCertificate
from onboard.plan import GroupPlan, NetworkPlan
from onboard.variables import Holder

_EAP_TLS = 13
_ANY_PORT = "AnyEthernet"

# Since iOS 16 and macOS 13 "WPA2" joins WPA2 and WPA3, "WPA3" only WPA3; older iOS treats all alike.
_ENCRYPTION: Mapping[Security, str] = {
    Security.WPA2_ENTERPRISE: "WPA2",
    Security.WPA2_WPA3_ENTERPRISE: "WPA2",
    Security.WPA3_ENTERPRISE: "WPA3",
    Security.WPA3_ENTERPRISE_192: "WPA3",
}


def network_payloads(plan: GroupPlan) -> tuple[Payload, ...]:
    """One payload for each network of the plan, in the plan's order.

    Raises:
        PayloadError: two wired networks, one SSID twice, or 192-bit security that the keys do not reach.
    """
    _refuse_what_collides(plan)
    found = tuple(payload for network in plan.networks for payload in _payloads(plan, network))
    if not found:
        raise PayloadError(
            f"group {plan.group}: {', '.join(plan.apple.systems)} have no 802.1X on Ethernet, and no other"
            " network is left",
            hint="add a Wi-Fi network to the group",
        )
    return found


def _payloads(plan: GroupPlan, network: NetworkPlan) -> Iterator[Payload]:
    if network.type is NetworkType.ETHERNET:
        if any(plan.apple.includes(system) for system in ETHERNET_SINCE):
            yield _ethernet(plan, network)
        return
    yield _wifi(plan, network)
    if network.passpoint is not None:
        yield _hotspot(plan, network, network.passpoint)


def _wifi(plan: GroupPlan, network: NetworkPlan) -> Payload:
    ssid, security = network.ssid, network.security
    if ssid is None or security is None:
        raise PayloadError(
            f"network {network.name} of group {plan.group}: Wi-Fi needs an ssid and a security"
        )
    if security is Security.WPA3_ENTERPRISE_192:
        _demand_192_bit(plan, network)
    return payload(
        plan,
        network_slot(network.name),
        "com.apple.wifi.managed",
        f"Wi-Fi {ssid}",
        f"Joins the Wi-Fi network {ssid} with this device's certificate.",
        {
            "SSID_STR": ssid.text,
            "AutoJoin": True,
            "HIDDEN_NETWORK": network.hidden,  # true makes a device ask for the network wherever it is
            "EncryptionType": _ENCRYPTION[security],
            **_captive_bypass(plan),
            **_eap_keys(plan, network),
            **_asked(network),
        },
    )


def _hotspot(plan: GroupPlan, network: NetworkPlan, passpoint: Passpoint) -> Payload:
    """Passpoint beside the SSID: found by domain and consortium wherever a partner offers it."""
    consortiums: Mapping[str, Value] = (
        {"RoamingConsortiumOIs": passpoint.roaming_consortiums} if passpoint.roaming_consortiums else {}
    )
    return payload(
        plan,
        passpoint_slot(network.name),
        "com.apple.wifi.managed",
        f"Passpoint {passpoint.domain}",
        f"Joins networks of partners of {passpoint.domain} with this device's certificate.",
        {
            "IsHotspot": True,
            "DomainName": passpoint.domain,
            "DisplayedOperatorName": plan.organization_name,
            "ServiceProviderRoamingEnabled": True,
            **consortiums,
            "AutoJoin": True,
            "EncryptionType": _ENCRYPTION[network.security or Security.WPA2_ENTERPRISE],
            **_captive_bypass(plan),
            **_eap_keys(plan, network),
            **_asked(network),
        },
    )


def _captive_bypass(plan: GroupPlan) -> Mapping[str, Value]:
    """No portal sheet on the corporate network; Macs do not know the key."""
    if any(plan.apple.includes(system) for system in NETWORK_KEYS["CaptiveBypass"].systems):
        return {"CaptiveBypass": True}
    return {}


def _asked(network: NetworkPlan) -> Mapping[str, Value]:
    """What the org says under Apple's own names."""
    return cast("Mapping[str, Value]", network.apple)


def _ethernet(plan: GroupPlan, network: NetworkPlan) -> Payload:
    return payload(
        plan,
        network_slot(network.name),
        INTERFACES[str(network.apple.get("Interface", _ANY_PORT))],
        f"Wired network ({network.name})",
        "Joins the wired network with this device's certificate, whichever port is used.",
        {"Interface": _ANY_PORT, **_eap_keys(plan, network), **_asked(network)},
    )


def _eap_keys(plan: GroupPlan, network: NetworkPlan) -> Mapping[str, Value]:
    # Said before TLS 1.3 hides the rest; nothing reads it with older versions.
    outer = {"OuterIdentity": network.outer_identity} if network.tls.minimum == "1.3" else {}
    keys: dict[str, Value] = {
        "PayloadCertificateUUID": IDENTITY.uuid(plan),  # beside the EAP dictionary, not inside
        "EAPClientConfiguration": {
            "AcceptEAPTypes": [_EAP_TLS],
            "PayloadCertificateAnchorUUID": [
                certificate_slot(_shipped(plan, anchor)).uuid(plan) for anchor in network.anchors
            ],
            "TLSTrustedServerNames": network.server_names,
            "TLSMinimumVersion": network.tls.minimum,  # text: a real number is not read
            "TLSMaximumVersion": network.tls.maximum,
            **outer,
        },
    }
    if (
        plan.holder is Holder.DEVICE
        and scope_of(plan) is Scope.SYSTEM
        and plan.apple.includes(AppleSystem.MACOS)
    ):
        keys["SetupModes"] = ["System"]  # the machine joins before anyone logs in
    return keys


def _shipped(plan: GroupPlan, anchor: PublicCertificate) -> PublicCertificate:
    """The certificate payload that carries `anchor`: the same bytes may stand under another name."""
    return next(certificate for certificate in plan.anchors if certificate.sha256 == anchor.sha256)


def _refuse_what_collides(plan: GroupPlan) -> None:
    wired = [network for network in plan.networks if network.type is NetworkType.ETHERNET]
    if len({network.apple.get("Interface", _ANY_PORT) for network in wired}) < len(wired):
        names = ", ".join(network.name for network in wired)
        raise PayloadError(
            f"group {plan.group}: networks {names} are all wired; Apple takes one global Ethernet payload for"
            " each device",
            hint="keep one wired network in the group, or give each its own Interface",
        )
    seen: dict[Ssid, str] = {}
    for network in plan.networks:
        if network.ssid is None:
            continue
        if network.ssid in seen:
            raise PayloadError(
                f"group {plan.group}: networks {seen[network.ssid]} and {network.name} have the same SSID;"
                " what a device does then is undefined",
                hint="keep one of the two in the group",
            )
        seen[network.ssid] = network.name


def _demand_192_bit(plan: GroupPlan, network: NetworkPlan) -> None:
    """WPA3-Enterprise 192-bit mode: P-384 or RSA of at least 3072 bits in the device's whole chain."""
    if plan.scep.key_bits < 3072:
        raise PayloadError(
            f"network {network.name} of group {plan.group} is wpa3-enterprise-192, but profile"
            f" {plan.profile.name} gives devices RSA keys of {plan.scep.key_bits} bits",
            hint="use key: rsa-4096 in the profile (SCEP on Apple has no EC keys)",
        )
    if plan.apple.acme is not None and plan.apple.acme.key_bits < 384:
        raise PayloadError(
            f"network {network.name} of group {plan.group} is wpa3-enterprise-192, but devices make keys of"
            f" {plan.apple.acme.key_bits} bits for ACME",
            hint="write 'key: ec-p384' under the group's acme",
        )
    for certificate in (*plan.signers, *plan.issuers, *network.anchors):
        if not _is_192_bit(certificate):
            raise PayloadError(
                f"network {network.name} of group {plan.group} is wpa3-enterprise-192, but the key of"
                f" {certificate.name} is too weak for it",
                hint="use ec-p384, rsa-3072 or rsa-4096 for that authority",
            )


def _is_192_bit(certificate: PublicCertificate) -> bool:
    match certificate.parsed.public_key():
        case ec.EllipticCurvePublicKey() as key:
            return key.curve.key_size >= 384
        case rsa.RSAPublicKey() as key:
            return key.key_size >= 3072
        case _:
            return False
