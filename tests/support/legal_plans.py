"""The plans of a legal org definition, as the loader reads it, with the example org's certificates."""

from __future__ import annotations

from support.legal_orgs import Org, as_yaml
from support.northwind import certificates

from onboard.model import ChallengeType
from onboard.orgfile.loader import loads
from onboard.plan import GroupPlan, make_plan
from onboard.secret import Secret

CHALLENGE = Secret("a (legal) challenge, 2 of 3?")


def plans_of(org: Org, platform: str) -> list[GroupPlan]:
    """One plan for each group that has the platform; every root is one root, every issuing CA another."""
    organization = loads(as_yaml(org))
    known = certificates()
    public = {a.name: known["root" if a.is_root else "staff"] for a in organization.authorities}
    return [
        make_plan(
            organization,
            group,
            public,
            CHALLENGE if group.challenge.type is ChallengeType.STATIC else None,
        )
        for group in organization.groups
        if platform in group.platforms
    ]
