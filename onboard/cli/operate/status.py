"""`onboard status`: everything that expires, is missing or grows stale, soonest first."""

from __future__ import annotations

import enum
import itertools
import os
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli.options import ORG_DEFAULT, Org, State
from onboard.cli.session import Session, open_session
from onboard.cli.terminal import console, layout
from onboard.cli.usage import UsageError
from onboard.errors import OnboardError, SecretUnavailableError

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.provision.standing import Standing
    from scep_server.store import GroupEnding


class StatusFormat(enum.StrEnum):
    """How the list is printed."""

    TEXT = "text"
    JSON = "json"
    MAIL = "mail"


FailWithin = Annotated[
    str | None,
    typer.Option(
        "--fail-within", metavar="D", help="Exit 1 when something is missing or ends within D, e.g. 30d."
    ),
]
Output = Annotated[
    StatusFormat,
    typer.Option("--format", help="text for people, json for scripts, mail for `sendmail -t`."),
]


def command(
    *,
    fail_within: FailWithin = None,
    output: Output = StatusFormat.TEXT,
    org: Org = ORG_DEFAULT,
    state: State = None,
) -> None:
    """List everything that expires or is stale, soonest first; no key is opened.

    Authorities and their CRLs, RAs, OCSP signers, RADIUS, signing and https certificates, trusted files,
    secrets that are not set, the facts behind the whitelist, and for each group the first certificate that
    ends without having been renewed. A line in cron:
    onboard status --fail-within 30d --format mail | sendmail -t
    """
    from onboard.provision import inspect
    from onboard.provision.standing import standings

    limit = None if fail_within is None else _duration(fail_within)
    session = open_session(org, state)
    site = session.site()
    endings = _endings(session, site.now)
    found = standings(session.organization, inspect(site), _unset(session), endings, site.now)
    failing = tuple(one for one in found if limit is not None and one.fails(site.now, limit))
    _show(session, found if output is not StatusFormat.MAIL or limit is None else failing, site.now, output)
    if failing:
        console.note(f"{len(failing)} of {len(found)} are missing or end within {fail_within}")
        raise typer.Exit(1)


def _duration(text: str) -> timedelta:
    from onboard.orgfile.text.scalars import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(str(error), option="--fail-within") from error


def _endings(session: Session, now: datetime) -> tuple[GroupEnding, ...]:
    if not session.site().state.store.is_file():
        return ()
    with session.store() as store:
        return store.endings(now)


def _unset(session: Session) -> Mapping[str, str]:
    """Secrets that cannot be had now: as they are named, and why."""
    from onboard.orgfile import resolve
    from onboard.provision.standing import secret_references

    found: dict[str, str] = {}
    for reference in secret_references(session.organization):
        try:
            resolve(reference, os.environ, session.folder)
        except SecretUnavailableError as error:
            found[f"{reference.source.value}:{reference.name}"] = str(error)
    return found


def _show(session: Session, found: tuple[Standing, ...], now: datetime, output: StatusFormat) -> None:
    if output is StatusFormat.JSON:
        console.data_json([_as_json(one, now) for one in found])
        return
    rows = [
        (_date(one), _days(one, now), one.state.value, one.kind, name, one.remark)
        for one, name in _together(found)
    ]
    headers = ("ends", "days", "state", "kind", "name", "remark")
    if output is StatusFormat.TEXT:
        console.data(console.table(headers, rows))
        return
    if rows:
        console.data(_mail(session, layout.aligned(headers, rows)))


def _together(found: tuple[Standing, ...]) -> Iterator[tuple[Standing, str]]:
    """Each with its name; tags of the catalogue that say the same share a row."""
    for _, group in itertools.groupby(found, lambda one: (one.kind, one.state, one.ends, one.remark)):
        alike = list(group)
        if alike[0].kind == "catalogue" and len(alike) > 1:
            yield alike[0], f"{len(alike)} tags"
        else:
            yield from ((one, one.name) for one in alike)


def _as_json(one: Standing, now: datetime) -> dict[str, object]:
    return {
        "kind": one.kind,
        "name": one.name,
        "state": one.state.value,
        "not_after": one.ends.isoformat() if one.ends else None,
        "days": (one.ends - now).days if one.ends else None,
        "remark": one.remark,
    }


def _date(one: Standing) -> str:
    return one.ends.strftime("%Y-%m-%d") if one.ends else ""


def _days(one: Standing, now: datetime) -> str:
    return str((one.ends - now).days) if one.ends else ""


def _mail(session: Session, table: str) -> str:
    """A message to `organization.notify`, as `sendmail -t` takes it (RFC 5322)."""
    organization = session.organization
    if not organization.notify:
        msg = f"{session.org} does not say whom to write to"
        raise OnboardError(msg, hint="name addresses under `organization.notify`")
    message = EmailMessage()
    message["To"] = ", ".join(organization.notify)
    message["From"] = organization.support.email or organization.notify[0]
    message["Subject"] = f"{organization.name}: certificates and secrets that need attention"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(table)
    return message.as_string()
