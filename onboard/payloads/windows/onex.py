"""The 802.1X part that Wi-Fi and wired profiles share (schema OneX v1); Windows enforces the order."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from onboard.options import EapMethod
from onboard.payloads.windows.eap import eap_tls
from onboard.payloads.windows.elements import branch, leaf
from onboard.payloads.windows.tunnels import peap_tls, teap
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
        leaf("authMode", auth_mode(plan, network)),
        branch("EAPConfig", eap_host_config(plan, network)),
        xmlns=ONEX,
    )


def auth_mode(plan: GroupPlan, network: NetworkPlan) -> str:
    """Whose certificate is offered: the holder's; the computer's until somebody signs in, where it has both.

    TEAP takes both in one conversation.
    """
    both = plan.second is not None or network.eap is EapMethod.TEAP
    return "machineOrUser" if both else AUTH_MODES[plan.holder]


def eap_host_config(plan: GroupPlan, network: NetworkPlan) -> ET.Element:
    """EapHostConfig with the network's method.

    Raises:
        PayloadError: none of the network's anchors is a root, and Windows pins nothing else.
    """
    match network.eap:
        case EapMethod.TLS:
            return eap_tls(plan, network)
        case EapMethod.PEAP_TLS:
            return peap_tls(plan, network)
        case EapMethod.TEAP:
            return teap(network)
