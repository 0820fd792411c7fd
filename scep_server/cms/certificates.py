"""How CMS points at a certificate: issuer and serial number, or subject key identifier (RFC 5652 §5.3)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from scep_server import ber, oids
from scep_server.ber import tags


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateIdentity:
    """What identifies one X.509 certificate, cut out of its bytes.

    Attributes:
        der: the certificate.
        issuer: DER Name.
        serial: as a number; some certificates have negative ones.
        issuer_and_serial: DER IssuerAndSerialNumber.
        spki: DER SubjectPublicKeyInfo.
    """

    der: bytes = field(repr=False)
    issuer: bytes
    serial: int
    issuer_and_serial: bytes = field(repr=False)
    spki: bytes = field(repr=False)
    extensions: bytes = field(repr=False)

    @property
    def key_identifiers(self) -> tuple[bytes, ...]:
        """What it may be called by: its subjectKeyIdentifier, and the one of RFC 5280 §4.2.1.2 method 1."""
        info = ber.read(self.spki).enter()
        info.skip()
        computed = hashlib.sha1(info.bits(), usedforsecurity=False).digest()
        stated = _stated_key_identifier(self.extensions)
        return (computed,) if stated is None else (stated, computed)


def identify(der: bytes) -> CertificateIdentity:
    """Cut the identifying parts out of a certificate (RFC 5280 §4.1).

    Raises:
        BerError: the bytes are not built like a certificate.
    """
    tbs = ber.read(der).enter().enter()
    if tbs.tag == tags.CONTEXT_CONSTRUCTED:
        tbs.skip()  # version
    serial = tbs.raw(tags.INTEGER)
    tbs.skip()  # signature algorithm
    issuer = tbs.raw(tags.SEQUENCE)
    tbs.skip()  # validity
    tbs.skip()  # subject
    spki = tbs.raw(tags.SEQUENCE)
    extensions = b""
    while tbs.more:
        is_extensions = tbs.tag == tags.CONTEXT_CONSTRUCTED | 3
        element = tbs.raw()
        if is_extensions:
            extensions = element
    return CertificateIdentity(
        der=der,
        issuer=issuer,
        serial=ber.read(serial).integer(),
        issuer_and_serial=ber.sequence(issuer, serial),
        spki=spki,
        extensions=extensions,
    )


def _stated_key_identifier(extensions: bytes) -> bytes | None:
    if not extensions:
        return None
    entries = ber.read(extensions).enter(tags.CONTEXT_CONSTRUCTED | 3).enter()
    while entries.more:
        entry = entries.enter()
        if entry.oid() == oids.SUBJECT_KEY_IDENTIFIER:
            if entry.tag == tags.BOOLEAN:
                entry.skip()
            return ber.read(entry.octets()).octets()
    return None
