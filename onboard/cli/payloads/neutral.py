"""`onboard generate` by itself: payloads that keep their variables, for whoever fills them in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from onboard.cli.payloads.selection import Selection, write_selected
from onboard.cli.session import Session
from onboard.cli.terminal import console
from onboard.errors import OnboardError
from onboard.model import ChallengeType, Group

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.compose import CheckedArtifact

_NAMED = 8  # groups in one sentence


def generate_neutral(session: Session, out: Path, selection: Selection, declarative: str | None) -> str:
    """Write the payloads of a selection; the sentence that says what was done.

    Args:
        session: the org definition.
        out: folder of the payloads.
        selection: of which groups and platforms.
        declarative: base URL of the profiles that Apple declarations point at; None: no declarations.

    Raises:
        PayloadError: lint refuses what was built.
        OnboardError: declarations are wanted, and nothing is for Apple devices.
    """
    artifacts = _compose(session, selection, declarative)
    if declarative is not None:
        _say_what_is_declared(artifacts)
    sentence = write_selected(session, out, artifacts, selection)
    _say_who_fills_in(selection.groups)
    return sentence


def _compose(session: Session, selection: Selection, declarative: str | None) -> list[CheckedArtifact]:
    from onboard.compose import compose
    from onboard.compose.declarative import declared
    from onboard.compose.spelling import neutral
    from onboard.pki import read_certificates
    from onboard.plan import make_plan

    certificates = read_certificates(session.organization, session.folder)
    artifacts: list[CheckedArtifact] = []
    with console.progress("building") as line:
        for group in selection.groups:
            line.step(group.name)
            plan = make_plan(session.organization, group, certificates, session.static_challenge(group))
            made = compose(plan, neutral, platforms=selection.platforms)
            artifacts += made
            if declarative is not None:
                artifacts += declared(plan, made, neutral, declarative)
    return artifacts


def _say_what_is_declared(artifacts: Sequence[CheckedArtifact]) -> None:
    """What whoever serves the documents has to know.

    Raises:
        OnboardError: there is nothing to declare.
    """
    kinds = [checked.artifact.kind for checked in artifacts]
    if "apple-declaration" not in kinds:
        msg = "--declarative is for Apple devices, and none of the groups' payloads is for those"
        raise OnboardError(msg)
    console.note(
        f"{kinds.count('apple-declaration')} declarations for your MDM; serve profiles and credentials to"
        " enrolled devices alone, after filling in every ${variable}"
    )
    console.note("a device takes the identity or the legacy configuration, which brings its own, never both")


def _say_who_fills_in(groups: Sequence[Group]) -> None:
    one_time = [group.name for group in groups if group.challenge.type is ChallengeType.ONE_TIME]
    if one_time:
        console.note(
            f"{_some(one_time)}: one-time challenges; the payloads keep the place ${{challenge}}. "
            "'onboard generate --for NAME' fills it in, or an MDM that mints one by 'onboard challenge new'."
        )


def _some(names: Sequence[str]) -> str:
    if len(names) <= _NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more groups"
