"""`onboard generate`: the payloads of every group, or one person's, or an MDM's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from onboard.cli.options import ORG_DEFAULT, GroupNames, KeyPassphrase, Org, Platforms, State, Values
from onboard.cli.payloads.for_mdm import generate_for_mdm
from onboard.cli.payloads.neutral import generate_neutral
from onboard.cli.payloads.personal import generate_personal
from onboard.cli.payloads.selection import Selection
from onboard.cli.session import open_session
from onboard.cli.terminal import console
from onboard.cli.usage import UsageError

Out = Annotated[
    Path, typer.Option("--out", "-o", metavar="DIR", help="Folder of the payloads; made if absent.")
]
Holder = Annotated[
    str | None, typer.Option("--for", help="Personal payloads for this person or name.", metavar="NAME")
]
Mdm = Annotated[str | None, typer.Option("--mdm", help="For this MDM, in its own variables.", metavar="NAME")]
ProvisioningProfile = Annotated[
    str | None,
    typer.Option(
        "--provisioning-profile",
        help="With --mdm google-chrome: the id that the console gave the group's profile.",
        metavar="ID",
    ),
]
Declarative = Annotated[
    str | None,
    typer.Option(
        "--declarative",
        help="Apple declarations too, for a server of DIR at this https URL.",
        metavar="BASE_URL",
    ),
]


def command(
    *,
    out: Out,
    org: Org = ORG_DEFAULT,
    state: State = None,
    group: GroupNames = None,
    platform: Platforms = None,
    holder: Holder = None,
    values: Values = None,
    mdm: Mdm = None,
    provisioning_profile: ProvisioningProfile = None,
    declarative: Declarative = None,
    key_passphrase: KeyPassphrase = None,
) -> None:
    """Write the payloads and DIR/manifest.json.

    The same input gives the same bytes. Files that hold a secret are readable by their owner only; stale
    files of an earlier run are removed, other files never.
    """
    _demand_one_way(holder, values, mdm, provisioning_profile, declarative)
    session = open_session(org, state)
    selection = Selection.of(session, group, platform)
    if mdm is not None:
        report = generate_for_mdm(session, out, selection, mdm, provisioning_profile)
    elif holder is not None:
        report = generate_personal(session, out, selection, holder, values, key_passphrase)
    else:
        report = generate_neutral(session, out, selection, declarative)
    console.note(report)


def _demand_one_way(
    holder: str | None,
    values: Sequence[str] | None,
    mdm: str | None,
    provisioning_profile: str | None,
    declarative: str | None,
) -> None:
    """Refuse options that go with another way of filling in the variables than the one asked for."""
    if holder is not None and mdm is not None:
        msg = "--for makes one person's payloads and --mdm an MDM's; choose one"
        raise UsageError(msg)
    if values and holder is None:
        msg = "--set fills in personal payloads, so it goes with --for NAME"
        raise UsageError(msg)
    if provisioning_profile is not None and mdm is None:
        msg = "--provisioning-profile goes with --mdm google-chrome"
        raise UsageError(msg)
    if declarative is not None and (holder is not None or mdm is not None):
        msg = "--declarative goes with the neutral output, so without --for and --mdm"
        raise UsageError(msg)
