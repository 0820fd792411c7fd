"""GroupPlan -> the network part of an Android Management API policy, in that API's own dialect of ONC.

Not the Chromebook's document: the API knows no certificate pattern and no UseSystemCAs, wants a root CA and a
non-empty DomainSuffixMatch, and takes Wi-Fi only. The API has no SCEP either: an agent with the delegated
scope CERT_INSTALL enrols and installs the key under the alias named here, before the network is applied.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

from onboard.artifact import Artifact
from onboard.model import NetworkType, Platform, Security
from onboard.payloads.eap import domain_suffixes, identity
from onboard.pki import PublicCertificate
from onboard.plan import GroupPlan, NetworkPlan


def build(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """One policy fragment, `GROUP/android/GROUP.amapi.json`, for updateMask openNetworkConfiguration."""
    document = {"openNetworkConfiguration": open_network_configuration(plan, spelling)}
    return (
        Artifact(
            path=f"{plan.group}/android/{plan.group}.amapi.json",
            group=plan.group,
            platform=Platform.ANDROID,
            kind="amapi",
            media_type="application/json",
            content=(json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode(),
            secret=False,
        ),
    )


def open_network_configuration(plan: GroupPlan, spelling: Callable[[str], str]) -> dict[str, object]:
    """The ONC object as JSON values; of the certificates only the anchors of its networks."""
    networks = [network for network in plan.networks if network.type is NetworkType.WIFI]
    anchors = {anchor.sha256: anchor for network in networks for anchor in network.anchors}
    return {
        "NetworkConfigurations": [_network(plan, network, spelling) for network in networks],
        "Certificates": [
            {
                "GUID": _certificate_guid(plan, anchor),
                "Type": "Authority",
                "X509": base64.b64encode(anchor.der).decode(),
            }
            for anchor in anchors.values()
        ],
    }


def key_pair_alias(plan: GroupPlan) -> str:
    """The alias under which the enrolling agent must install the group's key pair."""
    return plan.identifier("wifi")


def _certificate_guid(plan: GroupPlan, certificate: PublicCertificate) -> str:
    return str(plan.uuid("android", "certificate", certificate.sha256.hex()))


def _network(plan: GroupPlan, network: NetworkPlan, spelling: Callable[[str], str]) -> dict[str, object]:
    suite_b = network.security is Security.WPA3_ENTERPRISE_192
    return {
        "GUID": str(plan.uuid("android", "network", network.name)),
        "Name": str(network.ssid),
        "Type": "WiFi",
        "WiFi": {
            "SSID": str(network.ssid),
            "Security": "WPA3-Enterprise_192" if suite_b else "WPA-EAP",
            "HiddenSSID": network.hidden,
            "AutoConnect": True,  # false: saved, but not used until the person picks it once
            "EAP": {
                "Outer": "EAP-TLS",
                "Identity": identity(plan).value.spell(spelling),
                "ServerCARefs": [_certificate_guid(plan, anchor) for anchor in network.anchors],
                "DomainSuffixMatch": list(domain_suffixes(network.server_names)),
                "ClientCertType": "KeyPairAlias",
                "ClientCertKeyPairAlias": key_pair_alias(plan),
            },
        },
    }
