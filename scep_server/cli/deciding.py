"""Commands by which a person decides: about requests that wait, and about what a leaked challenge gave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from scep_server.cli.console import Where, explained, opened_store
from scep_server.cli.folder import Folder
from scep_server.cli.sharing import WAITS_DAYS, challenge_id
from scep_server.cli.table import SettingsError
from scep_server.sqlite_store import SqliteStore
from scep_server.store import PendingRequest, RevocationReason

Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="As `pending` prints them.")]
_DAY = typer.Argument(metavar="DATE", formats=["%Y-%m-%d"], help="The first day, UTC.")


def pending(folder: Where) -> None:
    """List requests that wait for a person, and what became of others: id, state, group, address, subject."""
    with explained(), opened_store(Folder(folder)) as store:
        for request in store.pending(datetime.now(UTC)):
            state = request.state.value
            typer.echo(f"{request.id} {state} {request.group} {request.source} {request.subject}")


def approve(folder: Where, identifiers: Ids) -> None:
    """Let requests have their certificates; each is made when its device asks again."""
    now = datetime.now(UTC)
    with explained(), opened_store(Folder(folder)) as store:
        waits = {group.name: group.challenge.waits for group in Folder(folder).settings().groups}
        for request in _all(store, identifiers, now):
            until = now + waits.get(request.group, timedelta(days=WAITS_DAYS))
            if not store.approve(request.id, now, until):
                raise SettingsError(f"{request.id} is {request.state.value} already")


def reject(
    folder: Where,
    identifiers: Ids,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="The device is told.")] = "",
) -> None:
    """Refuse requests, also such as were approved and are not collected yet."""
    now = datetime.now(UTC)
    with explained(), opened_store(Folder(folder)) as store:
        if not reason.isprintable() or len(reason) > 200:
            raise SettingsError("--reason: the device is told one line of at most 200 printable characters")
        for request in _all(store, identifiers, now):
            if not store.reject(request.id, reason, now):
                raise SettingsError(f"{request.id} is {request.state.value} already")


def challenges(folder: Where) -> None:
    """List what devices share: group, id, last day. Each certificate's record has the id that gave it."""
    with explained():
        here = Folder(folder)
        pepper = here.pepper()
        for group in here.settings().groups:
            for one in group.challenge.shared:
                end = "" if one.until is None else f" until {one.until}"
                typer.echo(f"{group.name} {challenge_id(one.secret, pepper)}{end}")


def revoke_since(
    folder: Where,
    identifier: Annotated[
        str, typer.Argument(metavar="CHALLENGE", help="Its id, as `challenges` prints it.")
    ],
    day: Annotated[datetime, _DAY],
    *,
    reason: Annotated[str, typer.Option(help="CRLReason, such as key-compromise.")] = "unspecified",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List them only.")] = False,
) -> None:
    """Revoke what a challenge has given since a day, renewals included: the answer to a leak."""
    now = datetime.now(UTC)
    with explained(), opened_store(Folder(folder)) as store:
        why, since = crl_reason(reason), day.replace(tzinfo=UTC)
        found = [
            record
            for record in store.certificates()
            if record.challenge == identifier and record.issued >= since and record.is_valid(now)
        ]
        for record in found:
            if not dry_run:
                store.revoke(record.serial, why, now)
            typer.echo(f"{record.serial:x} {record.group} {record.subject}")


def crl_reason(text: str) -> RevocationReason:
    """A reason as people write it.

    Raises:
        SettingsError: there is none of that name.
    """
    try:
        return RevocationReason[text.upper().replace("-", "_")]
    except KeyError:
        known = ", ".join(reason.name.lower().replace("_", "-") for reason in RevocationReason)
        raise SettingsError(f"--reason: {text!r} is none of {known}") from None


def _all(store: SqliteStore, identifiers: list[str], now: datetime) -> list[PendingRequest]:
    """The requests with these ids; all of them, or nothing is decided."""
    known = {request.id: request for request in store.pending(now)}
    unknown = [identifier for identifier in identifiers if identifier not in known]
    if unknown:
        raise SettingsError(f"no request waits with the id {', '.join(map(repr, unknown))}; see `pending`")
    return [known[identifier] for identifier in dict.fromkeys(identifiers)]
