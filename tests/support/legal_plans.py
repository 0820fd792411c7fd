"""The plans of a legal org definition, as the loader reads it, with the example org's certificates."""

from __future__ import annotations

from dataclasses import replace

from support.legal_orgs import Org, as_yaml
from support.northwind import certificates

from onboard.model import ChallengeType
from onboard.options import EapMethod
from onboard.orgfile.loader import loads
from onboard.plan import GroupPlan, make_plan
from onboard.secret import Secret
from onboard.variables import Holder

CHALLENGE = Secret("a (legal) challenge, 2 of 3?")


def with_method(plan: GroupPlan, method: EapMethod) -> GroupPlan:
    """The plan with one method on all its networks; for TEAP everybody is certified by its own CA."""
    chained = dict.fromkeys(Holder, plan.signers) if method is EapMethod.TEAP else {}
    networks = tuple(replace(n, eap=method, chained=chained) for n in plan.networks)
    return replace(plan, networks=networks)


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
