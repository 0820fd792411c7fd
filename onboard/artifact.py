"""One file for a device, an MDM or an administrator, and the manifest that lists them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from onboard.model import Platform
from onboard.variables import Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A payload in memory; `compose` turns it into a checked one, which is all that may be written."""

    path: str  # relative to the output folder, '/' separated, e.g. "staff/apple/staff.mobileconfig"
    group: str
    platform: Platform
    kind: str  # e.g. "mobileconfig", "wlan-profile"; "script-device" beside "script" for a second certificate
    media_type: str
    content: bytes = field(repr=False)  # never printed: it may hold a challenge
    secret: bool  # True when it holds a challenge; written 0600

    @property
    def sha256(self) -> str:
        """Lower-case hex digest of the content."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def plain_kind(self) -> str:
        """The kind without the holder of a second certificate."""
        return divided(self.kind)[0]


def divided(kind: str) -> tuple[str, Holder | None]:
    """A kind without the holder that it ends in, and that holder: of a group's second certificate."""
    for holder in Holder:
        if kind.endswith(f"-{holder}"):
            return kind.removesuffix(f"-{holder}"), holder
    return kind, None
