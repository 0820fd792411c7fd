"""`onboard serve` and `onboard up`: answer devices until interrupted."""

from __future__ import annotations

import ipaddress
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli import ca, console, generate, whitelist
from onboard.cli.options import ORG_DEFAULT, Format, KeyPassphrase, Org, State
from onboard.cli.session import Session, open_session
from onboard.errors import OnboardError

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.serve import Parts
    from scep_server.runtime.config import ServerConfig

Host = Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")]
Port = Annotated[
    int, typer.Option("--port", metavar="N", help="Port to listen on; 0 takes a free one.", min=0, max=65535)
]
Workers = Annotated[
    int, typer.Option("--workers", metavar="N", help="Processes; one for each core is right.", min=1)
]
Certificate = Annotated[
    Path | None, typer.Option("--tls-cert", metavar="FILE", help="PEM chain, to serve https.")
]
Key = Annotated[Path | None, typer.Option("--tls-key", metavar="FILE", help="PEM key of --tls-cert.")]
Proxies = Annotated[
    list[str] | None,
    typer.Option(
        "--trusted-proxy", metavar="CIDR", help="Whose X-Forwarded-For is believed; may be repeated."
    ),
]
_PARTS = ("scep", "pki")


def command(
    *,
    org: Org = ORG_DEFAULT,
    state: State = None,
    host: Host = "127.0.0.1",
    port: Port = 8080,
    workers: Workers = 1,
    only: Annotated[
        str | None, typer.Option("--only", metavar="PARTS", help="A part of it: scep, pki, or both by comma.")
    ] = None,
    tls_cert: Certificate = None,
    tls_key: Key = None,
    trusted_proxy: Proxies = None,
    key_passphrase: KeyPassphrase = None,
) -> None:
    """Serve SCEP, CRLs, OCSP and health until interrupted.

    Says `listening on URL` on stderr when it is ready. One line is logged for each decision; SIGTERM finishes
    what is in flight.
    """
    session = open_session(org, state)
    config = _configure(session, only, tls_cert, tls_key, trusted_proxy, key_passphrase)
    _serve(config, host, port, workers)


def up(
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Folder of the payloads; default: payloads beside the org."
        ),
    ] = None,
    org: Org = ORG_DEFAULT,
    state: State = None,
    host: Host = "127.0.0.1",
    port: Port = 8080,
    workers: Workers = 1,
    tls_cert: Certificate = None,
    tls_key: Key = None,
    trusted_proxy: Proxies = None,
    key_passphrase: KeyPassphrase = None,
) -> None:
    """All of it: create what is missing of the CAs, write payloads and whitelist, then serve.

    Run it again after every change of the org definition.
    """
    session = open_session(org, state)
    with console.progress("making keys and certificates"):
        rows = ca.initialise(session, key_passphrase)
    ca.show(tuple(row for row in rows if row.outcome.value != "kept"), Format.TEXT)
    generate.command(out=out or session.folder / "payloads", org=org, state=state)
    if session.organization.onboarding is not None:
        whitelist.command(org=org)
    config = _configure(session, None, tls_cert, tls_key, trusted_proxy, key_passphrase)
    _serve(config, host, port, workers)


def _configure(
    session: Session,
    only: str | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    trusted_proxy: list[str] | None,
    key_passphrase: str | None,
) -> ServerConfig:
    from onboard.serve import configure
    from onboard.serve.reporting import reporting
    from scep_server.runtime.config import Tls

    if (tls_cert is None) != (tls_key is None):
        msg = "--tls-cert and --tls-key go together"
        raise typer.BadParameter(msg)
    site = ca.site_of(session, key_passphrase)
    return configure(
        site,
        session.static_challenges(),
        former={group.name: session.former_challenges(group) for group in session.organization.groups},
        parts=_parts(only),
        trusted_proxies=[_network(text) for text in trusted_proxy or ("127.0.0.0/8", "::1/128")],
        tls=Tls(certificate=tls_cert, key=tls_key) if tls_cert and tls_key else None,
        keep_up=True,
        reports=reporting(site, session.tokens()),
    )


def _parts(only: str | None) -> Parts:
    from onboard.serve import Parts

    chosen = _PARTS if only is None else tuple(part.strip() for part in only.split(","))
    unknown = [part for part in chosen if part not in _PARTS]
    if unknown:
        msg = f"{unknown[0]!r} is no part of the server; there are {', '.join(_PARTS)}"
        raise typer.BadParameter(msg, param_hint="--only")
    return Parts(scep="scep" in chosen, pki="pki" in chosen)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--trusted-proxy") from None


def _serve(config: ServerConfig, host: str, port: int, workers: int) -> None:
    from scep_server.runtime import listen, serve
    from scep_server.store import StoreError

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        listening = listen(host, port)
    except OSError as error:
        msg = f"cannot listen on {host} port {port}: {error.strerror}"
        raise OnboardError(msg, hint="choose another --port, or stop what listens there") from error
    try:
        serve(config, [listening], workers=workers, announce=console.note)
    except StoreError as error:
        raise OnboardError(error.reason, hint=error.remedy) from error
