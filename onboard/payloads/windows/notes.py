"""What a Windows payload leaves out or does in another way than the org definition reads, in plain words.

The script prints these lines into its log; commands and instructions show them beside the files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from onboard.model import NetworkType, Security
from onboard.options import EapMethod, KeyProtection, RadiusType
from onboard.payloads.windows.syncml import csp_wire
from onboard.payloads.windows.wlan import falls_back
from onboard.plan import GroupPlan, NetworkPlan
from onboard.variables import Holder

_OF_SECURITY: Mapping[Security, str] = {
    Security.WPA2_WPA3_ENTERPRISE: (
        "joined with WPA2, which every computer of a mixed fleet can do; Windows 10 has no WPA3-Enterprise "
        "and would refuse the whole profile."
    ),
    Security.WPA3_ENTERPRISE: "WPA3-Enterprise needs Windows 11; Windows 10 refuses the profile.",
    Security.WPA3_ENTERPRISE_192: (
        "192-bit needs Windows 11, a driver with GCMP-256, and RSA of 3072 bits or P-384 in the whole chain "
        "of the RADIUS server."
    ),
}
_FALLBACK = (
    "WPA3-Enterprise, joined by a profile of WPA2, because some of the computers are older than Windows 11. "
    "It works where driver and access point agree on protected frames."
)
_OF_METHOD: Mapping[EapMethod, str] = {
    EapMethod.PEAP_TLS: "EAP-TLS inside PEAP. No profile with plain EAP-TLS may be beside it.",
    EapMethod.TEAP: (
        "TEAP with the certificate of the computer and that of the person; where two groups bring them, both "
        "bring the same profile to the computer. It needs Windows 10 2004."
    ),
}
_SECOND_WIRE = (
    "the WiredNetwork CSP holds one profile, and that of {first} is in it; the script or a Group Policy "
    "bring this one."
)
_NPS = (
    "Windows 11 offers TLS 1.3 and NPS cannot do it. Where joining fails, set "
    "./Device/Vendor/MSFT/Policy/Config/Eap/AllowTLS1_3 to 0."
)
_BOTH = (
    "The computer is on the network with its own certificate; when somebody signs in, Windows joins again "
    "with the certificate of that person. Who signs in for the first time has none yet, and Windows does not "
    "go back to the computer's: until it is there, that person needs another network, such as the onboarding "
    "network or a wire without 802.1X. Each certificate is asked for by itself, so where challenges are "
    "one-time each needs its own. The person's part of the SyncML file addresses ./User, which Windows has "
    "for Entra accounts only."
)
_WAITS = (
    "Somebody approves each request: 'onboard cert pending' lists them, 'onboard cert approve' lets one in. "
    "The script waits ten minutes and then asks every hour; the SyncML file makes Windows ask 30 times, an "
    "hour apart."
)
_OF_PROTECTION: Mapping[KeyProtection, str] = {
    KeyProtection.TPM: (
        "Keys are made in the TPM, and computers without one get no certificate. Many TPMs cannot sign with "
        "RSA-PSS, which TLS 1.3 and newer RADIUS servers ask for: try it on each model first."
    ),
    KeyProtection.TPM_IF_PRESENT: (
        "Keys are made in the TPM where there is one. Many TPMs cannot sign with RSA-PSS, which TLS 1.3 and "
        "newer RADIUS servers ask for: try it on each model first."
    ),
}


def notes(plan: GroupPlan) -> tuple[str, ...]:
    """One sentence for each thing an administrator would otherwise learn on the device."""
    lines = [f"{network.name}: {line}" for network in plan.networks for line in _network(plan, network)]
    if plan.second is not None:
        lines.append(_BOTH)
    elif plan.holder is Holder.USER:
        lines.append(
            "The certificate belongs to the person who is signed in; before sign-in the device is not on the "
            "network. The SyncML file addresses ./User, which Windows has for Entra accounts only."
        )
    if plan.scep.waits:
        lines.append(_WAITS)
    if plan.windows.key_protection in _OF_PROTECTION:
        lines.append(_OF_PROTECTION[plan.windows.key_protection])
    if any(own.scep.key_bits > 2048 for own in plan.certificates):
        lines.append("Keys of 4096 bits are made in software: a TPM does not hold them.")
    return tuple(dict.fromkeys(lines))


def _is_known_to_work(plan: GroupPlan, security: Security) -> bool:
    if security is Security.WPA3_ENTERPRISE:
        return plan.windows.minimum is not None  # an older one has been said to fall back
    return security not in _OF_SECURITY


def _network(plan: GroupPlan, network: NetworkPlan) -> Iterator[str]:
    wire = csp_wire(plan)
    if network.type is NetworkType.ETHERNET and wire is not None and wire.name != network.name:
        yield _SECOND_WIRE.format(first=wire.name)
    if falls_back(plan, network):
        yield _FALLBACK
    elif network.security is not None and not _is_known_to_work(plan, network.security):
        yield _OF_SECURITY[network.security]
    if network.eap in _OF_METHOD:
        yield _OF_METHOD[network.eap]
    if network.fips:
        yield "FIPS mode: drivers that do not do FIPS 140 cannot join."
    if network.radius is RadiusType.NPS:
        yield _NPS
