"""The profile around the payloads: top-level keys, scope, and the bytes.

Source: apple/device-management, mdm/profiles/TopLevel.yaml. The identifier says which profile is replaced and
never changes; the top-level UUID says whether it is another edition and carries a digest of the content.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from onboard.apple_options import Scope
from onboard.errors import PayloadError
from onboard.payloads.apple.payload import PROFILE, Payload, Slot, payload, scope_of
from onboard.payloads.apple.plist import Value, write_plist
from onboard.payloads.apple.rendering import canonical, rendered
from onboard.plan import GroupPlan

_SCOPE: Mapping[Scope, str] = {
    Scope.USER: "User",
    Scope.SYSTEM: "System",
}  # for macOS alone


def dump_profile(
    plan: GroupPlan,
    payloads: Sequence[Payload],
    *,
    slot: Slot = PROFILE,
    seal: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """The profile as an XML property list, keys sorted, LF line ends.

    Args:
        plan: the group.
        payloads: what the profile holds.
        slot: its place, which is its identifier.
        seal: encrypts the payloads (XML property list -> CMS EnvelopedData); None leaves them readable.

    Raises:
        PayloadError: a value holds a control character, which no property list can carry.
    """
    profile = payload(
        plan,
        slot,
        "Configuration",
        f"{plan.organization_name}: {plan.title}",
        _description(plan),
        {"PayloadScope": _SCOPE[scope_of(plan)], **_options(plan)},
    )
    edition = uuid.uuid5(uuid.UUID(slot.uuid(plan)), _digest(canonical(profile, payloads)))
    profile = {**profile, "PayloadUUID": str(edition).upper()}
    try:
        return write_plist({**profile, **_content(payloads, seal)})
    except ValueError as error:
        raise PayloadError(
            f"group {plan.group}: a value of the Apple profile holds a control character",
            hint="look at names, the challenge and the values given with --set",
        ) from error


def _content(payloads: Sequence[Payload], seal: Callable[[bytes], bytes] | None) -> Payload:
    if seal is None:
        return {"PayloadContent": [rendered(one) for one in payloads]}
    return {"IsEncrypted": True, "EncryptedPayloadContent": seal(write_plist(list(payloads)))}


def _options(plan: GroupPlan) -> Mapping[str, Value]:
    """What the org asks of the whole profile."""
    found = dict(cast("Mapping[str, Value]", plan.apple.keys))
    if plan.access_for is not None:
        found["DurationUntilRemoval"] = plan.access_for.total_seconds()  # from installation on
    if plan.apple.target_device_type is not None:
        found["TargetDeviceType"] = plan.apple.target_device_type
    return found


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def _description(plan: GroupPlan) -> str:
    where = [f"the Wi-Fi network {n.ssid}" if n.ssid else "the wired network" for n in plan.networks]
    listed = " and ".join([", ".join(where[:-1]), where[-1]] if len(where) > 1 else where)
    contact = " or ".join(filter(None, (plan.support.email, plan.support.url)))
    help_line = f" Help: {contact}" if contact else ""
    return f"Lets this device join {listed} of {plan.organization_name} with its own certificate.{help_line}"
