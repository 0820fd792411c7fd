"""GroupPlan -> RequiredClientCertificateForUser or ForDevice, the policy that makes a Chromebook enrol.

Google's own server makes this value from the console's profiles, and no API takes it: ours is for a lab's
management server and to compare a device's policy page (chrome://policy) with what the group expects.
"""

from __future__ import annotations

from onboard.payloads.chromeos.renewal import renewal
from onboard.plan import GroupPlan
from onboard.variables import Holder

POLICIES = {
    Holder.USER: "RequiredClientCertificateForUser",
    Holder.DEVICE: "RequiredClientCertificateForDevice",
}
_STATIC_PROTOCOL = 1
_DYNAMIC_PROTOCOL = 2  # the device proves possession, and an adapter answers


def required_certificate(
    plan: GroupPlan, *, profile_id: str, policy_version: str, dynamic: bool = True
) -> dict[str, object]:
    """The policy's name with its value.

    Args:
        plan: the group; its profile gives level and renewal.
        profile_id: `cert_profile_id`, what an ONC calls ClientCertProvisioningProfileId.
        policy_version: opaque token of the management server; Chromium ignores a profile without one.
        dynamic: protocol 2, for the certificate provisioning interface; else 1, for the SCEP connector. The
            policy for users has no field for it.
    """
    profile: dict[str, object] = {
        "cert_profile_id": profile_id,
        "name": f"{plan.organization_name} {plan.group}",
        "policy_version": policy_version,
        "key_algorithm": "rsa",  # SCEP is RSA everywhere, and ec is not for users
        # Absent means 0: no renewal before the certificate has run out.
        "renewal_period_seconds": int(renewal(plan).total_seconds()),
        "enable_remote_attestation_check": True,
    }
    if plan.holder is Holder.DEVICE:
        profile["protocol_version"] = _DYNAMIC_PROTOCOL if dynamic else _STATIC_PROTOCOL
    return {POLICIES[plan.holder]: [profile]}
