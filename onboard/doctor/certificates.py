"""Judges an issued certificate: digest, the names asked for, dates, purposes, and where revocation shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from onboard.devices.scep.csr import UPN, CertificateRequest, RequestedName
from onboard.devices.scep.der import utf8
from onboard.doctor.clients import WINDOWS, Client
from onboard.doctor.finding import Check, Finding, Outcome

_SLACK = timedelta(minutes=5)  # an examination takes time, and clocks differ
_CLIENT_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH


def judge_certificate(
    client: Client, certificate: x509.Certificate, request: CertificateRequest, now: datetime
) -> Iterator[Finding]:
    """What one client, and the RADIUS server after it, make of the certificate."""
    found = [
        *_judge_digest(client, certificate),
        *_judge_names(client, certificate, request),
        *_judge_dates(client, certificate, now),
        *_judge_use(client, certificate),
    ]
    yield from found
    if not found:
        yield _of(client, Outcome.OK, f"until {certificate.not_valid_after_utc:%Y-%m-%d}")


def _judge_digest(client: Client, certificate: x509.Certificate) -> Iterator[Finding]:
    digest = certificate.signature_hash_algorithm
    if isinstance(digest, hashes.SHA1 | hashes.MD5):
        why = f"the certificate is signed with {digest.name.upper()}; RADIUS with OpenSSL 3 refuses it"
        yield _of(client, Outcome.FAILS, why, "sign with SHA-256, whatever the request was signed with")


def _judge_names(
    client: Client, certificate: x509.Certificate, request: CertificateRequest
) -> Iterator[Finding]:
    asked = {a.value for rdn in request.subject for a in rdn}
    given = {str(attribute.value) for attribute in certificate.subject}
    if asked != given:
        lacking, added = len(asked - given), len(given - asked)
        why = f"the subject is another: {lacking} of {len(asked)} attributes are lacking, {added} were added"
        yield _of(client, Outcome.RISK, why, "RADIUS rules and the device's own filter go by the subject")
    lost = [name for name in request.alt_names if not _has(certificate, name)]
    if lost:
        why = f"asked for the name {' and '.join(n.kind for n in lost)}, which is not in the certificate"
        cure = "keep the names of the request that the policy allows, UPN (otherName) included"
        yield _of(client, Outcome.FAILS, why, cure)


def _judge_dates(client: Client, certificate: x509.Certificate, now: datetime) -> Iterator[Finding]:
    begin = certificate.not_valid_before_utc
    if begin > now + _SLACK:
        why = f"not valid before {begin:%Y-%m-%d %H:%M} UTC, which is later than now"
        yield _of(client, Outcome.FAILS, why, "date it back; look at the server's clock")
    elif begin > now - _SLACK:
        why = "not dated back: a device whose clock is a few minutes behind refuses it"
        yield _of(client, Outcome.RISK, why, "date notBefore back by 1 h, by 24 h for Windows")
    elif client.key == WINDOWS.key and now - begin < timedelta(hours=9):
        why = "dated back by less than 9 h; a Windows computer at its first start can be as much behind"
        yield _of(client, Outcome.RISK, why, "date notBefore back by 24 h for Windows")


def _judge_use(client: Client, certificate: x509.Certificate) -> Iterator[Finding]:
    extensions = {e.oid: e.value for e in certificate.extensions}
    purposes = extensions.get(x509.ExtendedKeyUsage.oid)
    if isinstance(purposes, x509.ExtendedKeyUsage):
        if _CLIENT_AUTH not in purposes:
            why = "extendedKeyUsage lacks clientAuth, so EAP-TLS refuses it"
            yield _of(client, Outcome.FAILS, why, "issue with clientAuth")
    elif client.key == WINDOWS.key:
        why = "no extendedKeyUsage: its EAP-TLS looks for a certificate with clientAuth"
        yield _of(client, Outcome.FAILS, why, "issue with clientAuth")
    else:
        yield _of(client, Outcome.RISK, "no extendedKeyUsage: good for anything", "issue with clientAuth")
    if (
        x509.CRLDistributionPoints.oid not in extensions
        and x509.AuthorityInformationAccess.oid not in extensions
    ):
        why = "it names neither CRL nor OCSP: a lost device cannot be locked out"
        yield _of(client, Outcome.RISK, why, "publish a CRL and name it in the certificate")
    constraints = extensions.get(x509.BasicConstraints.oid)
    if isinstance(constraints, x509.BasicConstraints) and constraints.ca:
        yield _of(client, Outcome.UNSAFE, "the device got a CA certificate", "issue with CA:FALSE")


def _has(certificate: x509.Certificate, name: RequestedName) -> bool:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    match name.kind:
        case "rfc822":
            return name.value in names.get_values_for_type(x509.RFC822Name)
        case "dns":
            return name.value in names.get_values_for_type(x509.DNSName)
        case "uri":
            return name.value in names.get_values_for_type(x509.UniformResourceIdentifier)
    upns = [n.value for n in names.get_values_for_type(x509.OtherName) if n.type_id.dotted_string == UPN]
    return utf8(name.value) in upns


def _of(client: Client, outcome: Outcome, why: str, cure: str = "") -> Finding:
    return Finding(client=client.name, check=Check.CERTIFICATE, outcome=outcome, why=why, cure=cure)
