"""CRLs of offline authorities: `pki/NAME.crl`, DER, signed while the key is at hand, old entries kept."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from onboard.errors import PkiError
from onboard.provision.hierarchy import RENEW_WITHIN, Kind, crl_valid_for
from onboard.provision.report import Outcome, Row
from onboard.provision.site import Site
from onboard.provision.state import explained
from scep_server.authority import IssuingAuthority
from scep_server.keys.files import replace
from scep_server.revocation import build_crl


class Reason(enum.Enum):
    """CRLReason (RFC 5280 §5.3.1), those that fit the certificate of an authority or a server."""

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    CA_COMPROMISE = 2
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5
    PRIVILEGE_WITHDRAWN = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """One certificate that an offline authority has revoked."""

    serial: int
    at: datetime
    reason: Reason


def settle(site: Site, name: str) -> Row:
    """Keep the CRL of an offline authority, or sign the next one where it is missing or nears its end.

    Raises:
        PkiError: the file holds something else, or another authority's CRL.
        StateError: it cannot be written.
    """
    current = read(site, name)
    next_update = None if current is None else current.next_update_utc  # an empty CRL is false
    if current is not None and next_update and site.now < next_update - _margin(site, name):
        return row(site, name, Outcome.KEPT, current)
    issuer = site.issuing(name)
    if issuer is None:
        remark = f"the key of {name!r} is needed to sign it and is not at hand"
        if current is None:
            return Row(kind=Kind.CRL, name=name, outcome=Outcome.BLOCKED, remark=remark)
        return row(site, name, Outcome.BLOCKED, current, remark=remark)
    return sign(site, issuer, current)


def sign(
    site: Site,
    issuer: IssuingAuthority,
    current: x509.CertificateRevocationList | None,
    *,
    revoke: Mapping[int, Reason] | None = None,
) -> Row:
    """Sign and write the next CRL: the entries of the current one, and those that are revoked now.

    It ends when the org says (`crl_valid_for`), and never after the authority itself.

    Raises:
        StateError: it cannot be written; the current one stands.
    """
    entries = {entry.serial: entry for entry in _entries(() if current is None else current)}
    for serial, reason in (revoke or {}).items():
        entries.setdefault(serial, Revoked(serial=serial, at=site.now, reason=reason))
    valid_for = crl_valid_for(site.organization, site.authority(issuer.name))
    der = build_crl(
        issuer,
        entries.values(),
        number=_number(current) + 1,
        this_update=site.now,
        next_update=min(site.now + valid_for, issuer.certificate.not_valid_after_utc),
    )
    path = site.public(issuer.name, "crl")
    with explained(path.parent):
        replace(path, der, mode=0o644)
    outcome = Outcome.CREATED if current is None else Outcome.RENEWED
    return row(site, issuer.name, outcome, x509.load_der_x509_crl(der))


def _margin(site: Site, name: str) -> timedelta:
    """How long before its end a CRL is signed anew: at most half of its life."""
    return min(RENEW_WITHIN, crl_valid_for(site.organization, site.authority(name)) / 2)


def read(site: Site, name: str) -> x509.CertificateRevocationList | None:
    """`pki/NAME.crl`; None: not there.

    Raises:
        PkiError: it is no CRL of this authority.
    """
    path = site.public(name, "crl")
    with explained(path.parent):
        if not path.is_file():
            return None
        content = path.read_bytes()
    certificate = site.certificate(name)
    crl = _parse(path, content)
    if certificate is not None and not crl.is_signature_valid(certificate.public_key()):  # type: ignore[arg-type]  # CA keys
        raise PkiError(
            f"{path} was not signed by {site.public(name)}", hint="move it away and run this again"
        )
    return crl


def _parse(path: Path, content: bytes) -> x509.CertificateRevocationList:
    try:
        if content.lstrip().startswith(b"-----BEGIN"):
            return x509.load_pem_x509_crl(content)
        return x509.load_der_x509_crl(content)
    except ValueError as error:
        hint = "put it there again from a backup, or move it away and run 'onboard ca init' where the key is"
        raise PkiError(f"{path}: this is not a CRL in DER or PEM", hint=hint) from error


def _entries(crl: Iterable[x509.RevokedCertificate]) -> Iterable[Revoked]:
    numbers = {
        flag: Reason[flag.name.upper()]
        for flag in x509.ReasonFlags
        if flag.name.upper() in Reason.__members__
    }
    for entry in crl:
        try:
            flag = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        except x509.ExtensionNotFound:
            flag = x509.ReasonFlags.unspecified
        reason = numbers.get(flag, Reason.UNSPECIFIED)
        yield Revoked(serial=entry.serial_number, at=entry.revocation_date_utc, reason=reason)


def _number(crl: x509.CertificateRevocationList | None) -> int:
    if crl is None:
        return 0
    try:
        return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound:
        return 0


def row(
    site: Site, name: str, outcome: Outcome, crl: x509.CertificateRevocationList, *, remark: str = ""
) -> Row:
    """The row of a CRL."""
    return Row(
        kind=Kind.CRL,
        name=name,
        outcome=outcome,
        subject=crl.issuer.rfc4514_string(),
        not_after=crl.next_update_utc,
        file=str(site.public(name, "crl")),
        remark=remark,
    )
