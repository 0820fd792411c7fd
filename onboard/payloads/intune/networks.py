"""802.1X in Graph's words: what the Wi-Fi and wired types of all platforms have in common."""

from __future__ import annotations

from collections.abc import Mapping

from onboard.plan import NetworkPlan

_OUTER_IDENTITY = "outerIdentityPrivacyTemporaryValue"  # the name that Wi-Fi has for it on every platform


def wifi_properties(
    network: NetworkPlan, security: Mapping[str, object], *, connects: bool = True
) -> Mapping[str, object]:
    """One Wi-Fi network with EAP-TLS, as every `...EnterpriseWiFiConfiguration` says it.

    Args:
        network: the network; not a wired one.
        security: `wiFiSecurityType`, and what the platform says beside it.
        connects: whether devices join without being asked.
    """
    return {
        "networkName": network.name,
        "ssid": str(network.ssid),
        "connectAutomatically": connects,
        "connectWhenNetworkNameIsHidden": network.hidden,
        **security,
        "proxySettings": "none",
        **eap_properties(network, _OUTER_IDENTITY),
    }


def eap_properties(network: NetworkPlan, outer: str) -> Mapping[str, object]:
    """EAP-TLS by certificate; `outer` names the property of the outer identity."""
    return {
        "eapType": "eapTls",
        "authenticationMethod": "certificate",
        "trustedServerCertificateNames": list(network.server_names),
        **({outer: network.outer_identity} if network.outer_identity else {}),
    }
