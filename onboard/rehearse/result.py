"""What came of one device on one network, as a person and a program read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One row: group x platform x network."""

    group: str
    platform: str
    network: str  # the SSID or the name of the wire; empty where the artifact could not be read
    read: bool = False  # the device understood its artifacts
    pinned: bool | None = None  # the CA that answered is the one the artifact pins; None: it pins none
    enrolled: bool = False
    authenticated: bool | None = None  # None: not tried, for want of FreeRADIUS and eapol_test
    vlan: int | None = None
    ok: bool = False
    reason: str = ""  # why not; or what was left out

    def to_json(self) -> dict[str, object]:
        """The fields of the contract, and those beside them."""
        return {
            "group": self.group,
            "platform": self.platform,
            "network": self.network,
            "enrolled": self.enrolled,
            "authenticated": self.authenticated,
            "vlan": self.vlan,
            "ok": self.ok,
            "reason": self.reason,
            "read": self.read,
            "pinned": self.pinned,
        }


def all_ok(results: Sequence[Result]) -> bool:
    """Whether every device got where its artifact leads; False for no results at all."""
    return bool(results) and all(result.ok for result in results)
