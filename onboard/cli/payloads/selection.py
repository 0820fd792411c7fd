"""Which groups and platforms a run of `generate` is about, and writing what was made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from onboard.cli.session import Session
from onboard.cli.terminal import console
from onboard.errors import OnboardError
from onboard.model import Group, Platform

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.compose import CheckedArtifact


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What --group and --platform say.

    Attributes:
        groups: the named ones, or all of the org.
        platforms: the named ones; empty: all.
    """

    groups: tuple[Group, ...]
    platforms: tuple[Platform, ...] = ()

    @classmethod
    def of(
        cls, session: Session, groups: Sequence[str] | None, platforms: Sequence[Platform] | None
    ) -> Selection:
        """What the options of a command select.

        Raises:
            OnboardError: there is no group of that name, or none of them is for these platforms.
        """
        selected = cls(groups=session.groups(groups), platforms=tuple(platforms or ()))
        if not any(selected.holds(group.name, one) for group in selected.groups for one in group.platforms):
            named = {one: None for group in selected.groups for one in group.platforms}
            msg = (
                f"none of the groups is for {', '.join(selected.platforms)}, so there is nothing to generate"
            )
            raise OnboardError(msg, hint=f"they are for {', '.join(named)}")
        return selected

    def holds(self, group: str, platform: str) -> bool:
        """Whether a run makes anew what an earlier one made for this group and platform."""
        of_platform = not self.platforms or platform in self.platforms
        return of_platform and any(group == one.name for one in self.groups)


def write_selected(
    session: Session, out: Path, artifacts: Sequence[CheckedArtifact], selection: Selection
) -> str:
    """Write what a selection gave, and remove what is stale; the sentence that says what was done."""
    from onboard.output import write

    known = {group.name for group in session.organization.groups}

    def replaces(group: str, platform: str) -> bool:
        # an entry of a group that is gone is stale whatever was selected
        return group not in known or selection.holds(group, platform)

    report = write(out, session.organization.identifier, artifacts, replaces=replaces)
    for path in report.kept:
        console.warn(f"{out / path} is no longer generated, but somebody changed it: left as it is")
    return (
        f"{len(artifacts)} payloads in {out}: {len(report.written)} written, "
        f"{len(report.unchanged)} unchanged, {len(report.removed)} stale removed"
    )
