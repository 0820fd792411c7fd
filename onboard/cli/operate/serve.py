"""`onboard serve` and `onboard up`: answer devices until interrupted."""

from __future__ import annotations

import errno
import ipaddress
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli.certificates.hierarchy import initialise, show
from onboard.cli.files import read_file
from onboard.cli.keys import site_of
from onboard.cli.network import whitelist
from onboard.cli.options import ORG_DEFAULT, Format, KeyPassphrase, Org, State
from onboard.cli.payloads import generate
from onboard.cli.session import Session, open_session, resolve_reference
from onboard.cli.terminal import console
from onboard.cli.usage import NotYetError, UsageError
from onboard.errors import OnboardError

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.serve import Parts
    from scep_server.runtime.config import ServerConfig, Tls

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Host = Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")]
Port = Annotated[
    int, typer.Option("--port", metavar="N", help="Port to listen on; 0 takes a free one.", min=0, max=65535)
]
Workers = Annotated[
    int, typer.Option("--workers", metavar="N", help="Processes; one for each core is right.", min=1)
]
Certificate = Annotated[
    Path | None, typer.Option("--tls-cert", metavar="FILE", readable=False, help="PEM chain, to serve https.")
]
Key = Annotated[
    Path | None, typer.Option("--tls-key", metavar="FILE", readable=False, help="PEM key of --tls-cert.")
]
Proxies = Annotated[
    list[str] | None,
    typer.Option(
        "--trusted-proxy", metavar="CIDR", help="Whose X-Forwarded-For is believed; may be repeated."
    ),
]
MetricsToken = Annotated[
    str | None,
    typer.Option(
        "--metrics-token",
        envvar="ONBOARD_METRICS_TOKEN",
        metavar="REFERENCE",
        help="Lets its bearer read /metrics from elsewhere than loopback: env:NAME or file:PATH.",
        show_default=False,
    ),
]
_PARTS = ("scep", "pki")


Only = Annotated[
    str | None, typer.Option("--only", metavar="PARTS", help="A part of it: scep, pki, or both by comma.")
]


def command(
    *,
    org: Org = ORG_DEFAULT,
    state: State = None,
    host: Host = "127.0.0.1",
    port: Port = 8080,
    workers: Workers = 1,
    only: Only = None,
    tls_cert: Certificate = None,
    tls_key: Key = None,
    http_redirect: Annotated[int | None, typer.Option("--http-redirect", hidden=True)] = None,
    trusted_proxy: Proxies = None,
    metrics_token: MetricsToken = None,
    key_passphrase: KeyPassphrase = None,
) -> None:
    """Serve SCEP, CRLs, OCSP and health until interrupted.

    Says `listening on URL` on stderr when it is ready. One line is logged for each decision; SIGTERM finishes
    what is in flight.
    """
    if http_redirect is not None:
        what = "`onboard serve --http-redirect`"
        raise NotYetError(what, hint="let the web server before it redirect, except /crl, /ocsp and /ca")
    parts, tls, proxies = _parts(only), _tls(tls_cert, tls_key), _networks(trusted_proxy)
    session = open_session(org, state)
    config = _configure(session, parts, tls, proxies, metrics_token, key_passphrase)
    _serve(config, host, port, workers)


Out = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", metavar="DIR", help="Folder of the payloads; default: payloads beside the org."
    ),
]


def up(
    *,
    out: Out = None,
    org: Org = ORG_DEFAULT,
    state: State = None,
    host: Host = "127.0.0.1",
    port: Port = 8080,
    workers: Workers = 1,
    tls_cert: Certificate = None,
    tls_key: Key = None,
    trusted_proxy: Proxies = None,
    metrics_token: MetricsToken = None,
    key_passphrase: KeyPassphrase = None,
) -> None:
    """All of it: create what is missing of the CAs, write payloads and whitelist, then serve.

    Run it again after every change of the org definition.
    """
    parts, tls, proxies = _parts(None), _tls(tls_cert, tls_key), _networks(trusted_proxy)
    session = open_session(org, state)
    rows = initialise(session, key_passphrase)
    show(tuple(row for row in rows if row.outcome.value != "kept"), Format.TEXT)
    generate.command(out=out or session.folder / "payloads", org=org, state=state)
    if session.organization.onboarding is not None:
        whitelist.command(org=org)
    config = _configure(session, parts, tls, proxies, metrics_token, key_passphrase)
    _serve(config, host, port, workers)


