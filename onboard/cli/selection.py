"""Writing what a selection of groups and platforms gave, for every way to generate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from onboard.cli import console
from onboard.cli.session import Session
from onboard.model import Group, Platform

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.compose import CheckedArtifact


def write_selected(
    session: Session,
    out: Path,
    artifacts: Sequence[CheckedArtifact],
    groups: Sequence[Group],
    platforms: Sequence[Platform],
) -> str:
    """Write what a selection of groups and platforms gave; the sentence that says what was done."""
    from onboard.output import write

    known = {group.name for group in session.organization.groups}
    selected = {group.name for group in groups}

    def replaces(of_group: str, of_platform: str) -> bool:
        # an entry of a group that is gone is stale whatever was selected
        return of_group not in known or (
            of_group in selected and (not platforms or of_platform in {p.value for p in platforms})
        )

    report = write(out, session.organization.identifier, artifacts, replaces=replaces)
    for path in report.kept:
        console.warn(f"{out / path} is no longer generated, but somebody changed it: left as it is")
    return (
        f"{len(artifacts)} payloads in {out}: {len(report.written)} written, "
        f"{len(report.unchanged)} unchanged, {len(report.removed)} stale removed"
    )
