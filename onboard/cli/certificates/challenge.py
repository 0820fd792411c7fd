"""`onboard challenge`: one-time challenges, minted, listed and revoked."""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli.certificates import challenge_rotate
from onboard.cli.examples import epilog
from onboard.cli.options import ORG_DEFAULT, Format, OneGroup, Org, Output, State, Values
from onboard.cli.session import Session, open_session, parse_values
from onboard.cli.terminal import console
from onboard.cli.usage import UsageError
from onboard.errors import OnboardError

if TYPE_CHECKING:  # the help page does not pay for loading this
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from onboard.model import Group
    from onboard.provision.minting import Minted
    from scep_server.challenges import Challenge

app = typer.Typer(
    help="Mint, list, revoke and rotate challenges.",
    rich_markup_mode=None,
    no_args_is_help=True,
)

app.command("rotate", epilog=epilog("challenge rotate"))(challenge_rotate.command)


Holder = Annotated[
    str | None,
    typer.Option("--for", metavar="NAME", help="Bind it to this person: e-mail address or name."),
]
ValidFor = Annotated[
    str | None,
    typer.Option("--valid-for", metavar="DURATION", help="Such as 30min, 2h, 7d; default: the group's."),
]


@app.command("new", epilog=epilog("challenge new"))
def new(
    group: Annotated[str, typer.Argument(metavar="GROUP", help="Whose endpoints will take it.")],
    holder: Holder = None,
    values: Values = None,
    valid_for: ValidFor = None,
    org: Org = ORG_DEFAULT,
    state: State = None,
    output: Output = Format.TEXT,
) -> None:
    """Mint a one-time challenge and print it alone.

    With --for it is bound to every value that is known of the person or device; without, to the group only.
    It is stored as a digest: nobody can print it again. `--format json` has its id, end and values besides.
    """
    from onboard.provision.minting import profile_for, values_for

    session = open_session(org, state)
    (chosen,) = session.groups([group])
    assigned = parse_values(values)
    profile = profile_for(chosen, holder, assigned)
    bound = values_for(profile, holder, assigned, str(uuid.uuid4()))
    minted = mint_one(session, chosen, bound, _duration(valid_for))
    record(session, [minted])
    challenge = minted.challenge.reveal()
    if output is Format.JSON:
        console.data_json({"challenge": challenge} | _as_json(minted.record))
    else:
        console.data(challenge)


def mint_one(
    session: Session, group: Group, bound: Mapping[str, str], valid_for: timedelta | None = None
) -> Minted:
    """Mint a challenge; worth nothing until it is recorded."""
    from onboard.provision.minting import mint

    site = session.site()
    return mint(
        group,
        bound,
        valid_for=valid_for,
        now=site.now,
        entropy=secrets.token_bytes,
        pepper=site.state.pepper(),
    )


def record(session: Session, minted: Sequence[Minted]) -> None:
    """Let the server know minted challenges."""
    with session.store() as store:
        store.add_challenges([one.record for one in minted])


def _duration(text: str | None) -> timedelta | None:
    from onboard.orgfile import parse_duration

    if text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(str(error), option="--valid-for") from None


@app.command("list", epilog=epilog("challenge list"))
def list_all(
    group: OneGroup = None,
    org: Org = ORG_DEFAULT,
    state: State = None,
    output: Output = Format.TEXT,
) -> None:
    """List minted challenges by id; what they say is known to nobody but their holders."""
    session = open_session(org, state)
    session.groups([group] if group else None)
    with session.store() as store:
        found = store.challenges(group)
    if output is Format.JSON:
        console.data_json([_as_json(challenge) for challenge in found])
        return
    headers = ("id", "group", "state", "expires", "bound to")
    rows = [_as_row(challenge) for challenge in found]
    console.data(console.table(headers, rows, nothing="no challenge was minted yet"))


@app.command("revoke", epilog=epilog("challenge revoke"))
def revoke(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="As `challenge list` shows it.")],
    org: Org = ORG_DEFAULT,
    state: State = None,
) -> None:
    """Make an unspent challenge worthless."""
    with open_session(org, state).store() as store:
        revoked = store.revoke_challenge(identifier, datetime.now(UTC))
    if not revoked:
        msg = f"there is no unspent challenge with the id {identifier!r}"
        raise OnboardError(msg, hint="see 'onboard challenge list'")
    console.note(f"challenge {identifier} is revoked")


def _as_json(challenge: Challenge) -> dict[str, object]:
    return {
        "id": challenge.id,
        "group": challenge.group,
        "state": challenge.state(datetime.now(UTC)).value,
        "minted": challenge.minted.isoformat(),
        "expires": challenge.expires.isoformat(),
        "bound": dict(challenge.bound),
        "spent_by": None if challenge.spent_by is None else f"{challenge.spent_by:x}",
    }


def _as_row(challenge: Challenge) -> tuple[str, ...]:
    bound = ", ".join(f"{name}={value}" for name, value in challenge.bound.items())
    state = challenge.state(datetime.now(UTC)).value
    return challenge.id, challenge.group, state, f"{challenge.expires:%Y-%m-%d %H:%M}Z", bound or "the group"
