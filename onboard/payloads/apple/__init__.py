"""GroupPlan -> one configuration profile (.mobileconfig) for iOS, iPadOS, macOS, tvOS, visionOS and watchOS.

One profile holds everything: the CA certificates, one SCEP identity, every Wi-Fi network and the wire,
linked by resolved UUIDs. A device enrols once however many networks there are, and loses all of it together.
"""

from __future__ import annotations

from collections.abc import Callable

from onboard.artifact import Artifact
from onboard.model import Platform
from onboard.payloads.apple.acme import acme_payload
from onboard.payloads.apple.certificates import certificate_payloads
from onboard.payloads.apple.networks import network_payloads
from onboard.payloads.apple.payload import Payload
from onboard.payloads.apple.profile import dump_profile
from onboard.payloads.apple.scep import scep_payload
from onboard.plan import GroupPlan

MEDIA_TYPE = "application/x-apple-aspen-config"


def build(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """The group's profile: exactly one artifact of kind `mobileconfig`, unsigned.

    Where the group names an ACME server there is a second, of kind `mobileconfig-acme`, with the same
    identifier: a device takes that one if its hardware can, and the first otherwise.

    Args:
        plan: the group.
        spelling: how a `${variable}` is written in the output.

    Raises:
        PayloadError: Apple's format cannot say what the plan demands; the message names the place.
        VariableError: `spelling` has no way to write a variable.
    """
    scep = _profile(plan, "mobileconfig", "", scep_payload(plan, spelling))
    if plan.apple.acme is None:
        return (scep,)
    acme = acme_payload(plan, plan.apple.acme, spelling)
    return (scep, _profile(plan, "mobileconfig-acme", "-acme", acme))


def _profile(plan: GroupPlan, kind: str, suffix: str, identity: Payload) -> Artifact:
    payloads = (*certificate_payloads(plan), identity, *network_payloads(plan))
    return Artifact(
        path=f"{plan.group}/apple/{plan.group}{suffix}.mobileconfig",
        group=plan.group,
        platform=Platform.APPLE,
        kind=kind,
        media_type=MEDIA_TYPE,
        content=dump_profile(plan, payloads),
        secret=kind == "mobileconfig" and plan.scep.challenge is not None,
    )
