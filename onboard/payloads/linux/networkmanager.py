"""GroupPlan -> NetworkManager connection profiles (nm-settings-keyfile), one for each network.

Keys stand in the order in which NetworkManager writes them: `nmcli --offline` gives back the same file.
"""

from __future__ import annotations

from collections.abc import Callable

from onboard.artifact import Artifact
from onboard.model import Platform, Security
from onboard.payloads.eap import all_exact, domain_suffixes, identity
from onboard.payloads.linux import files, keyfile
from onboard.plan import GroupPlan, NetworkPlan

MEDIA_TYPE = "text/plain; charset=utf-8"

# 802-11-wireless-security.pmf: 2 is optional, 3 is required (WPA3 demands it).
_PMF = {
    Security.WPA2_ENTERPRISE: "2",
    Security.WPA2_WPA3_ENTERPRISE: "2",
    Security.WPA3_ENTERPRISE: "3",
    Security.WPA3_ENTERPRISE_192: "3",
}
NO_PASSWORD = "4"  # noqa: S105 -- a flag of private-key-password-flags: the key is not encrypted


def build(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """`GROUP/linux/GROUP-NETWORK.nmconnection` for each network; it must be root's, mode 0600."""
    return tuple(
        Artifact(
            path=f"{plan.group}/linux/{file_name(plan, network)}",
            group=plan.group,
            platform=Platform.LINUX,
            kind="networkmanager",
            media_type=MEDIA_TYPE,
            content=_profile(plan, network, position, spelling).encode(),
            secret=False,
        )
        for position, network in enumerate(plan.networks)
    )


def file_name(plan: GroupPlan, network: NetworkPlan) -> str:
    """The name of the profile's file, here and below /etc/NetworkManager/system-connections."""
    return f"{plan.group}-{network.name}.nmconnection"


def connection_uuid(plan: GroupPlan, network: NetworkPlan) -> str:
    """`connection.uuid`; the enrolment script reactivates the profile by it after a renewal."""
    return str(plan.uuid("linux", "networkmanager", network.name))


def _profile(plan: GroupPlan, network: NetworkPlan, position: int, spelling: Callable[[str], str]) -> str:
    name = str(network.ssid) if network.ssid else f"{plan.organization_name} ({network.name})"
    connection = {
        "id": name,
        "uuid": connection_uuid(plan, network),
        "type": "ethernet" if network.ssid is None else "wifi",
    }
    # Higher is preferred, 0 is the default and never written; the last of the group stays above strangers.
    connection["autoconnect-priority"] = str(len(plan.networks) - position)
    groups = {"connection": connection}
    if network.ssid is None:
        groups["ethernet"] = {}
    else:
        hidden = {"hidden": "true"} if network.hidden else {}
        groups["wifi"] = {**hidden, "mode": "infrastructure", "ssid": _ssid(network.ssid.octets)}
        groups["wifi-security"] = wifi_security(network.security or Security.WPA2_ENTERPRISE)
    groups["802-1x"] = _eap(plan, network, spelling)
    groups["ipv4"] = {"method": "auto"}
    groups["ipv6"] = {"addr-gen-mode": "default", "method": "auto"}
    groups["proxy"] = {}
    return keyfile.dumps(groups)


def _ssid(octets: bytes) -> str:
    """Text where it is printable ASCII, with `;` escaped; else the list of its bytes in decimal."""
    if all(32 <= octet < 127 for octet in octets):
        return octets.decode("ascii").replace(";", "\\;")
    return "".join(f"{octet};" for octet in octets)


def wifi_security(security: Security) -> dict[str, str]:
    """The group `wifi-security`: key management and protection of management frames."""
    suite_b = security is Security.WPA3_ENTERPRISE_192
    return {"key-mgmt": "wpa-eap-suite-b-192" if suite_b else "wpa-eap", "pmf": _PMF[security]}


def _eap(plan: GroupPlan, network: NetworkPlan, spelling: Callable[[str], str]) -> dict[str, str]:
    # A file, never ca-path: profiles with a folder of roots broke in NetworkManager 1.60.
    match = "domain-match" if all_exact(network.server_names) else "domain-suffix-match"
    return {
        "ca-cert": files.trust(plan, network),
        "client-cert": files.certificate(plan),
        match: ";".join(domain_suffixes(network.server_names)),
        "eap": "tls;",
        "identity": identity(plan).value.spell(spelling),
        "private-key": files.private_key(plan),
        "private-key-password-flags": NO_PASSWORD,
    }
