"""`onboard rehearse`: would a device of each platform get onto the network with what we generate?"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli import ca, console
from onboard.cli.moments import parse_ahead
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
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="MOMENT",
            help="Play that later day as well: +11mo (months of 31 days), +30d, or a date. Do devices renew?",
        ),
    ] = None,
    negative: Annotated[
        bool,
        typer.Option(
            "--negative", help="Play what must fail as well: revoked, expired, strangers, wrong names."
        ),
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
    eapol_test are installed (on Debian: apt install freeradius eapoltest); on a later day where libfaketime
    is (faketime).
    """
    from onboard.rehearse.organization import Company, artifacts, rehearse_organization
    from onboard.rehearse.radius_server import is_possible
    from onboard.rehearse.result import all_ok

    if at is not None and live:
        msg = "--at needs a server whose clock can be moved, so it goes without --live"
        raise typer.BadParameter(msg)
    _silence_server()
    session = open_session(org, state)
    groups = session.groups(group)
    static = {g.name: session.static_challenge(g) for g in session.organization.groups}
    with console.progress("rehearsing") as line:
        site = ca.site_of(session, key_passphrase)
        company = Company(
            site=site,
            challenges={name: challenge for name, challenge in static.items() if challenge is not None},
            values=parse_values(values),
            live=live,
            ahead=_ahead(at, site.now),
            negative=negative,
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
        raise typer.BadParameter(str(error), param_hint="--at") from None


def _show(results: tuple[Result, ...], output: Format) -> None:
    if output is Format.JSON:
        console.data_json([result.to_json() for result in results])
        return
    headers = ("group", "platform", "network", "enrolled", "authenticated", "vlan", "renewal", "", "remark")
    console.data(console.table(headers, [_row(result) for result in results if not result.negative]))
    negatives = [result for result in results if result.negative]
    if negatives:
        columns = ("what must fail", "group", "platform", "network", "", "what happened")
        console.data(console.table(columns, [_negative_row(result) for result in negatives]))


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
        result.renewal or "-",
        "ok" if result.ok else "failed",
        f"{result.reason} ({result.where})" if result.where else result.reason,
    )


def _negative_row(result: Result) -> tuple[str, ...]:
    return (
        result.negative,
        result.group,
        result.platform,
        result.network,
        "ok" if result.ok else "failed",
        f"{result.reason} ({result.where})" if result.where else result.reason,
    )


def _word(value: bool | None) -> str:
    return "-" if value is None else "yes" if value else "no"
