"""`onboard rehearse`: would a device of each platform get onto the network with what we generate?"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli import ca, console
from onboard.cli.options import ORG_DEFAULT, Format, GroupNames, KeyPassphrase, Org, Output, State, Values
from onboard.cli.session import open_session, parse_values
from onboard.errors import OnboardError
from onboard.model import Platform

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.rehearse import Result


def command(
    *,
    org: Org = ORG_DEFAULT,
    state: State = None,
    group: GroupNames = None,
    platform: Annotated[
        list[Platform] | None, typer.Option("--platform", "-p", help="Only this platform; may be repeated.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Enrol at the org's own server instead of a throw-away one.")
    ] = False,
    values: Values = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the table as a page to this file as well.")
    ] = None,
    output: Output = Format.TEXT,
    key_passphrase: KeyPassphrase = None,
) -> None:
    """Play a device of each platform through the generated payloads, down to EAP-TLS.

    Each device is given its payload and nothing else: it must find the server, trust the CA, enrol, and be
    let in by RADIUS into the right VLAN. Exit code 1 if one fails. EAP-TLS is played where FreeRADIUS and
    eapol_test are installed (on Debian: apt install freeradius eapoltest).
    """
    from onboard.rehearse.organization import Company, artifacts, rehearse_organization
    from onboard.rehearse.radius_server import is_possible
    from onboard.rehearse.result import all_ok

    session = open_session(org, state)
    groups = session.groups(group)
    static = {g.name: session.static_challenge(g) for g in session.organization.groups}
    with console.progress("rehearsing") as line:
        company = Company(
            site=ca.site_of(session, key_passphrase),
            challenges={name: challenge for name, challenge in static.items() if challenge is not None},
            values=parse_values(values),
            live=live,
            progress=lambda row: line.step(f"{row.group}, {row.platform}, {row.network}"),
        )
        given = artifacts(company, groups, platform or ())
        if not given:
            msg = "no group has one of these platforms, so there is nothing to rehearse"
            raise OnboardError(msg)
        results = rehearse_organization(company, given)
    if not is_possible():
        console.warn("EAP-TLS was not played", hint="on Debian: apt install freeradius eapoltest")
    _show(results, output)
    if html is not None:
        _write(html, session.organization.name, results, company.site.now)
    if not all_ok(results):
        raise typer.Exit(1)


def _show(results: tuple[Result, ...], output: Format) -> None:
    if output is Format.JSON:
        console.data_json([result.to_json() for result in results])
        return
    headers = ("group", "platform", "network", "enrolled", "authenticated", "vlan", "", "remark")
    console.data(console.table(headers, [_row(result) for result in results]))


def _write(path: Path, organization: str, results: tuple[Result, ...], now: datetime) -> None:
    from onboard.rehearse.report import page

    try:
        path.write_text(page(organization, results, now), encoding="utf-8")
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror}"
        raise OnboardError(msg) from error


def _row(result: Result) -> tuple[str, ...]:
    return (
        result.group,
        result.platform,
        result.network or "-",
        _word(result.enrolled),
        _word(result.authenticated),
        "-" if result.vlan is None else str(result.vlan),
        "ok" if result.ok else "failed",
        f"{result.reason} ({result.where})" if result.where else result.reason,
    )


def _word(value: bool | None) -> str:
    return "-" if value is None else "yes" if value else "no"
