"""The LAN profile of a wired network: what `netsh lan`, the WiredNetwork CSP and the policy of GPO take."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from onboard.payloads.windows.elements import branch, leaf
from onboard.payloads.windows.onex import onex
from onboard.plan import GroupPlan, NetworkPlan

LAN_V1 = "http://www.microsoft.com/networking/LAN/profile/v1"


def lan_profile(plan: GroupPlan, network: NetworkPlan) -> ET.Element:
    """LANProfile of a wired network.

    `OneXEnforced` stays false: enforced, the device refuses every port without 802.1X, at home too.
    """
    return branch(
        "LANProfile",
        branch(
            "MSM",
            branch(
                "security",
                leaf("OneXEnforced", text=False),
                leaf("OneXEnabled", text=True),
                onex(plan, network),
            ),
        ),
        xmlns=LAN_V1,
    )
