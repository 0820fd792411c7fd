"""Where an ONC goes, and what it may say there: device policy, user policy, or a file imported by hand.

The neutral file is good everywhere. A tenant's own policy can say more: which provisioning profile Google
gave the certificates, and which networks a device must leave once it is enrolled.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from onboard.errors import PayloadError
from onboard.model import Ssid
from onboard.plan import GroupPlan
from onboard.variables import Holder


class Level(enum.Enum):
    """Who gets the file; ChromeOS fills in other placeholders and takes other settings at each."""

    DEVICE_POLICY = "device policy"  # DeviceOpenNetworkConfiguration, good at the sign-in screen
    USER_POLICY = "user policy"  # OpenNetworkConfiguration
    ANYWHERE = "anywhere"  # import by hand, or either policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A destination and the settings that it allows."""

    level: Level = Level.ANYWHERE
    # cert_profile_id of RequiredClientCertificateForUser or ForDevice: no name is compared then, so it
    # survives a renamed CA. Empty: the certificate is found by issuer and group.
    provisioning_profile_id: str = ""
    # BlockedHexSSIDs: a device forgets the onboarding network once it is managed.
    blocked: tuple[Ssid, ...] = ()


ANYWHERE = Placement()


def check(plan: GroupPlan, placement: Placement) -> None:
    """Refuse what ChromeOS would drop, or what would cut a device off.

    Raises:
        PayloadError: the level does not fit the certificate's holder or the settings, or a network of the
            group itself is blocked.
    """
    if placement.level is Level.DEVICE_POLICY and plan.holder is Holder.USER:
        msg = f"group {plan.group!r}: networks of a device policy never see a person's certificate"
        raise PayloadError(msg, hint="use user policy, or a profile with 'holder: device'")
    if placement.blocked and placement.level is not Level.DEVICE_POLICY:
        msg = f"group {plan.group!r}: only a device policy can block networks, not {placement.level.value}"
        raise PayloadError(msg, hint="leave the onboarding network another way, or use device policy")
    own = {network.ssid for network in plan.networks}
    for ssid in placement.blocked:
        if ssid in own:
            msg = f"group {plan.group!r}: {ssid} is a network of the group and cannot be blocked"
            raise PayloadError(msg)


def global_configuration(placement: Placement) -> dict[str, object]:
    """The GlobalNetworkConfiguration as a part of the top level; empty where nothing is to be said."""
    if not placement.blocked:
        return {}
    listed = sorted({ssid.octets.hex().upper() for ssid in placement.blocked})
    return {"GlobalNetworkConfiguration": {"BlockedHexSSIDs": listed}}
