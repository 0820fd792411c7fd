"""The source of a provisioning package: the onboarding network, for computers in out-of-box setup.

A package cannot hold an EAP-TLS identity; it brings a computer to where it can get one. Windows Configuration
Designer (`icd.exe`, on Windows) turns this file into a `.ppkg`; the format is the one that it exports.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from onboard.model import Ssid
from onboard.payloads.windows.elements import branch, leaf
from onboard.plan import GroupPlan

PACKAGE = "urn:schemas-Microsoft-com:Windows-ICD-Package-Config.v1.0"
SETTINGS = "urn:schemas-microsoft-com:windows-provisioning"


def customizations(plan: GroupPlan, ssid: Ssid) -> ET.Element:
    """WindowsCustomizations with the onboarding network as an open one that connects by itself.

    Args:
        plan: the group; its identifiers make the package's id, so a new edition replaces the old one.
        ssid: the onboarding network.
    """
    network = branch(
        "WLANXmlSettings",
        leaf("AutoConnect", "True"),  # the designer writes capitals, unlike WLAN profiles
        leaf("HiddenNetwork", "False"),
        leaf("SecurityType", "Open"),
    )
    named = {"SSID": ssid.text, "Name": ssid.text}
    return branch(
        "WindowsCustomizations",
        _package_config(plan),
        branch(
            "Settings",
            branch(
                "Customizations",
                branch(
                    "Common",
                    branch(
                        "ConnectivityProfiles",
                        branch(
                            "WLAN",
                            branch("WLANSetting", branch("WLANConfig", network, attributes=named)),
                        ),
                    ),
                ),
            ),
            xmlns=SETTINGS,
        ),
    )


def _package_config(plan: GroupPlan) -> ET.Element:
    return branch(
        "PackageConfig",
        leaf("ID", f"{{{plan.uuid('windows', 'provisioning')}}}"),
        leaf("Name", f"{plan.organization_identifier}.{plan.group}"),
        leaf("Version", "1.0"),
        leaf("OwnerType", "ITAdmin"),
        leaf("Rank", 0),
        leaf("Notes", ""),
        xmlns=PACKAGE,
    )
