"""`onboard ca`: makes and keeps the certificate authorities."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Annotated

import typer

from onboard.cli.certificates.hierarchy import initialise, show
from onboard.cli.certificates.revocation import reason_of, serial_of
from onboard.cli.examples import epilog
from onboard.cli.files import read_file
from onboard.cli.keys import Passphrase, Sealed, opened, sealing_passphrase, site_of
from onboard.cli.options import ORG_DEFAULT, Format, KeyPassphrase, Org, Output, State
from onboard.cli.session import open_session
from onboard.cli.terminal import console
from onboard.cli.usage import UsageError

app = typer.Typer(
    help="Make, seal, import and roll over certificate authorities.",
    rich_markup_mode=None,
    no_args_is_help=True,
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="The authority.")]
NewPepper = Annotated[
    bool,
    typer.Option("--new-pepper", help="The pepper is lost for good: revoke unspent challenges, make one."),
]


@app.command("init", epilog=epilog("ca init"))
def init(
    org: Org = ORG_DEFAULT,
    state: State = None,
    key_passphrase: KeyPassphrase = None,
    new_pepper: NewPepper = False,
    output: Output = Format.TEXT,
) -> None:
    """Create what is missing of the hierarchy; never overwrite.

    Keys go to the state folder, public certificates to pki/NAME.pem beside the org definition (commit them).
    Also made: the RA of each SCEP endpoint, OCSP signers, RADIUS server certificates, the signer of profiles
    and the root's first CRL. A certificate in pki/ whose key was lost is refused, not replaced.
    """
    session = open_session(org, state)
    _warn_root(session.folder)
    rows = initialise(session, key_passphrase, new_pepper=new_pepper)
    show(rows, output)
    if any((row.kind.value, row.outcome.value) == ("authority", "created") for row in rows):
        console.note(f"commit {session.folder / 'pki'}, and back up {session.state}: it holds the keys")


def _warn_root(folder: Path) -> None:
    """What root makes in somebody else's folder, the server of that user cannot open."""
    owner = folder.stat().st_uid
    if os.geteuid() == 0 and owner != 0:
        try:
            name = pwd.getpwuid(owner).pw_name
        except KeyError:
            name = str(owner)
        console.warn(
            f"root makes keys in {folder}, which belongs to {name}: a server of that user cannot read them",
            hint=f"run it as {name}, or give that user pki/ and the state folder with chown -R",
        )


To = Annotated[
    Path, typer.Option("--to", metavar="FILE", help="File for the encrypted key; must not be there yet.")
]


@app.command("seal", epilog=epilog("ca seal"))
def seal(
    name: Name,
    to: To,
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
    row = seal_key(site, name, to, sealing_passphrase(session, passphrase, new=True))
    show((row,), output)
    console.note(f"the key of {name} is in {to} and nowhere else; onboard goes on without it")


@app.command("request", epilog=epilog("ca request"))
def request(
    name: Name,
    org: Org = ORG_DEFAULT,
    state: State = None,
    key_passphrase: KeyPassphrase = None,
    output: Output = Format.TEXT,
) -> None:
    """Print the request of an authority that somebody else's CA shall sign (PKCS#10, PEM).

    Its key is made where there is none. `ca import` takes the certificate that comes back.
    """
    from onboard.provision import request as request_certificate

    pem = request_certificate(site_of(open_session(org, state), key_passphrase), name).decode()
    if output is Format.JSON:
        console.data_json({"name": name, "request": pem})
    else:
        console.data(pem)
    console.note(f"let the issuer sign it, then run: onboard ca import {name} FILE")


File = Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="Its certificate, PEM or DER.")]


@app.command("import", epilog=epilog("ca import"))
def import_file(
    name: Name,
    file: File,
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


Offline = Annotated[str, typer.Argument(metavar="NAME", help="The authority, one that no group enrols with.")]
Revoked = Annotated[
    list[str] | None,
    typer.Option("--revoke", metavar="SERIAL", help="Hexadecimal; may be repeated."),
]
ReasonName = Annotated[
    str, typer.Option("--reason", metavar="REASON", help="Of --revoke: ca-compromise, superseded, ...")
]


@app.command("crl", epilog=epilog("ca crl"))
def crl(
    name: Offline,
    *,
    sealed: Sealed = None,
    passphrase: Passphrase = None,
    revoke: Revoked = None,
    reason: ReasonName = "unspecified",
    org: Org = ORG_DEFAULT,
    state: State = None,
    key_passphrase: KeyPassphrase = None,
    output: Output = Format.TEXT,
) -> None:
    """Sign the next CRL of an offline authority: pki/NAME.crl, which `serve` publishes at once.

    Entries of the current one are kept. A sealed key is opened for this run only.
    """
    from onboard.provision import Reason, sign_crl

    why = reason_of(reason, Reason)
    session = open_session(org, state)
    site = site_of(session, key_passphrase)
    site.authority(name)
    serials = {_serial(text): why for text in revoke or ()}
    show((sign_crl(opened(session, site, name, sealed, passphrase), name, serials),), output)


def _serial(text: str) -> int:
    try:
        return serial_of(text)
    except ValueError:
        msg = f"{text!r} is not a serial number in hexadecimal"
        raise UsageError(msg, option="--revoke") from None
