"""The LAN profile of a wired network: what `netsh lan add profile` and the Wired Network policy of GPO take.

Windows has no CSP node for it in the published reference, so the wire is not a part of the SyncML file: the
PowerShell script, a GPO or Intune's wired object bring it.
"""

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
