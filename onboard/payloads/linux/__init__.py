"""Linux: the enrolment script, and the network in the format of each supplicant."""

from __future__ import annotations

from collections.abc import Callable

from onboard.artifact import Artifact
from onboard.payloads.linux import certmonger, iwd, netplan, networkmanager, wpa_supplicant
from onboard.plan import GroupPlan


def build(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """The group's Linux artifacts: `certmonger`, `networkmanager`, `wpa-supplicant`, `iwd`, `netplan`."""
    return (
        *certmonger.build(plan, spelling),
        *networkmanager.build(plan, spelling),
        *wpa_supplicant.build(plan, spelling),
        *iwd.build(plan, spelling),
        *netplan.build(plan, spelling),
    )
