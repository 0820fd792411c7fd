"""`onboard onc`: a Chromebook's network file for the hand, behind a passphrase, and out of it again."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from onboard.cli.examples import epilog
from onboard.cli.payloads.lint import read_payload
from onboard.cli.session import resolve_reference
from onboard.errors import OnboardError, Severity
from onboard.secret import Secret

app = typer.Typer(
    help="Encrypt or decrypt a Chromebook's network file.", rich_markup_mode=None, no_args_is_help=True
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="A network file (.onc).")]
Passphrase = Annotated[
    str,
    typer.Option("--passphrase", metavar="REFERENCE", help="What is typed at import: env:NAME or file:PATH."),
]


@app.command(epilog=epilog("onc encrypt"))
def encrypt(file: File, passphrase: Passphrase) -> None:
    """Print the file encrypted, for chrome://network > Import ONC file, which asks for the passphrase.

    Policies are never encrypted. The salt is new each time, so no two results are the same.
    """
    from onboard.lint import onc
    from onboard.payloads.chromeos import encrypted

    content = read_payload(file)
    faults = [f for f in onc.validate(str(file), content, onc.Mode.IMPORT) if f.severity is Severity.ERROR]
    if faults:
        msg = f"{file} would not be imported: {faults[0].where}: {faults[0].message} [{faults[0].rule}]"
        raise OnboardError(msg, hint=f"see 'onboard lint --onc-level import {file}'")
    salt, iv = os.urandom(encrypted.SALT_BYTES), os.urandom(encrypted.IV_BYTES)
    _print(encrypted.encrypt(content, _secret(passphrase), salt=salt, iv=iv))


@app.command(epilog=epilog("onc decrypt"))
def decrypt(file: File, passphrase: Passphrase) -> None:
    """Print what is inside an encrypted network file, whoever made it."""
    from onboard.payloads.chromeos import encrypted

    _print(encrypted.decrypt(read_payload(file), _secret(passphrase)))


def _secret(reference: str) -> Secret:
    return resolve_reference(reference, Path.cwd(), "--passphrase")


def _print(content: bytes) -> None:
    sys.stdout.write(content.decode("utf-8", "surrogateescape"))
