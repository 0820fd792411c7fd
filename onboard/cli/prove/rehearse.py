"""`onboard rehearse`: would a device of each platform get onto the network with what we generate?"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli.files import write_text
from onboard.cli.moments import parse_ahead
from onboard.cli.options import (
    ORG_DEFAULT,
    Format,
    GroupNames,
    KeyPassphrase,
    Live,
    Org,
    Output,
    Platforms,
    State,
    Values,
)
from onboard.cli.prove import rehearsal_table
from onboard.cli.prove.company import company
from onboard.cli.session import open_session
from onboard.cli.terminal import console
from onboard.cli.usage import UsageError
from onboard.errors import OnboardError

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.rehearse import Result
    from onboard.rehearse.organization import Company

At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="MOMENT",
        help="Play that later day as well: +11mo (months of 31 days), +30d, or a date. Do devices renew?",
    ),
]
Negative = Annotated[
    bool,
    typer.Option("--negative", help="Play what must fail as well: revoked, expired, strangers, wrong names."),
]
Html = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Write the table as a page to this file as well."),
]


def command(
    *,
    org: Org = ORG_DEFAULT,
    state: State = None,
    group: GroupNames = None,
    platform: Platforms = None,
    live: Live = False,
    at: At = None,
    negative: Negative = False,
    values: Values = None,
    html: Html = None,
    output: Output = Format.TEXT,
    key_passphrase: KeyPassphrase = None,
) -> None:
    """Play a device of each platform through the generated payloads, down to EAP-TLS.

    Each device is given its payload and nothing else: it must find the server, trust the CA, enrol, and be
    let in by RADIUS into the right VLAN. Exit code 1 if one fails. EAP-TLS is played where FreeRADIUS and
    eapol_test are installed (on Debian: apt install freeradius eapoltest); on a later day where libfaketime
    is (faketime).
    """
    from onboard.rehearse.organization import artifacts, rehearse_organization
    from onboard.rehearse.radius_server import is_possible
    from onboard.rehearse.result import all_ok

    if at is not None and live:
        msg = "--at needs a server whose clock can be moved, so it goes without --live"
        raise UsageError(msg)
    _silence_server()
    session = open_session(org, state)
    groups = session.groups(group)
    with console.progress("rehearsing") as line:
        today = company(session, line, key_passphrase=key_passphrase, values=values, live=live)
        played = replace(today, ahead=_ahead(at, today.site.now), negative=negative)
        given = artifacts(played, groups, platform or ())
        if not given:
            msg = "no group has one of these platforms, so there is nothing to rehearse"
            raise OnboardError(msg)
        results = rehearse_organization(played, given)
    if not is_possible():
        console.warn("EAP-TLS was not played", hint="on Debian: apt install freeradius eapoltest")
    _show(results, output)
    if html is not None:
        _write(html, played, results)
    if not all_ok(results):
        raise typer.Exit(1)


def _silence_server() -> None:
    """Refusals of the throw-away server are in the table, and its alarms are about nobody real."""
    logger = logging.getLogger("scep_server")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False


def _ahead(at: str | None, now: datetime) -> timedelta:
    if at is None:
        return timedelta(0)
    try:
        return parse_ahead(at, now)
    except ValueError as error:
        raise UsageError(str(error), option="--at") from None


def _show(results: tuple[Result, ...], output: Format) -> None:
    if output is Format.JSON:
        console.data_json([result.to_json() for result in results])
    else:
        rehearsal_table.show(results)


def _write(path: Path, played: Company, results: tuple[Result, ...]) -> None:
    from onboard.rehearse.report import page

    now = played.site.now
    later = now + played.ahead if played.ahead else None
    write_text(path, page(played.organization.name, results, now, later))
