"""Fetches the CRLs and issuers that certificates name, as RADIUS servers and Windows do before they trust."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from onboard.devices.certificate import parse_certificate
from onboard.doctor.finding import EVERY_CLIENT, Check, Finding, Outcome
from onboard.doctor.line import plain
from onboard.doctor.visit import Visit

_ISSUER = AuthorityInformationAccessOID.CA_ISSUERS


def judge_publication(visit: Visit, certificates: Iterable[x509.Certificate]) -> Iterator[Finding]:
    """Every URL once."""
    crls: dict[str, None] = {}
    issuers: dict[str, None] = {}
    for certificate in certificates:
        crls |= dict.fromkeys(_crl_urls(certificate))
        issuers |= dict.fromkeys(_issuer_urls(certificate))
    for url in crls:
        yield _judge_crl(visit, url)
    for url in issuers:
        yield _judge_issuer(visit, url)


def _judge_crl(visit: Visit, url: str) -> Finding:
    shown = plain(url)
    if not url.startswith("http://"):
        why = f"{shown}: fetching a CRL over https needs a CRL; Windows and NPS refuse that"
        return _of(Outcome.RISK, why, "publish CRLs over plain http")
    answer = visit.line.fetch(url)
    if answer.status != 200:
        return _of(
            Outcome.RISK, f"{shown}: {answer.told()}; RADIUS then lets nobody in", "publish the CRL there"
        )
    try:
        crl = x509.load_der_x509_crl(answer.body)
    except ValueError:
        return _of(Outcome.RISK, f"{shown}: no CRL in DER", "publish it in DER (RFC 5280 §4.2.1.13)")
    return _judge_crl_dates(crl, shown, visit.now)


def _judge_crl_dates(crl: x509.CertificateRevocationList, shown: str, now: datetime) -> Finding:
    until = crl.next_update_utc
    if until is not None and until < now:
        why = f"{shown}: out of date since {until:%Y-%m-%d %H:%M} UTC; RADIUS then lets nobody in"
        return _of(Outcome.RISK, why, "publish a new CRL")
    return _of(Outcome.OK, f"{shown}: good" + (f" until {until:%Y-%m-%d %H:%M} UTC" if until else ""))


def _judge_issuer(visit: Visit, url: str) -> Finding:
    shown = plain(url)
    answer = visit.line.fetch(url)
    if answer.status != 200:
        why = f"{shown}: {answer.told()}; a client without the chain cannot complete it"
        return _of(Outcome.RISK, why, "publish the issuer's certificate there")
    try:
        parse_certificate(answer.body)
    except ValueError:
        return _of(Outcome.RISK, f"{shown}: no certificate", "publish it in DER (RFC 5280 §4.2.2.1)")
    return _of(Outcome.OK, f"{shown}: there")


def _crl_urls(certificate: x509.Certificate) -> Iterator[str]:
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.CRLDistributionPoints):
            for point in extension.value:
                for name in point.full_name or ():
                    if isinstance(name, x509.UniformResourceIdentifier) and name.value.startswith("http"):
                        yield name.value


def _issuer_urls(certificate: x509.Certificate) -> Iterator[str]:
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.AuthorityInformationAccess):
            for access in extension.value:
                place = access.access_location
                if access.access_method == _ISSUER and isinstance(place, x509.UniformResourceIdentifier):
                    yield place.value


def _of(outcome: Outcome, why: str, cure: str = "") -> Finding:
    return Finding(client=EVERY_CLIENT, check=Check.REVOCATION, outcome=outcome, why=why, cure=cure)
