"""`onboard cert pending`, `approve`, `reject`: requests that wait for a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli.options import ORG_DEFAULT, Format, OneGroup, Org, Output, State
from onboard.cli.session import Session, open_session
from onboard.cli.terminal import console
from onboard.cli.usage import UsageError
from onboard.errors import OnboardError

if TYPE_CHECKING:  # the help page does not pay for loading this
    from scep_server.sqlite_store import SqliteStore
    from scep_server.store import PendingRequest

Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="As `cert pending` shows them.")]
_COLLECT = timedelta(days=7)  # a device that is off over the weekend still gets what was approved


def pending(
    group: OneGroup = None,
    org: Org = ORG_DEFAULT,
    state: State = None,
    output: Output = Format.TEXT,
) -> None:
    """List the requests that wait for approval, and what became of the others, oldest first."""
    session = open_session(org, state)
    session.groups([group] if group else None)
    with session.store() as store:
        found = store.pending(datetime.now(UTC), group)
    if output is Format.JSON:
        console.data_json([_as_json(request) for request in found])
        return
    headers = ("id", "state", "group", "from", "received", "until", "subject")
    rows = [_as_row(request) for request in found]
    console.data(console.table(headers, rows, nothing="nothing waits for approval"))


def approve(identifiers: Ids, org: Org = ORG_DEFAULT, state: State = None) -> None:
    """Let requests have their certificates; each is made when its device asks again."""
    now = datetime.now(UTC)
    session = open_session(org, state)
    with session.store() as store:
        for request in _all(store, identifiers, now):
            if not store.approve(request.id, now, now + _collection(session, request)):
                _complain(request)
            console.note(f"{request.id} is approved: {request.subject}")


def reject(
    identifiers: Ids,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="The device is told.")] = "",
    org: Org = ORG_DEFAULT,
    state: State = None,
) -> None:
    """Refuse requests, also such as were approved and are not collected yet."""
    now = datetime.now(UTC)
    if not reason.isprintable() or len(reason) > 200:
        msg = "the device is told one line of at most 200 printable characters"
        raise UsageError(msg, option="--reason")
    with open_session(org, state).store() as store:
        for request in _all(store, identifiers, now):
            if not store.reject(request.id, reason, now):
                _complain(request)
            console.note(f"{request.id} is rejected: {request.subject}")


def _collection(session: Session, request: PendingRequest) -> timedelta:
    """As long as the group lets a request wait; a week where the group is gone."""
    known = {group.name: group.challenge.valid_for for group in session.organization.groups}
    return known.get(request.group, _COLLECT)


def _all(store: SqliteStore, identifiers: list[str], now: datetime) -> list[PendingRequest]:
    """The requests with these ids; all of them, or nothing is decided."""
    known = {request.id: request for request in store.pending(now)}
    unknown = [identifier for identifier in identifiers if identifier not in known]
    if unknown:
        msg = f"no request waits with the id {', '.join(map(repr, unknown))}"
        raise OnboardError(msg, hint="see 'onboard cert pending'; one that was sent anew has another id")
    return [known[identifier] for identifier in dict.fromkeys(identifiers)]


def _complain(request: PendingRequest) -> None:
    msg = f"{request.id} is {request.state.value} already"
    raise OnboardError(msg, hint="see 'onboard cert pending'")


def _as_row(request: PendingRequest) -> tuple[str, ...]:
    received, until = (f"{moment:%Y-%m-%d %H:%M}Z" for moment in (request.received, request.expires))
    state = request.state.value
    return request.id, state, request.group, request.source, received, until, request.subject


def _as_json(request: PendingRequest) -> dict[str, object]:
    return {
        "id": request.id,
        "state": request.state.value,
        "group": request.group,
        "subject": request.subject,
        "values": dict(request.values),
        "address": request.source,
        "transaction": request.transaction,
        "public_key_sha256": request.spki.hex(),
        "received": request.received.isoformat(),
        "expires": request.expires.isoformat(),
        "reason": request.reason,
        "serial": None if request.serial is None else f"{request.serial:x}",
    }
