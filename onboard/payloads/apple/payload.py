"""The keys that every payload of a profile has, and the identifiers that link payloads to each other.

Source: apple/device-management, mdm/profiles/CommonPayloadKeys.yaml. Identifier and UUID follow from the
place of a thing alone: a device replaces a payload it knows, an MDM does not push what did not change, and
two organizations never collide.
"""

from __future__ import annotations

import functools
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from onboard.apple_options import Scope
from onboard.payloads.apple.plist import Value
from onboard.pki import PublicCertificate
from onboard.plan import GroupPlan
from onboard.variables import Holder

Payload: TypeAlias = Mapping[str, Value]

_PLAIN = re.compile(r"[A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of one payload in a profile, e.g. `("network", "campus")`; `()` is the profile itself."""

    place: tuple[str, ...]

    def identifier(self, plan: GroupPlan) -> str:
        """Reverse-DNS PayloadIdentifier below the profile's own; every label is letters, digits and '-'."""
        return plan.identifier("apple", *(self._label(plan, part) for part in self.place))

    def uuid(self, plan: GroupPlan) -> str:
        """PayloadUUID in upper case, as Apple's tools write it; references compare it as text."""
        return _text(plan.uuid("apple", *self.place))

    @staticmethod
    def _label(plan: GroupPlan, part: str) -> str:
        if _PLAIN.fullmatch(part):
            return part
        # "file:a/b.pem" and "file:a-b.pem" must stay apart, so the label ends in a digest of the whole name.
        return f"{re.sub('[^A-Za-z0-9]+', '-', part).strip('-')}-{plan.uuid('apple', part).hex[:8]}"


@functools.lru_cache(maxsize=8192)
def _text(value: uuid.UUID) -> str:
    return str(value).upper()


PROFILE = Slot(())
IDENTITY = Slot(("scep",))


def certificate_slot(certificate: PublicCertificate) -> Slot:
    """Where a CA certificate stands."""
    return Slot(("ca", certificate.name))


def network_slot(name: str) -> Slot:
    """Where a network stands."""
    return Slot(("network", name))


def passpoint_slot(name: str) -> Slot:
    """Where the Passpoint side of a network stands."""
    return Slot(("network", name, "passpoint"))


def scope_of(plan: GroupPlan) -> Scope:
    """Whose keychain on a Mac, and when.

    A person's certificate lives in the login keychain and asks for no administrator; a device's in the System
    keychain, there before anyone logs in. The org may say otherwise.
    """
    return plan.apple.scope or (Scope.SYSTEM if plan.holder is Holder.DEVICE else Scope.USER)


def payload(
    plan: GroupPlan, slot: Slot, kind: str, name: str, description: str, keys: Mapping[str, Value]
) -> Payload:
    """One payload dictionary.

    Args:
        plan: the group, for identifiers.
        slot: the payload's place.
        kind: PayloadType.
        name: PayloadDisplayName, one short line in plain words.
        description: PayloadDescription, one sentence in plain words.
        keys: what is particular to the type.
    """
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,
        "PayloadIdentifier": slot.identifier(plan),
        "PayloadUUID": slot.uuid(plan),
        "PayloadDisplayName": name,
        "PayloadDescription": description,
        "PayloadOrganization": plan.organization_name,
        **keys,
    }
