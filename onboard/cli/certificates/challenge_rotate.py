"""`onboard challenge rotate`: another secret for a group that shares one, and what to do after a leak."""

from __future__ import annotations

import secrets
from collections import Counter
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli.certificates.cert import as_json
from onboard.cli.certificates.revocation import reason_of
from onboard.cli.options import ORG_DEFAULT, Format, Org, Output, State
from onboard.cli.session import Session, open_session
from onboard.cli.terminal import console
from onboard.cli.usage import UsageError
from onboard.errors import OnboardError
from onboard.secret import Secret, SecretSource

if TYPE_CHECKING:  # the help page does not pay for loading this
    from collections.abc import Iterable, Mapping

    from onboard.model import Group
    from onboard.secret import SecretReference
    from scep_server.sqlite_store import SqliteStore
    from scep_server.store import CertificateRecord


RevokeSince = Annotated[
    str | None,
    typer.Option("--revoke-since", metavar="DATE", help="Revoke what the secret gave since this day, UTC."),
]
Identifiers = Annotated[
    list[str] | None,
    typer.Option("--id", metavar="ID", help="Of another challenge, as `cert show` says it; repeatable."),
]
ReasonName = Annotated[
    str, typer.Option("--reason", metavar="REASON", help="Of the revocation, by RFC 5280.")
]


def command(
    group: Annotated[str, typer.Argument(metavar="GROUP", help="Whose shared secret it is.")],
    revoke_since: RevokeSince = None,
    identifiers: Identifiers = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List, and revoke nothing.")] = False,
    reason: ReasonName = "unspecified",
    org: Org = ORG_DEFAULT,
    state: State = None,
    output: Output = Format.TEXT,
) -> None:
    """Say how to give a group another shared secret, or revoke what a leaked one gave.

    The secret itself lies where the org definition points, so this changes nothing: it lists the steps, the
    artifacts that will change and the certificates that go on. With --revoke-since it lists the certificates
    that the secret gave since then, renewals included, and revokes them unless --dry-run says so.
    """
    session = open_session(org, state)
    (chosen,) = session.groups([group])
    if revoke_since is None:
        if identifiers or dry_run:
            msg = "--id and --dry-run go with --revoke-since"
            raise UsageError(msg)
        _explain(session, chosen, output)
    else:
        _revoke(session, chosen, _day(revoke_since), identifiers, reason, output, dry_run=dry_run)


def _explain(session: Session, group: Group, output: Format) -> None:
    reference = group.challenge.secret
    if reference is None:
        msg = f"group {group.name!r} shares no secret: each of its challenges is minted and spent once"
        raise OnboardError(msg, hint="'onboard challenge revoke ID' makes one worthless")
    identifier, artifacts = _identifier(session, group), _artifacts(session, group)
    with session.store() as store:
        live = sum(1 for _ in _given(store, group, {identifier}, datetime.min.replace(tzinfo=UTC)))
    if output is Format.JSON:
        facts = {"group": group.name, "challenge": identifier, "live": live, "artifacts": artifacts}
        console.data_json(facts)
        return
    console.prose("\n".join(_steps(group, reference, identifier, artifacts, live)))


def _steps(
    group: Group, reference: SecretReference, identifier: str, artifacts: list[str], live: int
) -> Iterable[str]:
    old, place = _former_place(reference)
    yield f"{group.name} shares the secret {identifier}, from {place}."
    yield f"1. Keep it where {old} points, and put a new one in its place: openssl rand -hex 16"
    yield f"2. Let the old one be taken for a while, in org.yaml under groups.{group.name}.challenge:"
    yield "     also_accept:"
    yield f'       - {{secret: "{old}", until: "DATE"}}'
    yield "   After a leak leave this out: devices with the old payload are then refused at once."
    yield "3. onboard check, then restart 'onboard serve': it reads secrets when it starts."
    yield f"4. onboard generate, and give out what changes ({len(artifacts)} artifacts):"
    yield from (f"     {path}" for path in artifacts)
    yield f"{live} live certificates came from this secret. They go on, and renew without it; a device whose"
    yield "MDM installs a changed payload enrols anew. After a leak, this lists what the secret gave:"
    yield f"     onboard challenge rotate {group.name} --revoke-since DATE --dry-run"


