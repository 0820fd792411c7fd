"""`onboard ca`: makes and keeps the certificate authorities."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli import console
from onboard.cli.examples import epilog
from onboard.cli.options import ORG_DEFAULT, Format, KeyPassphrase, Org, Output, State
from onboard.cli.session import Session, open_session, resolve_reference
from onboard.errors import OnboardError

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.provision import Row, Site
    from onboard.secret import Secret

app = typer.Typer(
    help="Make and keep the certificate authorities.", rich_markup_mode=None, no_args_is_help=True
)


@app.command("init", epilog=epilog("ca init"))
def init(
    org: Org = ORG_DEFAULT,
    state: State = None,
    key_passphrase: KeyPassphrase = None,
    output: Output = Format.TEXT,
) -> None:
    """Create what is missing of the hierarchy; never overwrite.

    Keys go to the state folder, public certificates to pki/NAME.pem beside the org definition (commit them).
    Also made: the RA of each SCEP endpoint, OCSP signers, RADIUS server certificates, the signer of profiles
    and the root's first CRL. A certificate in pki/ whose key was lost is refused, not replaced.
    """
    session = open_session(org, state)
    with console.progress("making keys and certificates"):
        rows = initialise(session, key_passphrase)
    show(rows, output)


def site_of(session: Session, key_passphrase: str | None) -> Site:
    """Where the commands of `ca` work."""
    if key_passphrase is None:
        return session.site()
    return session.site(resolve_reference(key_passphrase, session.folder, "--key-passphrase"))


def initialise(session: Session, key_passphrase: str | None) -> tuple[Row, ...]:
    """`ca init`, for this command and for `up`."""
    from onboard.provision import init as init_hierarchy

    return init_hierarchy(site_of(session, key_passphrase))


def show(rows: tuple[Row, ...], output: Format) -> None:
    """Print what is there now."""
    if output is Format.JSON:
        console.data_json([_as_json(row) for row in rows])
        return
    for row in rows:
        console.data(_as_text(row))
    for row in rows:
        if row.remark:
            console.warn(f"{row.kind.value} {row.name}: {row.remark}")


def _as_text(row: Row) -> str:
    end = f", until {row.not_after:%Y-%m-%d}" if row.not_after else ""
    lines = [f"{row.outcome.value:8}{row.kind.value} {row.name}: {row.subject} ({row.key or 'CRL'}{end})"]
    if row.sha256:
        lines += [f"        SHA-1   {row.sha1}", f"        SHA-256 {row.sha256}"]
    return "\n".join(lines)


def _as_json(row: Row) -> dict[str, object]:
    return {
        "kind": row.kind.value,
        "name": row.name,
        "outcome": row.outcome.value,
        "subject": row.subject,
        "key": row.key,
        "sha1": row.sha1,
        "sha256": row.sha256,
        "not_after": row.not_after.isoformat() if row.not_after else None,
        "file": row.file,
        "remark": row.remark,
    }


@app.command("seal", epilog=epilog("ca seal"))
def seal(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The authority.")],
    to: Annotated[Path, typer.Option("--to", help="File for the encrypted key; must not be there yet.")],
    passphrase: Annotated[
        str | None,
        typer.Option(
            "--passphrase",
            help="env:NAME or file:PATH; asked for on a terminal when absent.",
            metavar="REFERENCE",
        ),
    ] = None,
    org: Org = ORG_DEFAULT,
    state: State = None,
    key_passphrase: KeyPassphrase = None,
) -> None:
    """Move a key out of the state folder, encrypted.

    Everything but signing with this key goes on working. Put the file and its passphrase in two safes.
    """
    from onboard.provision.sealing import seal as seal_key

    session = open_session(org, state)
    site = site_of(session, key_passphrase)
    site.authority(name)  # before anybody is asked for a passphrase
    row = seal_key(site, name, to, _new_passphrase(session, passphrase))
    show((row,), Format.TEXT)
    console.note(f"the key of {name} is in {to} and nowhere else; onboard goes on without it")


def _new_passphrase(session: Session, reference: str | None) -> Secret:
    from onboard.secret import Secret

    if reference is not None:
        return resolve_reference(reference, session.folder, "--passphrase")
    if not sys.stdin.isatty():
        msg = "a passphrase is needed, and there is no terminal to ask for it"
        raise OnboardError(msg, hint="give --passphrase env:NAME or file:PATH")
    question = "Passphrase for the sealed key"
    text: str = typer.prompt(question, hide_input=True, confirmation_prompt=True, err=True)
    return Secret(text)
