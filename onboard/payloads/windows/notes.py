"""What a Windows payload leaves out or does in another way than the org definition reads, in plain words.

The script prints these lines into its log; commands and instructions show them beside the files.
"""

from __future__ import annotations

from collections.abc import Mapping

from onboard.model import NetworkType, Security
from onboard.plan import GroupPlan, NetworkPlan
from onboard.variables import Holder

_SAID: Mapping[NetworkType | Security | None, str] = {
    NetworkType.ETHERNET: (
        "{name}: there is no CSP node for a wired profile, so the SyncML file leaves it out; the script, a "
        "Group Policy or Intune's wired network object bring it."
    ),
    Security.WPA2_WPA3_ENTERPRISE: (
        "{name}: joined with WPA2, which every computer of a mixed fleet can do; Windows 10 has no "
        "WPA3-Enterprise and would refuse the whole profile."
    ),
    Security.WPA3_ENTERPRISE: "{name}: WPA3-Enterprise needs Windows 11; Windows 10 refuses the profile.",
    Security.WPA3_ENTERPRISE_192: (
        "{name}: 192-bit needs Windows 11, a driver with GCMP-256, and RSA of 3072 bits or P-384 in the "
        "whole chain of the RADIUS server."
    ),
}


def notes(plan: GroupPlan) -> tuple[str, ...]:
    """One sentence for each thing an administrator would otherwise learn on the device."""
    lines = [line for network in plan.networks if (line := _network(network))]
    if plan.holder is Holder.USER:
        lines.append(
            "The certificate belongs to the person who is signed in; before sign-in the device is not on the "
            "network. The SyncML file addresses ./User, which Windows has for Entra accounts only."
        )
    if plan.scep.key_bits > 2048:
        lines.append("Keys of 4096 bits are made in software: a TPM does not hold them.")
    return tuple(dict.fromkeys(lines))


def _network(network: NetworkPlan) -> str:
    if network.type is NetworkType.ETHERNET:
        return _SAID[network.type].format(name=network.name)
    return _SAID.get(network.security, "").format(name=network.name)
