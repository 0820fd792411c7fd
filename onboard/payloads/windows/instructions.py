"""Texts for the administrator of a group: which file goes where, the steps of a Group Policy, what failed."""

from __future__ import annotations

from collections.abc import Mapping

from onboard.model import NetworkType
from onboard.payloads.windows.notes import notes
from onboard.payloads.windows.script import place
from onboard.payloads.windows.syncml import by_store
from onboard.payloads.windows.troubles import TROUBLES
from onboard.payloads.windows.wlan import profile_name
from onboard.plan import GroupPlan
from onboard.templating import page
from onboard.variables import Holder

_INSTRUCTIONS = "windows/instructions.md.j2"
_CHECKLIST = "windows/gpo.md.j2"


def instructions(plan: GroupPlan, *, asks_challenge: bool) -> str:
    """Markdown text without any secret.

    Args:
        plan: the group.
        asks_challenge: whether the script holds no challenge and has to be given one.
    """
    return page(
        _INSTRUCTIONS,
        **_facts(plan),
        asks_challenge=asks_challenge,
        root_name=plan.root.common_name,
        onboarding_ssid=plan.onboarding_ssid.text if plan.onboarding_ssid else "",
        notes=notes(plan),
        troubles=TROUBLES,
        support=plan.support,
    )


def checklist(plan: GroupPlan, *, asks_challenge: bool) -> str:
    """The steps of a Group Policy as Markdown, without any secret; arguments as of `instructions`."""
    return page(_CHECKLIST, **_facts(plan), asks_challenge=asks_challenge)


def _facts(plan: GroupPlan) -> Mapping[str, object]:
    """What both texts say of the group."""
    wireless = [network for network in plan.networks if network.type is NetworkType.WIFI]
    return {
        "organization": plan.organization_name,
        "group": plan.group,
        "scripts": [
            {
                "file": f"{plan.group}{own.suffix}.ps1",
                "for_machine": own.holder is Holder.DEVICE,
                "place": place(own),
            }
            for own in by_store(plan)
        ],
        "issuing_name": plan.issuing.common_name,
        "wireless": [{"key": n.name, "name": profile_name(plan, n)} for n in wireless],
        "wired": [n.name for n in plan.networks if n.type is NetworkType.ETHERNET],
        "trust": [
            {
                "name": certificate.common_name,
                "store": "Trusted Root Certification Authorities"
                if certificate.is_self_issued
                else "Intermediate Certification Authorities",
                "sha1": certificate.sha1.hex(),
            }
            for certificate in plan.anchors
        ],
    }
