"""802.1X networks: `com.apple.wifi.managed` for each SSID, `com.apple.globalethernet.managed` for the wire.

Source: apple/device-management, mdm/profiles/com.apple.wifi.managed.yaml; behaviour from Apple's published
supplicant (eap8021x). Server trust fails closed: anchors and names are always there, so no one is ever asked
whether to trust a certificate.
"""

from __future__ import annotations

from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from onboard.errors import PayloadError
from onboard.model import NetworkType, Security, Ssid
from onboard.payloads.apple.payload import (
    IDENTITY,
    Payload,
    certificate_slot,
    network_slot,
    payload,
)
from onboard.payloads.apple.plist import Value
from onboard.pki import PublicCertificate
from onboard.plan import GroupPlan, NetworkPlan
from onboard.variables import Holder

_EAP_TLS = 13
_TLS_VERSION = "1.2"  # text, a real number is not read; 1.3 demands stapled OCSP of the RADIUS server

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
    return tuple(
        _ethernet(plan, network) if network.type is NetworkType.ETHERNET else _wifi(plan, network)
        for network in plan.networks
    )


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
            "HIDDEN_NETWORK": False,  # true makes a device ask for the network wherever it is
            "EncryptionType": _ENCRYPTION[security],
            "CaptiveBypass": True,  # iOS: no portal sheet on the corporate network; macOS ignores it
            **_eap_keys(plan, network),
        },
    )


def _ethernet(plan: GroupPlan, network: NetworkPlan) -> Payload:
    return payload(
        plan,
        network_slot(network.name),
        "com.apple.globalethernet.managed",
        f"Wired network ({network.name})",
        "Joins the wired network with this device's certificate, whichever port is used.",
        {"Interface": "AnyEthernet", **_eap_keys(plan, network)},
    )


def _eap_keys(plan: GroupPlan, network: NetworkPlan) -> Mapping[str, Value]:
    keys: dict[str, Value] = {
        "PayloadCertificateUUID": IDENTITY.uuid(plan),  # beside the EAP dictionary, not inside
        "EAPClientConfiguration": {
            "AcceptEAPTypes": [_EAP_TLS],
            "PayloadCertificateAnchorUUID": [
                certificate_slot(_shipped(plan, anchor)).uuid(plan) for anchor in network.anchors
            ],
            "TLSTrustedServerNames": network.server_names,
            "TLSMinimumVersion": _TLS_VERSION,
            "TLSMaximumVersion": _TLS_VERSION,
        },
    }
    if plan.holder is Holder.DEVICE:
        keys["SetupModes"] = ["System"]  # macOS: the machine joins before anyone logs in
    return keys


def _shipped(plan: GroupPlan, anchor: PublicCertificate) -> PublicCertificate:
    """The certificate payload that carries `anchor`: the same bytes may stand under another name."""
    return next(certificate for certificate in plan.anchors if certificate.sha256 == anchor.sha256)


def _refuse_what_collides(plan: GroupPlan) -> None:
    wired = [network.name for network in plan.networks if network.type is NetworkType.ETHERNET]
    if len(wired) > 1:
        raise PayloadError(
            f"group {plan.group}: networks {', '.join(wired)} are all wired; Apple takes one global"
            " Ethernet payload for each device",
            hint="keep one wired network in the group",
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
