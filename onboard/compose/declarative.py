"""A group's artifacts with Apple's declarations beside the profile, for MDMs that manage devices by those."""

from __future__ import annotations

from collections.abc import Iterable

from onboard.artifact import Artifact
from onboard.compose import CheckedArtifact, checked
from onboard.model import Platform
from onboard.payloads import Spelling
from onboard.payloads.apple.declarative import Document, declarations
from onboard.plan import GroupPlan


def declared(
    plan: GroupPlan, made: Iterable[CheckedArtifact], spelling: Spelling, base_url: str
) -> tuple[CheckedArtifact, ...]:
    """The declarations and credentials that go with a group's profile; none where it has no profile.

    Args:
        plan: the group.
        made: the group's artifacts, by the same plan and spelling.
        spelling: how a `${variable}` is written.
        base_url: where the output folder is served to enrolled devices, https.

    Raises:
        PayloadError: `base_url` is no https URL, or lint refuses what was built.
        VariableError: from `spelling`.
    """
    profiles = [each.artifact.path for each in made if each.artifact.kind == "mobileconfig"]
    return tuple(
        checked(_artifact(plan, document), None)
        for path in profiles
        for document in declarations(plan.on(Platform.APPLE), spelling, base_url, path)
    )


def _artifact(plan: GroupPlan, document: Document) -> Artifact:
    return Artifact(
        path=document.path,
        group=plan.group,
        platform=Platform.APPLE,
        kind=document.kind,
        media_type="application/json",
        content=document.content,
        secret=document.secret,
    )
