"""The EAP-TLS configuration of a network: whom the device trusts and which of its certificates it offers.

The tree is the same inside a WLAN profile, a LAN profile and a wired policy (EapHostConfig, method 13,
schemas EapTlsConnectionPropertiesV1 to V3). All four defences are always on: pinned roots, server names, no
prompt, and a client certificate chosen by issuer and EKU.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from onboard.errors import PayloadError
from onboard.names import EXTENDED_KEY_USAGES
from onboard.payloads.windows.elements import branch, leaf
from onboard.pki import PublicCertificate
from onboard.plan import GroupPlan, NetworkPlan

_PROVISIONING = "http://www.microsoft.com/provisioning/"
EAP_HOST = _PROVISIONING + "EapHostConfig"
EAP_COMMON = _PROVISIONING + "EapCommon"
BASE_EAP = _PROVISIONING + "BaseEapConnectionPropertiesV1"
TLS_V1 = _PROVISIONING + "EapTlsConnectionPropertiesV1"
TLS_V2 = _PROVISIONING + "EapTlsConnectionPropertiesV2"
TLS_V3 = _PROVISIONING + "EapTlsConnectionPropertiesV3"

_EAP_TLS = 13  # IANA EAP method type

# Windows' own display names; the profile may call an OID what it likes, an export calls it this.
_EKU_NAMES: Mapping[str, str] = {
    "client-auth": "Client Authentication",
    "email-protection": "Secure Email",
    "smartcard-logon": "Smart Card Log-on",
}


def eap_host_config(plan: GroupPlan, network: NetworkPlan) -> ET.Element:
    """EapHostConfig with EAP-TLS for one network.

    Raises:
        PayloadError: none of the network's anchors is a root, and Windows pins nothing else.
    """
    return branch(
        "EapHostConfig",
        branch(
            "EapMethod",
            leaf("Type", _EAP_TLS, xmlns=EAP_COMMON),
            leaf("VendorId", 0, xmlns=EAP_COMMON),
            leaf("VendorType", 0, xmlns=EAP_COMMON),
            leaf("AuthorId", 0, xmlns=EAP_COMMON),
        ),
        branch("Config", branch("Eap", leaf("Type", _EAP_TLS), _eap_type(plan, network), xmlns=BASE_EAP)),
        xmlns=EAP_HOST,
    )


def pinned_roots(network: NetworkPlan) -> tuple[PublicCertificate, ...]:
    """The anchors that Windows can pin: TrustedRootCA takes roots of the root store and nothing else.

    Raises:
        PayloadError: no anchor is self-issued.
    """
    roots = tuple(anchor for anchor in network.anchors if anchor.is_self_issued)
    if not roots:
        names = ", ".join(anchor.common_name for anchor in network.anchors)
        msg = f"network {network.name!r}: Windows pins roots only, and {names} is none (windows-10)"
        raise PayloadError(
            msg, hint="let 'trust' of its radius name the root that the RADIUS server's chain ends in"
        )
    return roots


def thumbprint(certificate: PublicCertificate) -> str:
    """SHA-1 as Windows exports it in EAP configurations: lower-case pairs with blanks between."""
    return certificate.sha1.hex(" ")


def server_names(network: NetworkPlan) -> str:
    """ServerNames, joined by ';'; `*.x` becomes the regular expression that Windows reads a '*' as."""
    return ";".join(_server_name(name) for name in network.server_names)


def _server_name(name: str) -> str:
    if not name.startswith("*."):
        return name
    return ".*" + re.escape(name.removeprefix("*")).replace(r"\-", "-")


def _eap_type(plan: GroupPlan, network: NetworkPlan) -> ET.Element:
    return branch(
        "EapType",
        branch("CredentialsSource", branch("CertificateStore", leaf("SimpleCertSelection", text=True))),
        branch(
            "ServerValidation",
            leaf("DisableUserPromptForServerValidation", text=True),
            leaf("ServerNames", server_names(network)),
            *(leaf("TrustedRootCA", thumbprint(root)) for root in pinned_roots(network)),
        ),
        leaf("DifferentUsername", text=False),
        leaf("PerformServerValidation", text=True, xmlns=TLS_V2),
        leaf("AcceptServerName", text=True, xmlns=TLS_V2),
        branch("TLSExtensions", _filtering(plan), xmlns=TLS_V2),
        xmlns=TLS_V1,
    )


def _filtering(plan: GroupPlan) -> ET.Element:
    """Which client certificate may be offered: issued by this group's CA, with the profile's EKUs."""
    usages = plan.profile.extended_key_usages
    return branch(
        "FilteringInfo",
        leaf("AllPurposeEnabled", text=False),
        branch("CAHashList", leaf("IssuerHash", thumbprint(plan.issuing)), attributes={"Enabled": "true"}),
        branch("EKUMapping", *(_eku_map(usage) for usage in usages)),
        branch(
            "ClientAuthEKUList",
            *(branch("EKUMapInList", leaf("EKUName", _EKU_NAMES[usage])) for usage in usages),
            attributes={"Enabled": "true"},
        ),
        branch("AnyPurposeEKUList", attributes={"Enabled": "false"}),
        xmlns=TLS_V3,
    )


def _eku_map(usage: str) -> ET.Element:
    return branch("EKUMap", leaf("EKUName", _EKU_NAMES[usage]), leaf("EKUOID", EXTENDED_KEY_USAGES[usage]))
