"""The keys that a command works with: those of the state folder, and sealed ones for one run."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli.session import Session, resolve_reference
from onboard.errors import OnboardError

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.provision import Site
    from onboard.secret import Secret

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


def site_of(session: Session, key_passphrase: str | None) -> Site:
    """The org, its folders, and the state folder's keys as far as --key-passphrase opens them."""
    if key_passphrase is None:
        return session.site()
    return session.site(resolve_reference(key_passphrase, session.folder, "--key-passphrase"))


def opened(session: Session, site: Site, name: str, sealed: Path | None, passphrase: str | None) -> Site:
    """The site, with the sealed key of an authority at hand for this run."""
    if sealed is None:
        return site
    from onboard.provision import unseal

    key = unseal(site.state, name, sealed, sealing_passphrase(session, passphrase))
    return replace(site, unsealed={**site.unsealed, name: key})


def sealing_passphrase(session: Session, reference: str | None, *, new: bool = False) -> Secret:
    """The passphrase of a sealed key: by reference, or asked for; twice where it is `new`.

    Raises:
        OnboardError: there is neither a reference nor a terminal.
    """
    from onboard.secret import Secret

    if reference is not None:
        return resolve_reference(reference, session.folder, "--passphrase")
    if not sys.stdin.isatty():
        msg = "a passphrase is needed, and there is no terminal to ask for it"
        raise OnboardError(msg, hint="give --passphrase env:NAME or file:PATH")
    question = "Passphrase for the sealed key"
    text: str = typer.prompt(question, hide_input=True, confirmation_prompt=new, err=True)
    return Secret(text)
