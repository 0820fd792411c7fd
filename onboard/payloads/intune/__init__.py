"""GroupPlan -> bundles of Microsoft Graph objects for Intune, one file for each platform Intune manages.

Made for an Intune dialect or target only; the neutral output has none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from onboard.artifact import Artifact
from onboard.errors import VariableError
from onboard.model import Platform
from onboard.payloads.intune import android, apple, windows
from onboard.payloads.intune.bundle import Assignment, GraphObject, bundle
from onboard.plan import GroupPlan

_PLATFORMS = (Platform.WINDOWS, Platform.APPLE, Platform.ANDROID)
_NOBODY = Assignment()


def build(
    plan: GroupPlan,
    spelling: Callable[[str], str],
    *,
    validated: bool = False,
    refusal: VariableError | None = None,
    assignment: Assignment = _NOBODY,
) -> tuple[Artifact, ...]:
    """One artifact of kind `graph` for each of the group's platforms that Intune manages.

    Args:
        plan: the group.
        spelling: how Intune writes a variable, e.g. `{{UserPrincipalName}}`.
        validated: whether Intune vouches for each request at the group's endpoint (the target's
            `challenge: {type: intune}`). Without it no native SCEP profile is made, since it could carry no
            challenge; the bundle's notes say what to do instead.
        refusal: why a custom profile for Apple cannot be made, e.g. for want of a variable; None if it can.
        assignment: to whom the objects go; all of them to the same groups.

    Raises:
        PayloadError: Intune cannot carry what the plan demands; the message names the rule.
        VariableError: Intune has no variable for one of ours.
    """
    return tuple(
        Artifact(
            path=f"{plan.group}/{platform}/{plan.group}.graph.json",
            group=plan.group,
            platform=platform,
            kind="graph",
            media_type="application/json",
            content=bundle(
                plan,
                tuple(_objects(platform, plan.on(platform), spelling, validated=validated, refusal=refusal)),
                remarks(plan, (platform,), validated=validated, refusal=refusal),
                assignment,
            ),
            secret=_holds_challenge(platform, plan, validated=validated, refusal=refusal),
        )
        for platform in _PLATFORMS
        if platform in plan.platforms
    )


def remarks(
    plan: GroupPlan,
    platforms: Collection[Platform],
    *,
    validated: bool = False,
    refusal: VariableError | None = None,
) -> tuple[str, ...]:
    """What the bundles of these platforms leave out and what to do instead: the bundles' own notes."""
    return tuple(
        note
        for platform in _PLATFORMS
        if platform in platforms
        for note in _notes(platform, plan.on(platform), validated=validated, refusal=refusal)
    )


def _holds_challenge(
    platform: Platform, plan: GroupPlan, *, validated: bool, refusal: VariableError | None
) -> bool:
    """Only a custom profile for Apple does."""
    return (
        platform is Platform.APPLE and not validated and refusal is None and plan.scep.challenge is not None
    )


def _objects(
    platform: Platform,
    plan: GroupPlan,
    spelling: Callable[[str], str],
    *,
    validated: bool,
    refusal: VariableError | None,
) -> Iterator[GraphObject]:
    match platform:
        case Platform.WINDOWS:
            return windows.objects(plan, spelling, validated=validated)
        case Platform.APPLE:
            return apple.objects(plan, spelling, validated=validated, refusal=refusal)
        case _:
            return android.objects(plan, spelling, validated=validated)


def _notes(
    platform: Platform, plan: GroupPlan, *, validated: bool, refusal: VariableError | None
) -> Iterator[str]:
    match platform:
        case Platform.WINDOWS:
            return windows.notes(plan, validated=validated)
        case Platform.APPLE:
            return apple.notes(plan, validated=validated, refusal=refusal)
        case _:
            return android.notes(plan, validated=validated)
