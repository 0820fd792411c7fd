"""Certificates that `ca init` does not make and that end all the same: https, RADIUS trust, audit sinks.

`serve` notes which file it answers https with, because the org definition does not say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509

from onboard.errors import StateError
from onboard.provision.hierarchy import Kind
from onboard.provision.report import Outcome, Row, certificate_row
from onboard.provision.site import Site
from onboard.provision.state import StateFolder, explained
from scep_server.keys.files import replace

_NOTE = "https.json"


def note_https(state: StateFolder, parts: str, certificate: Path | None) -> None:
    """Remember the certificate file of a server that starts.

    Args:
        state: of the server.
        parts: what it serves; servers of other parts on this state have certificates of their own.
        certificate: PEM; None: it serves no https, and what it had before no longer counts.

    Raises:
        StateError: the note cannot be written.
    """
    noted = _noted(state)
    wanted = {key: path for key, path in noted.items() if key != parts}
    if certificate is not None:
        wanted[parts] = str(certificate.absolute())
    if wanted != noted:
        with explained(state.path):
            replace(state.path / _NOTE, json.dumps(wanted, sort_keys=True).encode() + b"\n", mode=0o600)


def foreign_rows(site: Site) -> Iterator[Row]:
    """A row for each such certificate, by the path of its file."""
    for path in sorted({Path(path) for path in _noted(site.state).values()}):
        yield _row(Kind.HTTPS, path, str(path), "after replacing it, restart `onboard serve`")
    trusted = {anchor.file for radius in site.organization.radius for anchor in radius.trust if anchor.file}
    trusted |= {sink.trust for sink in site.organization.audit if sink.trust}
    for name in sorted(trusted):
        yield _row(Kind.TRUST, site.folder / name, name, "")


def _noted(state: StateFolder) -> dict[str, str]:
    path = state.path / _NOTE
    try:
        with explained(state.path):
            found = json.loads(path.read_bytes()) if path.is_file() else {}
    except ValueError as error:
        raise StateError(
            f"{path} is damaged", hint="remove it; the next start of `serve` writes it"
        ) from error
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _row(kind: Kind, path: Path, name: str, remark: str) -> Row:
    """Of several certificates in a file the one that ends first counts."""
    try:
        chain = _read(path.read_bytes())
    except OSError as error:
        return _blocked(kind, name, f"it cannot be read: {error.strerror}")
    except ValueError:
        return _blocked(kind, name, "it holds no certificate")
    first = min(chain, key=lambda certificate: certificate.not_valid_after_utc)
    return certificate_row(kind, name, Outcome.KEPT, first, file=str(path), remark=remark)


def _read(content: bytes) -> list[x509.Certificate]:
    if b"-----BEGIN" in content:
        return x509.load_pem_x509_certificates(content)
    return [x509.load_der_x509_certificate(content)]


def _blocked(kind: Kind, name: str, remark: str) -> Row:
    return Row(kind=kind, name=name, outcome=Outcome.BLOCKED, file=name, remark=remark)
