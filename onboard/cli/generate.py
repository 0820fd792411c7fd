"""`onboard generate`: the payloads of every group, or one person's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli import console
from onboard.cli.options import ORG_DEFAULT, GroupNames, KeyPassphrase, Org, State, Values
from onboard.cli.session import Session, open_session
from onboard.errors import OnboardError
from onboard.model import ChallengeType, Platform

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.compose import CheckedArtifact

_NAMED = 8  # groups in one sentence


def command(
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the payloads; made if absent.")],
    org: Org = ORG_DEFAULT,
    state: State = None,
    group: GroupNames = None,
    platform: Annotated[
        list[Platform] | None, typer.Option("--platform", "-p", help="Only this platform; may be repeated.")
    ] = None,
    holder: Annotated[
        str | None, typer.Option("--for", help="Personal payloads for this person or name.", metavar="NAME")
    ] = None,
    values: Values = None,
    mdm: Annotated[
        str | None,
        typer.Option("--mdm", help="For this MDM, in its own variables.", metavar="NAME"),
    ] = None,
    provisioning_profile: Annotated[
        str | None,
        typer.Option(
            "--provisioning-profile",
            help="With --mdm google-chrome: the id that the console gave the group's profile.",
            metavar="ID",
        ),
    ] = None,
    declarative: Annotated[
        str | None,
        typer.Option(
            "--declarative",
            help="Apple declarations too, for a server of DIR at this https URL.",
            metavar="BASE_URL",
        ),
    ] = None,
    key_passphrase: KeyPassphrase = None,
) -> None:
    """Write the payloads and DIR/manifest.json.

    The same input gives the same bytes. Files that hold a secret are readable by their owner only; stale
    files of an earlier run are removed, other files never.
    """
    session = open_session(org, state)
    if holder is not None and mdm is not None:
        msg = "--for makes one person's payloads and --mdm an MDM's; choose one"
        raise OnboardError(msg)
    if provisioning_profile is not None and mdm is None:
        msg = "--provisioning-profile goes with --mdm google-chrome"
        raise OnboardError(msg)
    if declarative is not None and (holder is not None or mdm is not None):
        msg = "--declarative goes with the neutral output, so without --for and --mdm"
        raise OnboardError(msg)
    if mdm is not None:
        from onboard.cli.for_mdm import generate_for_mdm

        report = generate_for_mdm(
            session, out, session.groups(group), platform or (), mdm, provisioning_profile
        )
    elif holder is None:
        if values:
            msg = "--set fills in personal payloads, so it goes with --for NAME"
            raise OnboardError(msg)
        report = _neutral(session, out, group, platform, declarative)
    else:
        from onboard.cli.personal import generate_personal

        groups = session.groups(group)
        report = generate_personal(session, out, groups, platform or (), holder, values, key_passphrase)
    console.note(report)


def _neutral(
    session: Session,
    out: Path,
    names: list[str] | None,
    platforms: list[Platform] | None,
    declarative: str | None,
) -> str:
    from onboard.cli.selection import write_selected
    from onboard.compose import compose
    from onboard.compose.declarative import declared
    from onboard.compose.spelling import neutral
    from onboard.pki import read_certificates
    from onboard.plan import make_plan

    groups = session.groups(names)
    certificates = read_certificates(session.organization, session.folder)
    artifacts: list[CheckedArtifact] = []
    with console.progress("building") as line:
        for group in groups:
            line.step(group.name)
            plan = make_plan(session.organization, group, certificates, session.static_challenge(group))
            made = compose(plan, neutral, platforms=platforms or ())
            artifacts += made
            if declarative is not None:
                artifacts += declared(plan, made, neutral, declarative)
    if declarative is not None:
        _say_what_is_declared(artifacts)
    sentence = write_selected(session, out, artifacts, groups, platforms or ())
    one_time = [g.name for g in groups if g.challenge.type is ChallengeType.ONE_TIME]
    if one_time:
        console.note(
            f"{_some(one_time)}: one-time challenges; the payloads keep the place ${{challenge}}. "
            "An MDM, the portal or 'generate --for NAME' fills it in."
        )
    return sentence


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


def _some(names: Sequence[str]) -> str:
    if len(names) <= _NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more groups"
