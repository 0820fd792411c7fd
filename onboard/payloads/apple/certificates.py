"""CA certificates: the RADIUS servers' anchors and the chain of the device's own certificate, each once.

The chain is shipped because Apple's SCEP client stores the leaf alone, and a supplicant sends what chain it
can build from installed certificates. Roots are `com.apple.security.root`, everything else
`com.apple.security.pkcs1`; both take DER.
"""

from __future__ import annotations

from onboard.payloads.apple.payload import Payload, certificate_slot, payload
from onboard.pki import PublicCertificate
from onboard.plan import GroupPlan


def certificate_payloads(plan: GroupPlan) -> tuple[Payload, ...]:
    """One payload for each certificate of `plan.anchors`, in that order."""
    return tuple(_certificate_payload(plan, certificate) for certificate in plan.anchors)


def _certificate_payload(plan: GroupPlan, certificate: PublicCertificate) -> Payload:
    kind, name = "root" if certificate.is_self_issued else "pkcs1", certificate.common_name
    return payload(
        plan,
        certificate_slot(certificate),
        f"com.apple.security.{kind}",
        name,
        f"Trusts {name} for this network.",
        {"PayloadContent": certificate.der},
    )
