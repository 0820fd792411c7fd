"""What came of one device on one network, as a person and a program read it."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace

from onboard.variables import Holder


class Step(enum.StrEnum):
    """How far a device got; a failure is one of the step that came next."""

    READ = "read"  # understands its artifacts
    REACH = "reach"  # gets an answer from the SCEP server
    TRUST = "trust"  # finds the CA that it pins, and an RA
    ENROL = "enrol"  # gets a certificate
    OFFER = "offer"  # would offer that certificate on the network
    JOIN = "join"  # and RADIUS trust each other
    VLAN = "vlan"  # is put where the org says
    RENEW = "renew"  # has a fresh certificate when the old one nears its end


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One row: group x platform x network."""

    group: str
    platform: str
    # the SSID or the name of the wire, `@SITE` or ` (Passpoint...)` behind it; empty where nothing was read
    network: str
    holder: Holder | None = None  # whose certificate, where the group has two; ` (HOLDER)` is then behind it
    read: bool = False  # the device understood its artifacts
    pinned: bool | None = None  # the CA that answered is the one the artifact pins; None: it pins none
    enrolled: bool = False
    authenticated: bool | None = None  # None: not tried, for want of FreeRADIUS and eapol_test
    vlan: int | None = None
    renewal: str = ""  # who renews and from when on; on a later day, what came of it
    renewed: bool | None = None  # None: not played, or not time yet
    ok: bool = False
    reason: str = ""  # why not; or what was left out
    negative: str = ""  # what was wrong on purpose: then `ok` means that somebody refused
    failed: Step | None = None  # the step that did not work
    where: str = ""  # the line of org.yaml to look at

    def on(self, network: str) -> Result:
        """The row of a device that understood its artifacts, on one of its networks."""
        behind = "" if self.holder is None else f" ({self.holder})"
        return replace(self, network=f"{network}{behind}", read=True)

    @property
    def network_key(self) -> str:
        """The network in org.yaml, without the site or the way by which it was found."""
        return self.network.partition("@")[0].partition(" (")[0]

    def to_json(self) -> dict[str, object]:
        """The fields of the contract, and those beside them."""
        return {
            "group": self.group,
            "platform": self.platform,
            "network": self.network,
            "holder": self.holder,
            "enrolled": self.enrolled,
            "authenticated": self.authenticated,
            "vlan": self.vlan,
            "ok": self.ok,
            "reason": self.reason,
            "read": self.read,
            "pinned": self.pinned,
            "renewal": self.renewal,
            "renewed": self.renewed,
            "negative": self.negative or None,
            "failed": None if self.failed is None else self.failed.value,
            "where": self.where,
        }


def all_ok(results: Sequence[Result]) -> bool:
    """Whether every device got where its artifact leads; False for no results at all."""
    return bool(results) and all(result.ok for result in results)
