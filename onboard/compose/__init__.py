"""Build, judge, sign: the only maker of a `CheckedArtifact`, which is all that may leave the program.

Pure: the same plan and spelling give the same bytes (a signature is the exception: it carries its time).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from onboard.artifact import Artifact
from onboard.errors import PayloadError, Severity
from onboard.lint import lint
from onboard.model import Platform
from onboard.payloads import BUILDERS, Builder, Spelling
from onboard.plan import GroupPlan
from onboard.signing import Signer, sign

# Kinds whose client knows a signature: iOS and macOS show who made a profile.
_SIGNABLE = frozenset({"mobileconfig", "mobileconfig-acme"})

_MADE_HERE = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedArtifact:
    """An artifact that lint has passed; only `compose` makes one."""

    artifact: Artifact
    _proof: object

    def __post_init__(self) -> None:
        if self._proof is not _MADE_HERE:
            msg = "a CheckedArtifact is made by compose and by nothing else"
            raise TypeError(msg)


def compose(
    plan: GroupPlan,
    spelling: Spelling,
    *,
    platforms: Iterable[Platform] = (),
    signer: Signer | None = None,
    builders: Mapping[Platform, Builder] = BUILDERS,
) -> tuple[CheckedArtifact, ...]:
    """Every artifact of a group, checked.

    Args:
        plan: the group.
        spelling: how a `${variable}` is written.
        platforms: only these, where the group has them; all of the group's when empty.
        signer: signs the kinds whose client knows signatures; None leaves them unsigned.
        builders: who builds a platform's artifacts.

    Raises:
        PayloadError: lint refuses what was built; nothing of it may be written.
    """
    wanted = frozenset(platforms) or frozenset(plan.platforms)
    built = [
        artifact
        for platform in plan.platforms
        if platform in wanted
        for artifact in builders[platform](plan.on(platform), spelling)
    ]
    return tuple(checked(artifact, signer) for artifact in built)


def checked(artifact: Artifact, signer: Signer | None) -> CheckedArtifact:
    """An artifact signed, where its client knows signatures, and judged.

    Raises:
        PayloadError: lint refuses it.
    """
    if signer is not None and artifact.kind in _SIGNABLE:
        artifact = replace(artifact, content=sign(artifact.content, signer))
    judge(artifact)  # lint looks inside a signature, so once is enough
    return CheckedArtifact(artifact=artifact, _proof=_MADE_HERE)


def judge(artifact: Artifact) -> None:
    """Refuse what lint refuses.

    Raises:
        PayloadError: with every error that lint has.
    """
    errors = [f for f in lint(artifact.path, artifact.content) if f.severity is Severity.ERROR]
    if errors:
        lines = "\n".join(f"  {finding.where}: {finding.message} [{finding.rule}]" for finding in errors)
        msg = f"{artifact.path} would be refused by lint, so nothing was written:\n{lines}"
        raise PayloadError(msg)


def manifest_entry(artifact: Artifact) -> Mapping[str, object]:
    """One artifact as the manifest lists it."""
    return {
        "path": artifact.path,
        "group": artifact.group,
        "platform": artifact.platform.value,
        "kind": artifact.kind,
        "media_type": artifact.media_type,
        "sha256": artifact.sha256,
        "secret": artifact.secret,
    }
