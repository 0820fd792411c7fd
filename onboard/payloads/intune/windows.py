"""Windows through Intune: roots, SCEP where Intune vouches, WLAN and LAN profiles as they are.

The native objects have no WPA3-Enterprise, no filter by issuer and EKU and no inner methods of TEAP. So our
own profiles go into the WiFi and WiredNetwork CSPs, which Intune carries as custom settings (OMA-URI) of the
v1.0 API.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from onboard.errors import PayloadError
from onboard.model import NetworkType
from onboard.options import KeyProtection
from onboard.payloads.intune.bundle import BETA, V1, VOUCHING, GraphObject
from onboard.payloads.intune.scep import scep_properties
from onboard.payloads.intune.trust import root_key, trusted_root
from onboard.payloads.windows.elements import compact
from onboard.payloads.windows.lan import lan_profile
from onboard.payloads.windows.syncml import by_store, csp_wire, profile_uri
from onboard.payloads.windows.wlan import profile_name, wlan_profile
from onboard.pki import PublicCertificate
from onboard.plan import GroupPlan, NetworkPlan

_KEY_STORAGE: Mapping[KeyProtection, str] = {
    KeyProtection.TPM: "useTpmKspOtherwiseFail",
    KeyProtection.TPM_IF_PRESENT: "useTpmKspOtherwiseUseSoftwareKsp",
    KeyProtection.SOFTWARE: "useSoftwareKsp",
}


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
        for own in by_store(plan):
            yield _scep(own, spelling)
    for network in plan.networks:
        if network.type is NetworkType.WIFI or network is csp_wire(plan):
            yield _network(plan, network)


def notes(plan: GroupPlan, *, validated: bool) -> Iterator[str]:
    """What an administrator must know of the Windows part."""
    if not validated:
        yield (
            "Windows: no SCEP profile, because an Intune profile carries no challenge of ours. Let devices "
            f"run the PowerShell script of the group, or {VOUCHING}."
        )
    wires = [network.name for network in plan.networks if network.type is NetworkType.ETHERNET]
    if len(wires) > 1:
        yield f"Windows: {', '.join(wires[1:])} left out: a computer has one wired profile, of {wires[0]}."


def _root(certificate: PublicCertificate) -> GraphObject:
    store = "computerCertStoreRoot" if certificate.is_self_issued else "computerCertStoreIntermediate"
    return trusted_root(
        certificate, family="windows", title="Windows", prefix="windows81", extra={"destinationStore": store}
    )


def _scep(plan: GroupPlan, spelling: Callable[[str], str]) -> GraphObject:
    properties = scep_properties(plan, spelling)
    if "{{DeviceId}}" in str(properties["subjectNameFormatString"]):
        msg = f"profile {plan.profile.name!r}: {{{{DeviceId}}}} in a subject breaks Windows (windows-34)"
        raise PayloadError(msg, hint="use ${device.name} or ${device.serial} for Windows devices")
    return GraphObject(
        key=f"windows-scep{plan.suffix}",
        title="Windows certificate" + (f" of the {plan.beside}" if plan.beside else ""),
        type="windows81SCEPCertificateProfile",
        api=BETA,
        properties={
            **properties,
            "hashAlgorithm": "sha2",
            "keyStorageProvider": _KEY_STORAGE[plan.windows.key_protection],
        },
        bind={"rootCertificate": root_key("windows", plan.root)},
    )


def _network(plan: GroupPlan, network: NetworkPlan) -> GraphObject:
    """Our own profile at its node, which the native objects cannot say (filters, WPA3, TEAP)."""
    is_wired = network.type is NetworkType.ETHERNET
    medium = "wired" if is_wired else "Wi-Fi"
    profile = lan_profile(plan, network) if is_wired else wlan_profile(plan, network)
    return GraphObject(
        key=f"windows-{'wired' if is_wired else 'wifi'}-{network.name}",
        title=f"Windows {medium} {network.name}",
        type="windows10CustomConfiguration",
        api=V1,
        properties={
            "omaSettings": [
                {
                    "@odata.type": "#microsoft.graph.omaSettingString",
                    "displayName": f"{medium} {network.name if is_wired else profile_name(plan, network)}",
                    "omaUri": profile_uri(plan, network),
                    "value": compact(profile),
                }
            ]
        },
    )
