"""The 802.1X part that Wi-Fi and wired profiles share (schema OneX v1); Windows enforces the order."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from onboard.payloads.windows.eap import eap_host_config
from onboard.payloads.windows.elements import branch, leaf
from onboard.plan import GroupPlan, NetworkPlan
from onboard.variables import Holder

ONEX = "http://www.microsoft.com/networking/OneX/v1"

# Decides the certificate store that Windows searches for the client certificate, and for the root.
AUTH_MODES: Mapping[Holder, str] = {Holder.USER: "user", Holder.DEVICE: "machine"}

# The default of 1 makes Windows hold off for minutes when it tries before the certificate has arrived.
_MAX_AUTH_FAILURES = 3


def onex(plan: GroupPlan, network: NetworkPlan) -> ET.Element:
    """The OneX element of one network."""
    return branch(
        "OneX",
        leaf("cacheUserData", text=True),
        leaf("maxAuthFailures", _MAX_AUTH_FAILURES),
        leaf("authMode", AUTH_MODES[plan.holder]),
        branch("EAPConfig", eap_host_config(plan, network)),
        xmlns=ONEX,
    )
