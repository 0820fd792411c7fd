"""`onboard audit`: verify the audit trail, export it, and sign how long it is."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli.examples import epilog
from onboard.cli.files import read_file
from onboard.cli.keys import site_of
from onboard.cli.options import ORG_DEFAULT, Format, KeyPassphrase, Org, Output, State
from onboard.cli.session import Session, open_session
from onboard.cli.terminal import console
from onboard.cli.usage import UsageError
from onboard.errors import OnboardError

if TYPE_CHECKING:  # the help page does not pay for loading this
    from scep_server.reporting import Checkpoint
    from scep_server.reporting import Format as Form

app = typer.Typer(
    help="Verify, export and sign the audit trail.",
    rich_markup_mode=None,
    no_args_is_help=True,
)
_FORMS = ("json", "cef", "ecs")


Kept = Annotated[
    Path | None,
    typer.Option("--checkpoint", metavar="FILE", help="A checkpoint that was kept elsewhere."),
]


@app.command("verify", epilog=epilog("audit verify"))
def verify(
    checkpoint: Kept = None,
    org: Org = ORG_DEFAULT,
    state: State = None,
    output: Output = Format.TEXT,
) -> None:
    """Walk the chain of all events and say how far it holds; exit 1 if something was changed.

    A change, a removal or an insertion shows by itself. That the last events were cut off shows only against
    a checkpoint of before: one that a sink received, or that `audit checkpoint` printed.
    """
    from scep_server.audit import verify as verify_chain

    session = open_session(org, state)
    kept = None if checkpoint is None else _trusted(session, checkpoint)
    with session.store() as store:
        verdict = verify_chain(store.audit(), None if kept is None else (kept.count, kept.head))
    if output is Format.JSON:
        found = {"count": verdict.count, "head": verdict.head.hex(), "fault": verdict.fault}
        console.data_json(found)
    elif not verdict.fault:
        console.prose(f"{verdict.count} events hold; the last hash is {verdict.head.hex()}")
    if verdict.fault:
        msg = f"the audit trail does not hold: {verdict.fault}"
        raise OnboardError(msg, hint="compare it with what the sinks received, and find out who was here")


Since = Annotated[
    str | None,
    typer.Option("--since", metavar="WHEN", help="A date, a time (UTC), or how long ago: 7d."),
]


@app.command("export", epilog=epilog("audit export"))
def export(
    form: Annotated[str, typer.Option("--format", metavar="FORMAT", help="json, cef or ecs.")] = "json",
    since: Since = None,
    org: Org = ORG_DEFAULT,
    state: State = None,
) -> None:
    """Print events, one a line, oldest first: our own JSON, CEF for ArcSight, ECS for Elastic."""
    from scep_server.reporting import event_record

    chosen = _form(form)
    begins = None if since is None else _moment(since)
    with open_session(org, state).store() as store:
        for link in store.audit():
            record = event_record(link, chosen)
            if begins is None or datetime.fromisoformat(record.at) >= begins:
                sys.stdout.write(f"{record.text}\n")


@app.command("checkpoint", epilog=epilog("audit checkpoint"))
def checkpoint(org: Org = ORG_DEFAULT, state: State = None, key_passphrase: KeyPassphrase = None) -> None:
    """Print a signed checkpoint of now: how many events there are, and the hash of the last.

    Keep it on another machine. `serve` makes one every hour and when it ends, and gives it to the sinks.
    """
    from onboard.provision.serving import Loader
    from scep_server.reporting import CheckpointSigner

    session = open_session(org, state)
    site = site_of(session, key_passphrase)
    pair = Loader.of(site).audit_signer()
    if pair is None:
        msg = "there is no valid key to sign checkpoints with"
        raise OnboardError(msg, hint="run 'onboard ca init'")
    with session.store() as store:
        count, head = store.audit_head()
    signer = CheckpointSigner(certificate=pair.certificate, key=pair.key)
    console.data(signer.sign(count=count, head=head, now=site.now).text)


@app.command("schema", epilog=epilog("audit schema"))
def schema() -> None:
    """Print the JSON Schema of an event."""
    from scep_server.audit import EVENT_SCHEMA

    console.data_json(dict(EVENT_SCHEMA))


def _trusted(session: Session, path: Path) -> Checkpoint:
    """A checkpoint from a file, or the newest of a file of lines, signed under an authority of the org."""
    from onboard.provision.authorities import is_issued_by
    from scep_server.reporting import CheckpointError, read_checkpoint

    lines = [line for line in read_file(path).decode(errors="replace").splitlines() if line.strip()]
    wanted = [line for line in lines if _is_checkpoint(line)] or lines[-1:] or [""]
    try:
        found = read_checkpoint(wanted[-1])
    except CheckpointError as error:
        msg = f"{path}: {error}"
        raise OnboardError(msg) from error
    site = session.site()
    known = [site.certificate(authority.name) for authority in session.organization.authorities]
    ours = any(is_issued_by(found.signer, one) for one in known if one is not None)
    if not (ours and found.is_of_a_server):
        msg = f"{path}: the checkpoint was not signed by this organization"
        raise OnboardError(msg, hint="verify it with the pki/ folder of its day")
    return found


def _is_checkpoint(line: str) -> bool:
    try:
        fields = json.loads(line)
    except ValueError:
        return False
    return isinstance(fields, dict) and fields.get("kind") == "checkpoint"


def _form(text: str) -> Form:
    from scep_server.reporting import Format as Form

    if text not in _FORMS:
        msg = f"{text!r} is no format; there are {', '.join(_FORMS)}"
        raise UsageError(msg, option="--format")
    return Form(text)


def _moment(text: str) -> datetime:
    from onboard.orgfile.text.scalars import DURATION, parse_duration

    if re.fullmatch(DURATION, text):
        return datetime.now(UTC) - parse_duration(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        msg = f"{text!r} is neither a date such as 2026-11-25 nor how long ago, such as 7d"
        raise UsageError(msg, option="--since") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
