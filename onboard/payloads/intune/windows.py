"""Windows through Intune: roots, SCEP where Intune vouches, WLAN profiles as they are, the wire.

The native Wi-Fi object has no WPA3-Enterprise, no filter by issuer and EKU and no TEAP. So Wi-Fi goes as our
own WLAN profile into the WiFi CSP, which Intune carries as a custom setting (OMA-URI) of the v1.0 API.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from urllib.parse import quote as percent_escape

from onboard.errors import PayloadError
from onboard.model import NetworkType
from onboard.payloads.intune.bundle import BETA, V1, GraphObject
from onboard.payloads.intune.scep import scep_properties
from onboard.payloads.windows.eap import pinned_roots, server_names
from onboard.payloads.windows.elements import compact
from onboard.payloads.windows.onex import AUTH_MODES
from onboard.payloads.windows.syncml import SCOPES
from onboard.payloads.windows.wlan import profile_name, wlan_profile
from onboard.pki import PublicCertificate
from onboard.plan import GroupPlan, NetworkPlan


def objects(plan: GroupPlan, spelling: Callable[[str], str], *, validated: bool) -> Iterator[GraphObject]:
    """Roots, then the certificate, then networks.

    Args:
        plan: the group.
        spelling: how Intune writes a variable.
        validated: whether Intune vouches for requests at this endpoint, so that a native SCEP profile works.
    """
    for certificate in plan.anchors:
        yield _root(certificate)
    if validated:
        yield _scep(plan, spelling)
    for network in plan.networks:
        if network.type is NetworkType.WIFI:
            yield _wifi(plan, network)
        elif validated:
            yield _wired(plan, network)


def notes(plan: GroupPlan, *, validated: bool) -> Iterator[str]:
    """What an administrator must know of the Windows part."""
    if not validated:
        yield (
            "Windows: no SCEP profile, because an Intune profile carries no challenge of ours. Give the "
            "target 'challenge: {type: intune}', or let devices run the PowerShell script of the group."
        )
        if any(network.type is NetworkType.ETHERNET for network in plan.networks):
            yield "Windows: no wired profile, because Intune ties it to a SCEP profile; the script brings it."


def key_of(certificate: PublicCertificate) -> str:
    """The bundle key of a trusted certificate."""
    return f"windows-root-{certificate.sha1.hex()[:8]}"


def _root(certificate: PublicCertificate) -> GraphObject:
    store = "computerCertStoreRoot" if certificate.is_self_issued else "computerCertStoreIntermediate"
    return GraphObject(
        key=key_of(certificate),
        title=f"Windows trust {certificate.common_name}",
        type="windows81TrustedRootCertificate",
        api=BETA,
        properties={
            "trustedRootCertificate": base64.b64encode(certificate.der).decode(),
            "certFileName": f"{certificate.sha1.hex()[:8]}.cer",
            "destinationStore": store,
        },
    )


def _scep(plan: GroupPlan, spelling: Callable[[str], str]) -> GraphObject:
    properties = scep_properties(plan, spelling)
    if "{{DeviceId}}" in str(properties["subjectNameFormatString"]):
        msg = f"profile {plan.profile.name!r}: {{{{DeviceId}}}} in a subject breaks Windows (windows-34)"
        raise PayloadError(msg, hint="use ${device.name} or ${device.serial} for Windows devices")
    return GraphObject(
        key="windows-scep",
        title="Windows certificate",
        type="windows81SCEPCertificateProfile",
        api=BETA,
        properties={**properties, "hashAlgorithm": "sha2", "keyStorageProvider": "useSoftwareKsp"},
        bind={"rootCertificate": key_of(plan.root)},
    )


def _wifi(plan: GroupPlan, network: NetworkPlan) -> GraphObject:
    name = profile_name(plan, network)
    uri = f"{SCOPES[plan.holder]}/WiFi/Profile/{percent_escape(name, safe='')}/WlanXml"
    return GraphObject(
        key=f"windows-wifi-{network.name}",
        title=f"Windows Wi-Fi {network.name}",
        type="windows10CustomConfiguration",
        api=V1,
        properties={
            "omaSettings": [
                {
                    "@odata.type": "#microsoft.graph.omaSettingString",
                    "displayName": f"Wi-Fi {name}",
                    "omaUri": uri,
                    "value": compact(wlan_profile(plan, network)),
                }
            ]
        },
    )


def _wired(plan: GroupPlan, network: NetworkPlan) -> GraphObject:
    return GraphObject(
        key=f"windows-wired-{network.name}",
        title=f"Windows wired {network.name}",
        type="windowsWiredNetworkConfiguration",
        api=BETA,
        properties={
            "eapType": "eapTls",
            "authenticationMethod": "certificate",
            "authenticationType": AUTH_MODES[plan.holder],
            "trustedServerCertificateNames": server_names(network).split(";"),
            "performServerValidation": True,
            "disableUserPromptForServerValidation": True,
            "enforce8021X": False,
        },
        bind={
            "identityCertificateForClientAuthentication": "windows-scep",
            "rootCertificatesForServerValidation": tuple(key_of(root) for root in pinned_roots(network)),
            "rootCertificateForClientValidation": key_of(plan.root),
        },
    )
