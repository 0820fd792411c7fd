"""iOS and macOS through Intune: native profiles where Intune vouches, else our own profile as a custom one.

A custom profile is the one place where Intune carries a challenge of ours, and only a static one.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator

from onboard.errors import VariableError
from onboard.payloads import apple as mobileconfig
from onboard.payloads.intune.apple_native import FAMILIES, Family, channel, limits, native
from onboard.payloads.intune.bundle import BETA, V1, VOUCHING, GraphObject
from onboard.payloads.intune.trust import trusted_roots
from onboard.plan import GroupPlan
from onboard.variables import CHALLENGE

_ONE_TIME = VariableError(
    "Intune cannot fetch a one-time challenge of ours",
    (CHALLENGE,),
    hint="use a static challenge for the group, or personal payloads (generate --for)",
)


def objects(
    plan: GroupPlan, spelling: Callable[[str], str], *, validated: bool, refusal: VariableError | None
) -> Iterator[GraphObject]:
    """Native objects, or one custom profile for each system; trust alone where neither can be.

    Args:
        plan: the group.
        spelling: how Intune writes a variable.
        validated: whether Intune vouches for requests at this endpoint.
        refusal: why a custom profile cannot be; None if it can.
    """
    for family in _families(plan):
        if not validated and not _trouble(plan, refusal):
            yield _custom(family, plan, spelling)
            continue
        yield from trusted_roots(
            plan,
            family=family.key,
            title=family.title,
            prefix=family.prefix,
            extra=channel(family, plan),
        )
        if validated:
            yield from native(family, plan, spelling)


def notes(plan: GroupPlan, *, validated: bool, refusal: VariableError | None) -> Iterator[str]:
    """What an administrator must know of the Apple part."""
    if not _families(plan):
        yield "Apple: nothing; Intune manages iOS, iPadOS and macOS, and the group has none of them."
    elif validated:
        yield from limits(plan)
    elif trouble := _trouble(plan, refusal):
        cure = trouble.hint[:1].upper() + trouble.hint[1:]
        yield f"Apple: trust alone, because {trouble}. {cure}, or {VOUCHING}."


def _families(plan: GroupPlan) -> tuple[Family, ...]:
    """Those of the systems that the group has."""
    return tuple(f for f in FAMILIES if any(plan.apple.includes(system) for system in f.systems))


def _trouble(plan: GroupPlan, refusal: VariableError | None) -> VariableError | None:
    """Why there can be no custom profile."""
    return refusal or (None if plan.scep.challenge is not None else _ONE_TIME)


def _custom(family: Family, plan: GroupPlan, spelling: Callable[[str], str]) -> GraphObject:
    """The profile with SCEP; the one with ACME, where there is one, is for devices known one by one."""
    profile = next(a for a in mobileconfig.build(plan, spelling) if a.kind == "mobileconfig")
    return GraphObject(
        key=f"{family.key}-custom",
        title=f"{family.title} profile",
        type=f"{family.prefix}CustomConfiguration",
        api=BETA if family.has_channel else V1,  # deploymentChannel is not in v1.0
        properties={
            "payloadName": f"{plan.organization_name} {plan.title}",
            "payloadFileName": f"{plan.group}.mobileconfig",
            "payload": base64.b64encode(profile.content).decode(),
            **channel(family, plan),
        },
    )
