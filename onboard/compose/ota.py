"""The over-the-air flow's three profiles, judged and signed like every other."""

from __future__ import annotations

from cryptography import x509

from onboard.compose import CheckedArtifact, checked, judge
from onboard.model import Platform
from onboard.payloads import Spelling
from onboard.payloads.apple import ota
from onboard.plan import GroupPlan
from onboard.secret import Secret
from onboard.signing import Signer


def compose_invitation(plan: GroupPlan, url: str, token: Secret, signer: Signer | None) -> CheckedArtifact:
    """Phase 1: asks for the device's attributes; they are posted to `url`."""
    return checked(ota.invitation(plan.on(Platform.APPLE), url, token), signer)


def compose_identity(plan: GroupPlan, spelling: Spelling, signer: Signer | None) -> CheckedArtifact:
    """Phase 2's answer: the certificate that opens what follows; the plan holds its minted challenge."""
    return checked(ota.identity_profile(plan.on(Platform.APPLE), spelling), signer)


def compose_final(
    plan: GroupPlan, spelling: Spelling, device: x509.Certificate, signer: Signer | None
) -> CheckedArtifact:
    """Phase 3's answer, encrypted to the device; judged before it is sealed, and again outside.

    Raises:
        PayloadError: lint refuses what was built, or the device's key is not RSA.
    """
    plan = plan.on(Platform.APPLE)
    judge(ota.final_profile(plan, spelling, None))
    return checked(ota.final_profile(plan, spelling, device), signer)
