"""`onboard rehearse`: would a device of each platform get onto the network with what we generate?"""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Mapping
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


_COLUMNS = ("group", "platform", "network", "read", "CA", "enrolled", "let in", "vlan", "renewal", "result")
_LESS = ("read", "CA", "renewal")  # what a narrow terminal does without


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
        later = company.site.now + company.ahead if company.ahead else None
        _write(html, session.organization.name, results, company.site.now, later)
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
    positives = [result for result in results if not result.negative]
    negatives = [result for result in results if result.negative]
    shown = [name for name in _COLUMNS if name not in _LESS or not _is_narrow()]
    headers = [name if name != "result" else "" for name in shown]
    cells = [_row(result) for result in positives]
    console.data(console.table(headers, [[row[name] for name in shown] for row in cells]).rstrip())
    _remarks(positives)
    if negatives:
        columns = ("what must fail", "group", "platform", "network", "", "what happened")
        console.data("")
        console.data(console.table(columns, [_negative_row(result) for result in negatives]).rstrip())


def _remarks(results: list[Result]) -> None:
    """What does not fit into a cell; several rows with the same remark share its line."""
    shared: dict[tuple[bool, str, str], list[str]] = {}
    for result in sorted(results, key=lambda result: result.ok):
        if result.reason:
            row = f"{result.group} {result.platform} {result.network}".rstrip()
            shared.setdefault((result.ok, result.reason, result.where), []).append(row)
    for (is_ok, reason, where), rows in shared.items():
        console.data(f"{'note' if is_ok else 'failed'}: {', '.join(rows)}: {reason}")
        if where:
            console.data(f"  see {where}")


def _write(
    path: Path, organization: str, results: tuple[Result, ...], now: datetime, later: datetime | None
) -> None:
    from onboard.rehearse.report import page

    try:
        path.write_text(page(organization, results, now, later), encoding="utf-8")
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror}"
        raise OnboardError(msg) from error


def _is_narrow() -> bool:
    """A terminal in which every column would break; pipes and logs take any width."""
    return sys.stdout.isatty() and shutil.get_terminal_size().columns < 105


def _row(result: Result) -> Mapping[str, str]:
    """The cells by column; a format that cannot enrol is not at fault."""
    return {
        "group": result.group,
        "platform": result.platform,
        "network": result.network or "-",
        "read": _word(result.read),
        "CA": _word(result.pinned),
        "enrolled": _word(result.enrolled or None if result.ok else result.enrolled),
        "let in": _word(result.authenticated),
        "vlan": "-" if result.vlan is None else str(result.vlan),
        "renewal": result.renewal or "-",
        "result": "ok" if result.ok else "failed",
    }


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
