"""`onboard ca`: makes and keeps the certificate authorities."""

from __future__ import annotations

import sys
from dataclasses import replace
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
    help="Make, seal, import and roll over certificate authorities.",
    rich_markup_mode=None,
    no_args_is_help=True,
)
Sealed = Annotated[
    Path | None,
    typer.Option(
        "--sealed", metavar="FILE", readable=False, help="File of the sealed key; opened for this run only."
    ),
]
Passphrase = Annotated[
    str | None,
    typer.Option(
        "--passphrase",
        help="Of the sealed key: env:NAME or file:PATH; asked for on a terminal when absent.",
        metavar="REFERENCE",
    ),
]


@app.command("init", epilog=epilog("ca init"))
def init(
    org: Org = ORG_DEFAULT,
    state: State = None,
    key_passphrase: KeyPassphrase = None,
    new_pepper: Annotated[
        bool,
        typer.Option(
            "--new-pepper", help="The pepper is lost for good: revoke unspent challenges, make one."
        ),
    ] = False,
    output: Output = Format.TEXT,
) -> None:
    """Create what is missing of the hierarchy; never overwrite.

    Keys go to the state folder, public certificates to pki/NAME.pem beside the org definition (commit them).
    Also made: the RA of each SCEP endpoint, OCSP signers, RADIUS server certificates, the signer of profiles
    and the root's first CRL. A certificate in pki/ whose key was lost is refused, not replaced.
    """
    session = open_session(org, state)
    show(initialise(session, key_passphrase, new_pepper=new_pepper), output)


def site_of(session: Session, key_passphrase: str | None) -> Site:
    """Where the commands of `ca` work."""
    if key_passphrase is None:
        return session.site()
    return session.site(resolve_reference(key_passphrase, session.folder, "--key-passphrase"))


def initialise(session: Session, key_passphrase: str | None, *, new_pepper: bool = False) -> tuple[Row, ...]:
    """`ca init`, for this command and for `up`."""
    from onboard.provision import init as init_hierarchy

    with console.progress("making keys and certificates") as line:
        return init_hierarchy(
            site_of(session, key_passphrase),
            lambda done, of: line.step(f"({done} of {of})"),
            new_pepper=new_pepper,
        )


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
    to: Annotated[
        Path, typer.Option("--to", metavar="FILE", help="File for the encrypted key; must not be there yet.")
    ],
    passphrase: Passphrase = None,
    org: Org = ORG_DEFAULT,
    state: State = None,
    key_passphrase: KeyPassphrase = None,
    output: Output = Format.TEXT,
) -> None:
    """Move a key out of the state folder, encrypted.

    Everything but signing with this key goes on working. Put the file and its passphrase in two safes.
    """
    from onboard.provision.sealing import seal as seal_key

    session = open_session(org, state)
    site = site_of(session, key_passphrase)
    site.authority(name)  # before anybody is asked for a passphrase
    row = seal_key(site, name, to, _passphrase(session, passphrase, new=True))
    show((row,), output)
    console.note(f"the key of {name} is in {to} and nowhere else; onboard goes on without it")


@app.command("request", epilog=epilog("ca request"))
def request(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The authority.")],
    org: Org = ORG_DEFAULT,
    state: State = None,
    key_passphrase: KeyPassphrase = None,
) -> None:
    """Print the request of an authority that somebody else's CA shall sign (PKCS#10, PEM).

    Its key is made where there is none. `ca import` takes the certificate that comes back.
    """
    from onboard.provision import request as request_certificate

    console.data(request_certificate(site_of(open_session(org, state), key_passphrase), name).decode())
    console.note(f"let the issuer sign it, then run: onboard ca import {name} FILE")


@app.command("import", epilog=epilog("ca import"))
def import_file(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The authority.")],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", readable=False, help="Its certificate, PEM or DER.")
    ],
    org: Org = ORG_DEFAULT,
    state: State = None,
    key_passphrase: KeyPassphrase = None,
    output: Output = Format.TEXT,
) -> None:
    """Take the certificate that somebody else's CA made of our request.

    It becomes pki/NAME.pem if it is for our key, may issue, and comes from the issuer that the org names.
    `ca init` then makes what hangs below it.
    """
    from onboard.provision import import_certificate

    site = site_of(open_session(org, state), key_passphrase)
    row = import_certificate(site, name, read_file(file), str(file))
    show((row,), output)
    if row.outcome.value == "created":
        console.note("run 'onboard ca init': it makes what this authority signs")


@app.command("crl", epilog=epilog("ca crl"))
def crl(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The authority, one that no group enrols with.")
    ],
    *,
    sealed: Sealed = None,
    passphrase: Passphrase = None,
    revoke: Annotated[
        list[str] | None,
        typer.Option("--revoke", metavar="SERIAL", help="Hexadecimal; may be repeated."),
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="REASON", help="Of --revoke: ca-compromise, superseded, ...")
    ] = "unspecified",
    org: Org = ORG_DEFAULT,
    state: State = None,
    key_passphrase: KeyPassphrase = None,
    output: Output = Format.TEXT,
) -> None:
    """Sign the next CRL of an offline authority: pki/NAME.crl, which `serve` publishes at once.

    Entries of the current one are kept. A sealed key is opened for this run only.
    """
    from onboard.provision import Reason, sign_crl

    reasons = {r.name.lower().replace("_", "-"): r for r in Reason}
    if reason not in reasons:
        msg = f"{reason!r} is no reason; there are {', '.join(reasons)}"
        raise typer.BadParameter(msg, param_hint="--reason")
    session = open_session(org, state)
    site = site_of(session, key_passphrase)
    site.authority(name)
    serials = {_serial(text): reasons[reason] for text in revoke or ()}
    show((sign_crl(opened(session, site, name, sealed, passphrase), name, serials),), output)


def opened(session: Session, site: Site, name: str, sealed: Path | None, passphrase: str | None) -> Site:
    """The site, with the sealed key of an authority at hand for this run."""
    if sealed is None:
        return site
    from onboard.provision import unseal

    key = unseal(site.state, name, sealed, _passphrase(session, passphrase))
    return replace(site, unsealed={**site.unsealed, name: key})


def read_file(path: Path) -> bytes:
    """What a file named on the command line holds.

    Raises:
        OnboardError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise OnboardError(msg) from error


def _serial(text: str) -> int:
    try:
        return int(text.replace(":", ""), 16)
    except ValueError:
        msg = f"{text!r} is not a serial number in hexadecimal"
        raise typer.BadParameter(msg, param_hint="--revoke") from None


def _passphrase(session: Session, reference: str | None, *, new: bool = False) -> Secret:
    from onboard.secret import Secret

    if reference is not None:
        return resolve_reference(reference, session.folder, "--passphrase")
    if not sys.stdin.isatty():
        msg = "a passphrase is needed, and there is no terminal to ask for it"
        raise OnboardError(msg, hint="give --passphrase env:NAME or file:PATH")
    question = "Passphrase for the sealed key"
    text: str = typer.prompt(question, hide_input=True, confirmation_prompt=new, err=True)
    return Secret(text)
