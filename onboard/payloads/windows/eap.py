"""The EAP-TLS configuration of a network: whom the device trusts and which of its certificates it offers.

The tree is the same inside a WLAN profile, a LAN profile and a wired policy (EapHostConfig, method 13,
schemas EapTlsConnectionPropertiesV1 to V3), and inside the tunnels of PEAP and TEAP. All four defences are
always on: pinned roots, server names, no prompt, and a client certificate chosen by issuer and EKU.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
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

EAP_TLS = 13  # IANA EAP method type

# Windows' own display names; the profile may call an OID what it likes, an export calls it this.
_EKU_NAMES: Mapping[str, str] = {
    "client-auth": "Client Authentication",
    "email-protection": "Secure Email",
    "smartcard-logon": "Smart Card Log-on",
}


def eap_tls(plan: GroupPlan, network: NetworkPlan) -> ET.Element:
    """EapHostConfig with EAP-TLS for one network.

    Raises:
        PayloadError: none of the network's anchors is a root, and Windows pins nothing else.
    """
    return host_config(EAP_TLS, 0, tls_eap(plan, network))


def host_config(method: int, author: int, content: ET.Element) -> ET.Element:
    """EapHostConfig around the configuration of a method.

    Args:
        method: EAP type, e.g. 13.
        author: 0 for methods of the IETF that Windows has always had, 311 (Microsoft) for TEAP.
        content: what Config holds.
    """
    return branch(
        "EapHostConfig",
        branch(
            "EapMethod",
            leaf("Type", method, xmlns=EAP_COMMON),
            leaf("VendorId", 0, xmlns=EAP_COMMON),
            leaf("VendorType", 0, xmlns=EAP_COMMON),
            leaf("AuthorId", author, xmlns=EAP_COMMON),
        ),
        branch("Config", content),
        xmlns=EAP_HOST,
    )


def tls_eap(plan: GroupPlan, network: NetworkPlan) -> ET.Element:
    """Eap of type 13 that validates the server itself; raises as `eap_tls`."""
    return _eap(
        branch(
            "ServerValidation",
            leaf("DisableUserPromptForServerValidation", text=True),
            leaf("ServerNames", server_names(network)),
            *(leaf("TrustedRootCA", thumbprint(root)) for root in pinned_roots(network)),
        ),
        leaf("DifferentUsername", text=False),
        leaf("PerformServerValidation", text=True, xmlns=TLS_V2),
        leaf("AcceptServerName", text=True, xmlns=TLS_V2),
        _extensions(plan.signers, plan.usages),
    )


def inner_tls_eap(issuers: Iterable[PublicCertificate]) -> ET.Element:
    """Eap of type 13 inside TEAP, where the tunnel has validated the server.

    Args:
        issuers: who may have issued the certificate that is offered.
    """
    return _eap(leaf("DifferentUsername", text=False), _extensions(issuers, ("client-auth",)))


def _eap(*parts: ET.Element) -> ET.Element:
    source = branch("CredentialsSource", branch("CertificateStore", leaf("SimpleCertSelection", text=True)))
    return branch(
        "Eap", leaf("Type", EAP_TLS), branch("EapType", source, *parts, xmlns=TLS_V1), xmlns=BASE_EAP
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


def _extensions(issuers: Iterable[PublicCertificate], usages: Iterable[str]) -> ET.Element:
    """Which client certificate may be offered: issued by one of these CAs, with all of these usages."""
    usages = tuple(usages)
    filtering = branch(
        "FilteringInfo",
        leaf("AllPurposeEnabled", text=False),
        branch(
            "CAHashList",
            *(leaf("IssuerHash", thumbprint(issuer)) for issuer in issuers),
            attributes={"Enabled": "true"},
        ),
        branch("EKUMapping", *(_eku_map(usage) for usage in usages)),
        branch(
            "ClientAuthEKUList",
            *(branch("EKUMapInList", leaf("EKUName", _EKU_NAMES[usage])) for usage in usages),
            attributes={"Enabled": "true"},
        ),
        branch("AnyPurposeEKUList", attributes={"Enabled": "false"}),
        xmlns=TLS_V3,
    )
    return branch("TLSExtensions", filtering, xmlns=TLS_V2)


def _eku_map(usage: str) -> ET.Element:
    return branch("EKUMap", leaf("EKUName", _EKU_NAMES[usage]), leaf("EKUOID", EXTENDED_KEY_USAGES[usage]))
