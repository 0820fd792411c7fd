"""Instructions for the administrator of a group: which file goes where, and what to do when it fails."""

from __future__ import annotations

from onboard.model import NetworkType
from onboard.payloads.windows.notes import notes
from onboard.payloads.windows.troubles import TROUBLES
from onboard.payloads.windows.wlan import profile_name
from onboard.plan import GroupPlan
from onboard.templating import page
from onboard.variables import Holder

_TEMPLATE = "windows/instructions.md.j2"


def instructions(plan: GroupPlan, *, asks_challenge: bool) -> str:
    """Markdown text without any secret.

    Args:
        plan: the group.
        asks_challenge: whether the script holds no challenge and has to be given one.
    """
    wireless = [network for network in plan.networks if network.type is NetworkType.WIFI]
    wired = [network for network in plan.networks if network.type is NetworkType.ETHERNET]
    return page(
        _TEMPLATE,
        organization=plan.organization_name,
        group=plan.group,
        for_machine=plan.holder is Holder.DEVICE,
        asks_challenge=asks_challenge,
        place=f"{plan.organization_identifier}.{plan.group}",
        wireless=[{"key": n.name, "name": profile_name(plan, n)} for n in wireless],
        wired=[network.name for network in wired],
        root_name=plan.root.common_name,
        issuing_name=plan.issuing.common_name,
        trust=[
            {
                "name": certificate.common_name,
                "store": "trusted root" if certificate.is_self_issued else "intermediate CA",
                "sha1": certificate.sha1.hex(),
            }
            for certificate in plan.anchors
        ],
        onboarding_ssid=plan.onboarding_ssid.text if plan.onboarding_ssid else "",
        notes=notes(plan),
        troubles=TROUBLES,
        support=plan.support,
    )
