"""GroupPlan -> bundles of Microsoft Graph objects for Intune, one file for each platform Intune manages.

Made for an Intune dialect or target only; the neutral output has none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from onboard.artifact import Artifact
from onboard.model import Platform
from onboard.payloads.intune import android, apple, windows
from onboard.payloads.intune.bundle import Assignment, bundle
from onboard.plan import GroupPlan

_PARTS = ((Platform.WINDOWS, windows), (Platform.APPLE, apple), (Platform.ANDROID, android))

_NOBODY = Assignment()


def build(
    plan: GroupPlan,
    spelling: Callable[[str], str],
    *,
    validated: bool = False,
    assignment: Assignment = _NOBODY,
) -> tuple[Artifact, ...]:
    """One artifact of kind `graph` for each of the group's platforms that Intune manages.

    Args:
        plan: the group.
        spelling: how Intune writes a variable, e.g. `{{UserPrincipalName}}`.
        validated: whether Intune vouches for each request at the group's endpoint (the target's
            `challenge: {type: intune}`). Without it no native SCEP profile is made, since it could carry no
            challenge; the bundle's notes say what to do instead.
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
                tuple(part.objects(plan, spelling, validated=validated)),
                tuple(part.notes(plan, validated=validated)),
                assignment,
            ),
            secret=platform is Platform.APPLE and not validated and plan.scep.challenge is not None,
        )
        for platform, part in _PARTS
        if platform in plan.platforms
    )


def remarks(plan: GroupPlan, platforms: Collection[Platform], *, validated: bool = False) -> tuple[str, ...]:
    """What the bundles of these platforms leave out and what to do instead: the bundles' own notes."""
    return tuple(
        note
        for platform, part in _PARTS
        if platform in platforms
        for note in part.notes(plan, validated=validated)
    )
