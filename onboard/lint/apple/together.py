"""Rules E11, E24 and E37: what a profile alone cannot tell, judged by other files given with it.

A server certificate beside a profile is held against its networks; a CA certificate against the chain that
the profile carries; an earlier profile of the same identifier against its successor.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from onboard.cms import UNREADABLE_CERTIFICATE
from onboard.errors import Finding
from onboard.lint.apple.document import Document, Entry, items, mapping
from onboard.lint.apple.facts import facts
from onboard.lint.apple.payload_types import CERTIFICATES, NETWORKS, SCEP
from onboard.lint.apple.shape import eap

_SERVER_AUTH = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}


def read_certificates(content: bytes) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM or DER file, in its order; empty when it holds none."""
    try:
        if b"-----BEGIN CERTIFICATE-----" in content:
            return tuple(x509.load_pem_x509_certificates(content))
        return (x509.load_der_x509_certificate(content),)
    except UNREADABLE_CERTIFICATE:
        return ()


def together(
    documents: Sequence[Document], certificates: Sequence[x509.Certificate], now: datetime
) -> Iterator[Finding]:
    """E11 and E24 of each profile by the certificates, E37 between editions in the order given."""
    servers = [certificate for certificate in certificates if not _is_ca(certificate)]
    authorities = [certificate for certificate in certificates if _is_ca(certificate)]
    for document in documents:
        for entry in document.of_kind(*NETWORKS):
            for server in servers:
                yield from _server(document, entry, server, authorities, now)
        yield from _chain(document, authorities)
    for earlier, later in itertools.pairwise(documents):
        yield from _editions(earlier, later)


def _server(
    document: Document,
    entry: Entry,
    server: x509.Certificate,
    authorities: Sequence[x509.Certificate],
    now: datetime,
) -> Iterator[Finding]:
    """E11: whether devices would believe this RADIUS server."""
    where, name = entry.at("EAPClientConfiguration"), server.subject.rfc4514_string()
    wanted = [str(item) for item in items(eap(entry), "TLSTrustedServerNames")]
    if wanted and not any(_matches(pattern, host) for pattern in wanted for host in _hosts(server)):
        hosts = ", ".join(_hosts(server)) or "none"
        yield document.error(
            where, "E11", f"{name} has the names {hosts}; devices demand {' or '.join(wanted)}"
        )
    anchors = _anchors(document, entry)
    if anchors and not _ends_in(server, anchors, [*authorities, *_carried(document)]):
        yield document.error(where, "E11", f"the chain of {name} ends in none of the anchors")
    if not server.not_valid_before_utc <= now <= server.not_valid_after_utc:
        yield document.error(
            where, "E11", f"{name} is valid until {server.not_valid_after_utc:%Y-%m-%d} only, or not yet"
        )
    usages = _usages(server)
    if usages and not usages & _SERVER_AUTH:
        yield document.error(where, "E11", f"{name} is for other uses than TLS servers: it lacks serverAuth")


def _chain(document: Document, authorities: Sequence[x509.Certificate]) -> Iterator[Finding]:
    """E24: an intermediate of the devices' certificates that the profile leaves out."""
    carried = _carried(document)
    pins = [mapping(entry.keys, "PayloadContent").get("CAFingerprint") for entry in document.of_kind(SCEP)]
    pinned = [c for c in carried if (known := facts(_der(c))) and {known.sha1, known.sha256} & set(pins)]
    for authority in authorities:
        is_intermediate = authority.subject != authority.issuer
        if is_intermediate and authority not in carried and _ends_in(authority, pinned, authorities):
            yield document.warning(
                "PayloadContent",
                "E24",
                f"{authority.subject.rfc4514_string()} is not in the profile: devices send their own"
                " certificate without it, and RADIUS must hold it",
                "add it as com.apple.security.pkcs1",
            )


def _editions(earlier: Document, later: Document) -> Iterator[Finding]:
    """E37: identifiers and UUIDs that should have stayed."""
    if earlier.top.get("PayloadIdentifier") != later.top.get("PayloadIdentifier"):
        return
    before = {entry.text("PayloadIdentifier"): entry for entry in earlier.payloads}
    for entry in later.payloads:
        old = before.get(entry.text("PayloadIdentifier"))
        if old is not None and old.text("PayloadUUID") != entry.text("PayloadUUID"):
            yield later.warning(
                entry.at("PayloadUUID"),
                "E37",
                f"it was {old.text('PayloadUUID')} in {earlier.path}: devices remove the payload and take it"
                " anew",
                "derive UUIDs from what a payload is, not from chance",
            )


def _hosts(server: x509.Certificate) -> tuple[str, ...]:
    """dNSNames, or the common name where there is none (Security, SecPolicyLeafCallbacks.c)."""
    try:
        names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if found := names.get_values_for_type(x509.DNSName):
            return tuple(found)
    except (x509.ExtensionNotFound, *UNREADABLE_CERTIFICATE):
        pass
    return tuple(str(n.value) for n in server.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME))


def _matches(pattern: str, host: str) -> bool:
    wanted, labels = pattern.lower().split("."), host.lower().split(".")
    if wanted[0] == "*" and len(wanted) >= 3 and len(wanted) == len(labels):
        return wanted[1:] == labels[1:]
    return wanted == labels


def _anchors(document: Document, entry: Entry) -> list[x509.Certificate]:
    named = {str(reference) for reference in items(eap(entry), "PayloadCertificateAnchorUUID")}
    entries = [e for e in document.of_kind(*CERTIFICATES) if e.text("PayloadUUID") in named]
    return [certificate for e in entries for certificate in _of(e)]


def _carried(document: Document) -> list[x509.Certificate]:
    return [certificate for entry in document.of_kind(*CERTIFICATES) for certificate in _of(entry)]


def _of(entry: Entry) -> tuple[x509.Certificate, ...]:
    content = entry.keys.get("PayloadContent")
    return read_certificates(content) if isinstance(content, bytes) else ()


def _ends_in(
    certificate: x509.Certificate, anchors: Sequence[x509.Certificate], others: Sequence[x509.Certificate]
) -> bool:
    """Whether a chain leads from the certificate to an anchor, by way of the others."""
    seen, waiting = {certificate}, [certificate]
    while waiting:
        current = waiting.pop()
        if any(current == anchor or _issued(current, anchor) for anchor in anchors):
            return True
        issuers = [other for other in others if other not in seen and _issued(current, other)]
        seen.update(issuers)
        waiting += issuers
    return False


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, *UNREADABLE_CERTIFICATE):
        return False
    return True


def _is_ca(certificate: x509.Certificate) -> bool:
    known = facts(_der(certificate))
    return known is not None and known.is_ca


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _usages(certificate: x509.Certificate) -> set[x509.ObjectIdentifier]:
    try:
        return set(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except (x509.ExtensionNotFound, *UNREADABLE_CERTIFICATE):
        return set()
