"""What an org definition refers to outside itself: secrets in environment and files, certificate files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from onboard.capabilities import Feature, limitations
from onboard.errors import Place, SecretUnavailableError, Severity
from onboard.model import Anchor, Authority, Radius
from onboard.orgfile.sections.groups import WrittenGroup
from onboard.orgfile.sections.references import WEAKNESS_HINT, resolve, weakness
from onboard.orgfile.text.cursor import ReportedError, Table, readable
from onboard.orgfile.text.report import Report
from onboard.secret import SecretReference

if TYPE_CHECKING:
    from cryptography import x509

_LARGEST = 1024 * 1024  # bytes read of a certificate file
_PRINTABLE_STRING = re.compile(r"[A-Za-z0-9 '()+,./:=?-]*")  # X.680 41.4


def judge(
    groups: Iterable[WrittenGroup],
    authorities: Table[Authority],
    radius: Table[Radius],
    environ: Mapping[str, str],
    folder: Path,
) -> None:
    """Report secrets that are absent or unfit, and authorities and anchors whose file is no certificate.

    Args:
        groups: as far as they could be read.
        authorities: as far as they could be read.
        radius: as far as it could be read.
        environ: where `env:` references are looked up.
        folder: of the org file; where relative `file:` references start.
    """
    for group in groups:
        with suppress(ReportedError):
            _judge_challenge(group, environ, folder)
    for written in authorities.entries.values():
        with suppress(ReportedError):
            if not written.value.is_ours:
                _judge_foreign(written.cursor.report, written.value, folder)
    for found in radius.entries.values():
        with suppress(ReportedError):
            for anchor in found.value.trust:
                if anchor.file:
                    _judge_anchor(found.cursor.report, anchor, folder)


def _judge_challenge(group: WrittenGroup, environ: Mapping[str, str], folder: Path) -> None:
    challenge = group.challenge.value
    for reference in (challenge.secret, *(former.secret for former in challenge.also_accept)):
        if reference is not None:
            _judge_secret(group, reference, environ, folder)


def _judge_secret(
    group: WrittenGroup, reference: SecretReference, environ: Mapping[str, str], folder: Path
) -> None:
    report = group.cursor.report
    try:
        secret = resolve(reference, environ, folder)
    except SecretUnavailableError as error:
        message = str(error).removeprefix(f"{reference.place}: ")
        report.at(reference.place, message, error.hint, Severity.WARNING)
        return
    if problem := weakness(secret):
        report.at(reference.place, problem, WEAKNESS_HINT)
    elif not _PRINTABLE_STRING.fullmatch(secret.reveal()):
        _warn_loose(group, report, reference.place)


def _warn_loose(group: WrittenGroup, report: Report, place: Place) -> None:
    platforms = tuple(platform for _, platform in readable(group.platforms.value))
    for limitation in limitations(platforms, Feature.LOOSE_CHALLENGE):
        hint = "letters, digits and ' ()+,-./:=? are safe everywhere; 'openssl rand -hex 16' keeps to them"
        report.at(place, f"the challenge has other characters: {limitation.reason}", hint, Severity.WARNING)


def _judge_foreign(report: Report, authority: Authority, folder: Path) -> None:
    path = folder / authority.certificate
    content = _content(report, authority.place, path, "put the certificate (PEM) of that authority there")
    if content is None:
        return
    try:
        may_issue = _may_issue(content)
    except ValueError:
        _not_a_certificate(report, authority.place, path)
        return
    if not may_issue:
        report.at(authority.place, f"{path} is not the certificate of an authority", "its CA flag is not set")


def _judge_anchor(report: Report, anchor: Anchor, folder: Path) -> None:
    path = folder / anchor.file
    content = _content(report, anchor.place, path, "put the RADIUS server's root certificate (PEM) there")
    if content is None:
        return
    try:
        is_root = _is_root(content)
    except ValueError:
        _not_a_certificate(report, anchor.place, path)
        return
    if not is_root:
        report.at(
            anchor.place,
            f"{path} is not a root: Windows pins certificates of its root store only",
            "put the root of the RADIUS server's chain there",
            Severity.WARNING,
        )


def _content(report: Report, place: Place, path: Path, hint: str) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        report.at(place, f"the certificate file {path} cannot be read: {error.strerror}", hint)
        return None


def _not_a_certificate(report: Report, place: Place, path: Path) -> None:
    report.at(place, f"{path} is not a certificate in PEM or DER", "one certificate, without its key")


def _is_root(content: bytes) -> bool:
    """Whether a certificate names itself as issuer (ValueError if it is no certificate)."""
    certificate = _certificate(content)
    return certificate.subject == certificate.issuer


def _may_issue(content: bytes) -> bool:
    """Whether it is the certificate of an authority (ValueError if it is no certificate)."""
    from cryptography import x509  # noqa: PLC0415  # as below

    try:
        return _certificate(content).extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _certificate(content: bytes) -> x509.Certificate:
    from cryptography import x509  # noqa: PLC0415  # 80 ms that only an org with certificate files needs

    is_pem = b"-----BEGIN CERTIFICATE" in content
    return (x509.load_pem_x509_certificate if is_pem else x509.load_der_x509_certificate)(content)
