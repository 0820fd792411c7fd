"""GroupPlan -> a netplan file, for computers whose networks netplan keeps.

Netplan's own `auth` cannot pin a server name. Its NetworkManager renderer passes foreign settings on, and
there it can; so this file works with that renderer only, and says so by naming it.
"""

from __future__ import annotations

from collections.abc import Callable

import yaml

from onboard.artifact import Artifact
from onboard.model import Platform, Security
from onboard.payloads.eap import all_exact, domain_suffixes, identity
from onboard.payloads.linux import files, networkmanager
from onboard.plan import GroupPlan, NetworkPlan

_HEADING = """\
# To /etc/netplan, root-owned, mode 0600. The NetworkManager renderer is needed: no other can be told which
# server to believe. Use either this file or the .nmconnection profiles, not both.
"""


def build(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """`GROUP/linux/90-onboard-GROUP.yaml`, with every network of the group."""
    body = yaml.safe_dump(document(plan, spelling), sort_keys=False, allow_unicode=True, width=100)
    return (
        Artifact(
            path=f"{plan.group}/linux/90-onboard-{plan.group}.yaml",
            group=plan.group,
            platform=Platform.LINUX,
            kind="netplan",
            media_type="application/yaml",
            content=(_HEADING + body).encode(),
            secret=False,
        ),
    )


def document(plan: GroupPlan, spelling: Callable[[str], str]) -> dict[str, object]:
    """The file as YAML values; access points of all Wi-Fi networks share one definition of the card."""
    wireless = {
        str(network.ssid): {
            **({"hidden": True} if network.hidden else {}),
            "auth": {"key-management": "eap", **_auth(plan, network, spelling)},
            "networkmanager": _passthrough(plan, network, _radio(network)),
        }
        for network in plan.networks
        if network.ssid is not None
    }
    wired = [network for network in plan.networks if network.ssid is None][:1]
    media: dict[str, object] = {}
    if wireless:
        media["wifis"] = {f"onboard-{plan.group}": {**_any_card(), "access-points": wireless}}
    if wired:
        port = {
            **_any_card(),
            "auth": {"key-management": "802.1x", **_auth(plan, wired[0], spelling)},
            "networkmanager": _passthrough(plan, wired[0], {}),
        }
        media["ethernets"] = {f"onboard-{plan.group}-{wired[0].name}": port}
    return {"network": {"version": 2, "renderer": "NetworkManager", **media}}


def _any_card() -> dict[str, object]:
    return {"match": {}, "dhcp4": True}


def _auth(plan: GroupPlan, network: NetworkPlan, spelling: Callable[[str], str]) -> dict[str, str]:
    return {
        "method": "tls",
        "identity": identity(plan).value.spell(spelling),
        "ca-certificate": files.trust(plan, network),
        "client-certificate": files.certificate(plan),
        "client-key": files.private_key(plan),
    }


def _radio(network: NetworkPlan) -> dict[str, str]:
    security = network.security or Security.WPA2_ENTERPRISE
    settings = networkmanager.wifi_security(security)
    return {f"wifi-security.{key}": value for key, value in settings.items()}


def _passthrough(plan: GroupPlan, network: NetworkPlan, radio: dict[str, str]) -> dict[str, object]:
    match = "domain-match" if all_exact(network.server_names) else "domain-suffix-match"
    return {
        "uuid": networkmanager.connection_uuid(plan, network),
        "passthrough": {
            f"802-1x.{match}": ";".join(domain_suffixes(network.server_names)),
            "802-1x.private-key-password-flags": networkmanager.NO_PASSWORD,
            **radio,
        },
    }