def _former_place(reference: SecretReference) -> tuple[str, str]:
    """Where the old secret could lie, and where the secret lies today; never the secret itself."""
    if reference.source is SecretSource.LITERAL:
        return "env:OLD_CHALLENGE", str(reference.place)
    suffix = "_OLD" if reference.source is SecretSource.ENV else ".old"
    today = f"{reference.source.value}:{reference.name}"
    return f"{today}{suffix}", today


def _artifacts(session: Session, group: Group) -> list[str]:
    """The neutral artifacts that another secret changes, by making them with two."""
    from onboard.compose import compose
    from onboard.compose.spelling import neutral
    from onboard.pki import read_certificates
    from onboard.plan import make_plan

    certificates = read_certificates(session.organization, session.folder)
    sides: list[Mapping[str, bytes]] = []
    for _ in range(2):
        plan = make_plan(session.organization, group, certificates, Secret(secrets.token_hex(16)))
        sides.append({c.artifact.path: c.artifact.content for c in compose(plan, neutral)})
    return sorted(path for path, content in sides[0].items() if sides[1].get(path) != content)


def _identifier(session: Session, group: Group) -> str:
    from onboard.provision.sharing import challenge_id

    secret = session.static_challenge(group)
    if secret is None:
        msg = f"group {group.name!r} shares no secret"
        raise OnboardError(msg, hint="name a challenge with --id, as 'onboard cert show' says it")
    return challenge_id(secret, session.site().state.pepper())


def _revoke(
    session: Session,
    group: Group,
    since: datetime,
    identifiers: list[str] | None,
    reason: str,
    output: Format,
    *,
    dry_run: bool,
) -> None:
    from scep_server.store import RevocationReason

    why = reason_of(reason, RevocationReason)
    wanted = set(identifiers or [_identifier(session, group)])
    with session.store() as store:
        found = list(_given(store, group, wanted, since))
        if not dry_run:
            found = [record for record in found if store.revoke(record.serial, why, datetime.now(UTC))]
        others = Counter(r.challenge for r in _given(store, group, None, since) if r.challenge not in wanted)
    if output is Format.JSON:
        console.data_json([as_json(record) | {"challenge": record.challenge} for record in found])
    else:
        headers = ("serial", "issued", "identity", "challenge", "subject")
        console.data(console.table(headers, [_as_row(record) for record in found]))
    done = "would be revoked" if dry_run else f"revoked ({reason})"
    console.note(f"{len(found)} certificates that {', '.join(sorted(wanted))} gave are {done}")
    if others:
        told = ", ".join(f"{identifier} ({number})" for identifier, number in others.most_common(5))
        console.note(f"others of {group.name} since then: {told}; name them with --id")


def _given(
    store: SqliteStore, group: Group, identifiers: set[str] | None, since: datetime
) -> Iterable[CertificateRecord]:
    """What challenges gave since a moment, renewals included, and is neither revoked nor expired."""
    now = datetime.now(UTC)
    for name in group.names:
        for record in store.certificates(name):
            fits = identifiers is None or record.challenge in identifiers
            if fits and record.issued >= since and record.revoked is None and now < record.not_after:
                yield record


def _as_row(record: CertificateRecord) -> tuple[str, ...]:
    issued = f"{record.issued:%Y-%m-%d %H:%M}Z"
    return f"{record.serial:x}", issued, record.identity, record.challenge, record.subject


def _day(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)
    except ValueError:
        msg = f"{text!r} is not a day such as 2027-01-31"
        raise UsageError(msg, option="--revoke-since") from None
