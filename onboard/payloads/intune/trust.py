"""Trusted certificates as Intune's own profiles, which every platform has: roots, and the CAs under them.

They need nobody's word and hold no secret, so they can be made for every group.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

from onboard.payloads.intune.bundle import BETA, GraphObject, Json
from onboard.pki import PublicCertificate
from onboard.plan import GroupPlan


def trusted_root(
    certificate: PublicCertificate, *, family: str, title: str, prefix: str, extra: Json
) -> GraphObject:
    """One certificate.

    Args:
        certificate: a root, or a CA below one.
        family: begins the key of the object, e.g. "android-work".
        title: of the family, for people.
        prefix: of Graph's type, e.g. "androidWorkProfile".
        extra: properties that only this family's type has.
    """
    return GraphObject(
        key=root_key(family, certificate),
        title=f"{title} trust {certificate.common_name}",
        type=f"{prefix}TrustedRootCertificate",
        api=BETA,
        properties={
            "trustedRootCertificate": base64.b64encode(certificate.der).decode(),
            "certFileName": f"{certificate.sha1.hex()[:8]}.cer",
            **extra,
        },
    )


def trusted_roots(
    plan: GroupPlan, *, family: str, title: str, prefix: str, extra: Json
) -> Iterator[GraphObject]:
    """Every certificate that a device of the group must hold; arguments as of `trusted_root`."""
    for certificate in plan.anchors:
        yield trusted_root(certificate, family=family, title=title, prefix=prefix, extra=extra)


def root_key(family: str, certificate: PublicCertificate) -> str:
    """The bundle key of a trusted certificate, e.g. "ios-root-208aac62"."""
    return f"{family}-root-{certificate.sha1.hex()[:8]}"
