"""GroupPlan -> iwd network files (iwd.network(5)), one for each Wi-Fi network.

iwd finds a network by its file's name: the SSID itself, or `=` and its bytes in hexadecimal where it has
other characters than letters, digits, blank, `_` and `-`. Wired networks belong to another daemon and are
left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from onboard.artifact import Artifact
from onboard.model import Platform, Ssid
from onboard.payloads.eap import identity
from onboard.payloads.linux import files, keyfile
from onboard.plan import GroupPlan, NetworkPlan

_VERBATIM = re.compile(r"[A-Za-z0-9 _-]+")


def build(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """`GROUP/linux/iwd/SSID.8021x` for each Wi-Fi network; it belongs below /var/lib/iwd with mode 0600."""
    return tuple(
        Artifact(
            path=f"{plan.group}/linux/iwd/{file_name(network.ssid)}",
            group=plan.group,
            platform=Platform.LINUX,
            kind="iwd",
            media_type="text/plain; charset=utf-8",
            content=_network(plan, network, spelling).encode(),
            secret=False,
        )
        for network in plan.networks
        if network.ssid is not None
    )


def file_name(ssid: Ssid) -> str:
    """The name under which iwd looks for an 802.1X network of this SSID."""
    stem = ssid.text if _VERBATIM.fullmatch(ssid.text) else f"={ssid.octets.hex()}"
    return f"{stem}.8021x"


def _network(plan: GroupPlan, network: NetworkPlan, spelling: Callable[[str], str]) -> str:
    return keyfile.dumps(
        {
            "Security": {
                "EAP-Method": "TLS",
                "EAP-Identity": identity(plan).value.spell(spelling),
                "EAP-TLS-CACert": files.trust(plan, network),
                "EAP-TLS-ClientCert": files.certificate(plan),
                "EAP-TLS-ClientKey": files.private_key(plan),
                # iwd compares label by label and knows `*`, so the names stay as they are.
                "EAP-TLS-ServerDomainMask": ";".join(network.server_names),
            },
            "Settings": {"AutoConnect": "true", **({"Hidden": "true"} if network.hidden else {})},
        }
    )
