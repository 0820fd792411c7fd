"""`onboard generate --mdm NAME`: payloads in an MDM's own variables, unsigned, for upload."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from onboard.cli.payloads.selection import Selection, write_selected
from onboard.cli.session import Session
from onboard.cli.terminal import console
from onboard.errors import OnboardError, VariableError
from onboard.model import Group

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.compose import CheckedArtifact
    from onboard.dialects import Dialect


def generate_for_mdm(
    session: Session, out: Path, selection: Selection, name: str, provisioning_profile: str | None = None
) -> str:
    """Write the payloads of a selection for an MDM; the sentence that says what was done.

    Raises:
        VariableError: what the MDM cannot spell, for every group at once; nothing is written. For
            Intune, which serves a run in part, only if nothing of it is left.
        PayloadError: lint refuses what was built.
    """
    dialect, groups = find_target(session, name, selection.groups)
    if provisioning_profile and (dialect.name != "google-chrome" or len(groups) > 1):
        msg = "--provisioning-profile is the id of one group's profile in Google Admin"
        raise OnboardError(msg, hint="use it with --mdm google-chrome --group GROUP")
    selection = replace(selection, groups=groups)
    artifacts, remarks = _compose(session, dialect, selection, provisioning_profile or "")
    _say_what_is_left_out(dialect, selection)
    sentence = write_selected(session, out, artifacts, selection)
    for remark in remarks:
        console.note(remark)
    _warn_of_renewal_markers(session, dialect, groups)
    if any(checked.artifact.kind == "mobileconfig" for checked in artifacts):
        console.note(f"renewal in {dialect.title}: {dialect.renewal.how}")
    return sentence


def find_target(session: Session, name: str, groups: tuple[Group, ...]) -> tuple[Dialect, tuple[Group, ...]]:
    """The dialect of a target of the org, or of that name, and those of the groups that go there.

    Raises:
        OnboardError: there is no such target or dialect, or none of the groups goes there.
    """
    from onboard.dialects import DIALECTS

    targets = {target.name: target for target in session.organization.mdm}
    if name in targets:
        target = targets[name]
        there = tuple(group for group in groups if group.name in target.groups)
        if not there:
            msg = f"none of the groups goes to {name}"
            raise OnboardError(msg, hint=f"its groups are {', '.join(target.groups)}")
        return DIALECTS[target.type], there
    if name not in DIALECTS:
        msg = f"onboard knows no MDM called {name!r}"
        raise OnboardError(msg, hint=f"it knows {', '.join((*targets, *DIALECTS))}")
    return DIALECTS[name], groups


def _compose(
    session: Session, dialect: Dialect, selection: Selection, provisioning_profile: str
) -> tuple[list[CheckedArtifact], list[str]]:
    """The artifacts of all groups, and what the MDM leaves out of each."""
    from onboard.compose.for_mdm import compose_for, remarks, together
    from onboard.pki import read_certificates
    from onboard.plan import make_plan

    certificates = read_certificates(session.organization, session.folder)
    platforms = selection.platforms
    artifacts: list[CheckedArtifact] = []
    refusals: list[VariableError] = []
    notes: list[str] = []
    for group in selection.groups:
        plan = make_plan(session.organization, group, certificates, session.static_challenge(group))
        try:
            artifacts += compose_for(
                plan, dialect, platforms=platforms, provisioning_profile=provisioning_profile
            )
        except VariableError as error:
            refusals.append(error)
            notes.append(f"left out: {error}")
        else:
            notes += [f"{group.name}: {remark}" for remark in remarks(plan, dialect, platforms)]
    if refusals and (dialect.name != "intune" or not artifacts):
        raise together(refusals)
    return artifacts, notes


def _say_what_is_left_out(dialect: Dialect, selection: Selection) -> None:
    from onboard.compose.for_mdm import carried

    of_groups = (platform for group in selection.groups for platform in group.platforms)
    chosen = selection.platforms or tuple(dict.fromkeys(of_groups))
    skipped = [platform for platform in chosen if platform not in carried(dialect, chosen)]
    if skipped:
        console.note(f"{dialect.title} takes no payloads for {', '.join(skipped)}: left out")


def _warn_of_renewal_markers(session: Session, dialect: Dialect, groups: tuple[Group, ...]) -> None:
    """An MDM's renewal marker in the subject is refused by a server that knows nothing of that MDM."""
    marker = dialect.renewal.marker
    known = [target for target in session.organization.mdm if target.type == dialect.name]
    unserved = [g.name for g in groups if not any(g.name in target.groups for target in known)]
    if marker is not None and marker.text and unserved:
        console.warn(
            f"the SCEP server refuses the renewal marker of {dialect.title} for {', '.join(unserved)}",
            hint=f"name {dialect.name} under `mdm:` with these groups",
        )
