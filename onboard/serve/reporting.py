"""The org's `audit` section -> what the server reports of its audit trail, and to whom."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from onboard.errors import PkiError
from onboard.model import AuditSink, SinkType
from onboard.provision import Site
from onboard.provision.serving import Loader
from onboard.provision.state import explained
from onboard.secret import Secret
from scep_server.forwarding import HttpSender, Sender, SyslogSender
from scep_server.reporting import CheckpointSigner, Format
from scep_server.runtime.config import Reporting, Sink

_PORTS = {"tls": 6514, "tcp": 601}  # RFC 5425 §4.1; RFC 3195, as TCP has no number of its own


def reporting(site: Site, tokens: Mapping[str, Secret]) -> Reporting:
    """What a server of this site reports.

    Args:
        site: organization and state folder.
        tokens: the resolved token of each sink that has one.

    Raises:
        PkiError: the file of a sink's authority is no certificate, or a key cannot be used.
        StateError: the state folder cannot be used.
    """
    pair = Loader.of(site).audit_signer()
    with explained(site.state.path):
        site.state.outbox.mkdir(mode=0o700, exist_ok=True)  # older versions made none
    return Reporting(
        folder=site.state.outbox,
        signer=None if pair is None else CheckpointSigner(certificate=pair.certificate, key=pair.key),
        sinks=tuple(_sink(site.folder, sink, tokens.get(sink.name)) for sink in site.organization.audit),
    )


def _sink(folder: Path, sink: AuditSink, token: Secret | None) -> Sink:
    context = _context(folder, sink)
    return Sink(name=sink.name, form=Format(sink.format.value), make_sender=_maker(sink, context, token))


def _maker(sink: AuditSink, context: ssl.SSLContext | None, token: Secret | None) -> Callable[[], Sender]:
    def syslog() -> Sender:
        parts = urlsplit(sink.url)
        return SyslogSender(
            host=parts.hostname or "",
            port=parts.port or _PORTS[parts.scheme],
            context=context,
            hostname=socket.gethostname(),
            process=os.getpid(),
        )

    def http() -> Sender:
        headers = {} if token is None else {"Authorization": f"Bearer {token.reveal()}"}
        return HttpSender(url=sink.url, context=context, headers=headers)

    return syslog if sink.type is SinkType.SYSLOG else http


def _context(folder: Path, sink: AuditSink) -> ssl.SSLContext | None:
    """TLS that checks name and chain; None where the URL asks for none."""
    if urlsplit(sink.url).scheme in ("tcp", "http"):
        return None
    try:
        return ssl.create_default_context(cafile=str(folder / sink.trust) if sink.trust else None)
    except (OSError, ssl.SSLError) as error:
        msg = f"{sink.place}: {folder / sink.trust} holds no certificate that can be used: {error}"
        raise PkiError(msg, hint="put the authority of the sink's certificate (PEM) there") from error
