"""`onboard radius`: a FreeRADIUS configuration that says the same as the payloads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli.examples import epilog
from onboard.cli.files import read_file
from onboard.cli.keys import site_of
from onboard.cli.network import radius_check
from onboard.cli.options import ORG_DEFAULT, KeyPassphrase, Org, State
from onboard.cli.session import Session, open_session
from onboard.cli.terminal import console
from onboard.cli.terminal.help_pages import Page
from onboard.cli.usage import UsageError
from onboard.errors import OnboardError
from onboard.options import RadiusType

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.model import Radius
    from onboard.pki import PublicCertificate
    from onboard.provision import Site
    from onboard.radius import Policy, ServerCertificate

Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="DIR", help="Folder of the configuration; made if absent."),
]
Name = Annotated[
    str | None,
    typer.Option("--name", help="Only this entry of the org's `radius` section.", metavar="NAME"),
]
Certificate = Annotated[
    Path | None,
    typer.Option("--certificate", metavar="FILE", help="PEM chain of the server, where it is not ours."),
]
Key = Annotated[
    Path | None, typer.Option("--key", metavar="FILE", help="PEM key of --certificate, not encrypted.")
]
Ocsp = Annotated[
    bool,
    typer.Option("--ocsp", help="Ask the OCSP responder besides the CRL; a dead one keeps people out."),
]

app = typer.Typer(rich_markup_mode=None)
app.command("check", cls=Page, epilog=epilog("radius check"))(radius_check.command)


@app.callback(invoke_without_command=True, epilog=epilog("radius"))
def command(
    *,
    context: typer.Context,
    out: Out = None,
    org: Org = ORG_DEFAULT,
    state: State = None,
    name: Name = None,
    certificate: Certificate = None,
    key: Key = None,
    ocsp: Ocsp = False,
    key_passphrase: KeyPassphrase = None,
) -> None:
    """Write a FreeRADIUS configuration, or check a server.

    For FreeRADIUS 3.2. With one RADIUS entry it is the folder itself, with several a folder for each below.
    The server's certificate and key are those that `ca init` made, or yours; the key is readable by its owner
    only. Secrets of access points and switches are read from the environment: README.md says how to go on.
    """
    if context.invoked_subcommand is not None:
        return
    if out is None:
        msg = "say with --out where the configuration goes, or 'check NAME' for a server that is there"
        raise UsageError(msg)
    session = open_session(org, state)
    site = site_of(session, key_passphrase)
    chosen = _chosen(session, name)
    given = _given(certificate, key, len(chosen))
    main = _main(chosen)
    for radius in chosen:
        _write(session, site, radius, given, out if radius is main else out / radius.name, ocsp=ocsp)


def _chosen(session: Session, name: str | None) -> tuple[Radius, ...]:
    every = session.organization.radius
    chosen = tuple(radius for radius in every if name in (None, radius.name))
    if not chosen:
        msg = f"the org has no radius entry {name!r}" if name else "the org has no radius entry"
        raise OnboardError(msg, hint=f"its entries are {', '.join(r.name for r in every)}" if every else "")
    return chosen


def _main(chosen: tuple[Radius, ...]) -> Radius | None:
    """The entry that is written into the folder itself: the only one, or the only FreeRADIUS."""
    ours = tuple(radius for radius in chosen if radius.type is RadiusType.FREERADIUS)
    candidates = ours if len(chosen) > 1 else chosen
    return candidates[0] if len(candidates) == 1 else None


def _given(certificate: Path | None, key: Path | None, entries: int) -> ServerCertificate | None:
    from onboard.radius import load_server

    if certificate is None and key is None:
        return None
    if certificate is None or key is None or entries != 1:
        msg = "--certificate and --key go together, and with one RADIUS entry"
        raise UsageError(msg)
    return load_server(read_file(certificate), read_file(key), str(certificate))


def _judge(
    site: Site, radius: Radius, server: ServerCertificate, certificates: Mapping[str, PublicCertificate]
) -> None:
    from onboard.radius import judge_server

    anchors = [certificates[anchor.name] for anchor in radius.trust]
    reasons = judge_server(server, radius.server_names, anchors, site.now)
    if reasons:
        msg = f"devices would refuse the certificate of radius {radius.name}: {'; '.join(reasons)}"
        raise OnboardError(
            msg, hint="give it another certificate, or change server_names and trust in the org"
        )


def _write(
    session: Session, site: Site, radius: Radius, given: ServerCertificate | None, folder: Path, *, ocsp: bool
) -> None:
    from onboard.pki import read_certificates
    from onboard.radius import make_policy, recipes, write_folder

    certificates = read_certificates(session.organization, session.folder)
    policy = make_policy(session.organization, radius, certificates)
    if radius.type is not RadiusType.FREERADIUS:
        written = write_folder(folder, recipes(policy))
        console.note(f"radius {radius.name} is of type {radius.type}; how to set it up: {written[0].parent}")
        return
    server = _server(site, radius, given, certificates)
    _write_freeradius(site, radius, policy, server, folder, ocsp=ocsp)


def _server(
    site: Site,
    radius: Radius,
    given: ServerCertificate | None,
    certificates: Mapping[str, PublicCertificate],
) -> ServerCertificate | None:
    """The certificate that was given, or ours, judged as devices will; None: it has to be put there."""
    from onboard.rehearse.from_site import server_certificate

    server = given or server_certificate(site, radius)
    if server is not None:
        _judge(site, radius, server, certificates)
    return server


def _write_freeradius(
    site: Site, radius: Radius, policy: Policy, server: ServerCertificate | None, folder: Path, *, ocsp: bool
) -> None:
    from onboard.radius import Settings, build, clients_of, write_folder
    from onboard.rehearse.from_site import current_crls

    crls = current_crls(site, policy)
    settings = Settings(
        folder=str(folder.resolve()),
        clients=clients_of(radius) or Settings().clients,
        tls_minimum=radius.tls.minimum,
        tls_maximum=radius.tls.maximum,
        ocsp=ocsp,
    )
    written = write_folder(folder, build(policy, settings, server, crls))
    console.note(f"{len(written)} files in {folder}; test with: freeradius -C -d {folder}")
    if server is None:
        console.warn(
            f"radius {radius.name}: its certificate is not ours",
            hint=f"put certificate chain and key into {folder / 'certs'} as server.pem and server.key",
        )
    missing = [certificate.name for certificate in policy.trusted if certificate.name not in crls]
    if missing:
        console.warn(
            f"no CRL of {', '.join(missing)} is here yet, and without one nobody is let in",
            hint=f"run {folder / 'refresh-crls'} while 'onboard serve' runs",
        )