def _configure(
    session: Session,
    parts: Parts,
    tls: Tls | None,
    proxies: Sequence[Network],
    metrics_token: str | None,
    key_passphrase: str | None,
) -> ServerConfig:
    from onboard.serve import configure
    from onboard.serve.reporting import reporting

    site = site_of(session, key_passphrase)
    groups = session.organization.groups if parts.scep else ()  # nothing else asks for their secrets
    config = configure(
        site,
        session.static_challenges() if parts.scep else {},
        former={group.name: session.former_challenges(group) for group in groups},
        parts=parts,
        trusted_proxies=proxies,
        tls=tls,
        keep_up=True,
        reports=reporting(site, session.tokens()),
    )
    if metrics_token is None:
        return config
    token = resolve_reference(metrics_token, session.folder, "--metrics-token")
    return replace(config, metrics_token=token.reveal())


def _parts(only: str | None) -> Parts:
    from onboard.serve import Parts

    chosen = _PARTS if only is None else tuple(part.strip() for part in only.split(","))
    if "portal" in chosen:
        raise NotYetError("`onboard serve --only portal`", hint=f"there are {', '.join(_PARTS)}")
    unknown = [part for part in chosen if part not in _PARTS]
    if unknown:
        msg = f"{unknown[0]!r} is no part of the server; there are {', '.join(_PARTS)}"
        raise UsageError(msg, option="--only")
    return Parts(scep="scep" in chosen, pki="pki" in chosen)


def _tls(certificate: Path | None, key: Path | None) -> Tls | None:
    """Certificate and key to serve https with, tried before anything starts.

    Raises:
        OnboardError: they cannot be read, or do not go together.
    """
    import ssl

    from scep_server.runtime.config import Tls

    if (certificate is None) != (key is None):
        msg = "--tls-cert and --tls-key go together"
        raise UsageError(msg)
    if certificate is None or key is None:
        return None
    for path in (certificate, key):
        read_file(path)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, _no_password)
    except ssl.SSLError as error:
        msg = f"{certificate} and {key} are no PEM certificate and its key ({error.reason or error})"
        raise OnboardError(msg, hint="--tls-cert: the server's certificate, then its issuers") from error
    return Tls(certificate=certificate, key=key)


def _no_password() -> str:
    msg = "the key of --tls-key is encrypted"
    raise OnboardError(msg, hint="decrypt it into a file that the server alone can read")


def _networks(texts: list[str] | None) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(text) for text in texts or ("127.0.0.0/8", "::1/128"))
    except ValueError as error:
        raise UsageError(str(error), option="--trusted-proxy") from None


def _serve(config: ServerConfig, host: str, port: int, workers: int) -> None:
    from scep_server.runtime import listen, serve
    from scep_server.store import StoreError

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        listening = listen(host, port)
    except OSError as error:
        msg = f"cannot listen on {host} port {port}: {error.strerror}"
        raise OnboardError(msg, hint=_cure(error)) from error
    try:
        serve(config, [listening], workers=workers, announce=console.note)
    except StoreError as error:
        raise OnboardError(error.reason, hint=error.remedy) from error


def _cure(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "ports below 1024 need a privilege (CAP_NET_BIND_SERVICE), or a web server before this one"
    if error.errno == errno.EADDRINUSE:
        return "choose another --port, or stop what listens there"
    return "--host is an address or name of this machine; 0.0.0.0 and :: are all of them"
