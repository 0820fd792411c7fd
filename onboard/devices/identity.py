"""Which certificate a device offers on a network, and what it answers to EAP-Request/Identity."""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from onboard.devices.scep.ca_certificates import chains_to
from onboard.devices.scep.csr import UPN

CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"


@dataclass(frozen=True, slots=True)
class EnrolledIdentity:
    """The profile names the enrolment itself (Apple's UUID link, a key alias, a file path)."""

    def refusal(self, leaf: x509.Certificate, chain: Sequence[x509.Certificate]) -> str:
        """Why the certificate is not offered; empty where it is."""
        del leaf, chain
        return ""


@dataclass(frozen=True, slots=True)
class IssuerHashes:
    """Windows: FilteringInfo; SHA-1 of any certificate of the chain, and extended key usages."""

    hashes: tuple[bytes, ...]  # empty: no filter
    extended_key_usages: tuple[str, ...] = ()  # all of them are demanded

    def refusal(self, leaf: x509.Certificate, chain: Sequence[x509.Certificate]) -> str:
        """Why the certificate is not offered; empty where it is."""
        found = {_sha1(c) for c in chain if chains_to(leaf, c, chain)}
        if self.hashes and found.isdisjoint(self.hashes):
            return "CAHashList holds no certificate of the chain of the enrolled certificate"
        missing = [oid for oid in self.extended_key_usages if oid not in extended_key_usages(leaf)]
        return f"EKU filter: the enrolled certificate lacks {', '.join(missing)}" if missing else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatePattern:
    """ChromeOS: ClientCertPattern (client_cert_resolver.cc); every given part must match."""

    issuers: tuple[x509.Certificate, ...] = ()  # IssuerCARef: the immediate issuer is one of them
    issuer: tuple[tuple[str, str], ...] = ()  # (OID, text)
    subject: tuple[tuple[str, str], ...] = ()

    def refusal(self, leaf: x509.Certificate, chain: Sequence[x509.Certificate]) -> str:
        """Why the certificate is not offered; empty where it is."""
        del chain
        if self.issuers and not any(chains_to(leaf, c, (c,)) for c in self.issuers):
            return "IssuerCARef does not name the immediate issuer of the enrolled certificate"
        for part, name, wanted in (
            ("Issuer", leaf.issuer, self.issuer),
            ("Subject", leaf.subject, self.subject),
        ):
            for oid, text in wanted:
                if text not in _values(name, oid):
                    return f"{part} pattern: the enrolled certificate has no {oid} that equals {text!r}"
        return ""


IdentityRule = EnrolledIdentity | IssuerHashes | CertificatePattern


class IdentitySource(enum.StrEnum):
    """Where the EAP identity comes from."""

    APPLE = "NT principal name, then the last common name, then rfc822Name"
    WINDOWS = "NT principal name, then the common name"
    TEMPLATE = "the profile's text, with ONC's certificate expansions"


@dataclass(frozen=True, slots=True)
class EapIdentity:
    """The rule, and the profile's text where it has one."""

    source: IdentitySource
    text: str = ""

    def of(self, certificate: x509.Certificate) -> str:
        """The identity that a device with this certificate sends; empty where it would send nothing."""
        if self.text and self.source is not IdentitySource.TEMPLATE:
            return self.text
        upn, mail, names = _upns(certificate), _mails(certificate), _values(certificate.subject, "2.5.4.3")
        match self.source:
            case IdentitySource.APPLE:
                order = (*upn[:1], *names[-1:], *mail[:1])
                return order[0] if order else ""
            case IdentitySource.WINDOWS:
                order = (*upn[:1], *names[:1])
                return order[0] if order else ""
            case IdentitySource.TEMPLATE:
                known = {
                    "CERT_SAN_EMAIL": "".join(mail[:1]),
                    "CERT_SAN_UPN": "".join(upn[:1]),
                    "CERT_SUBJECT_COMMON_NAME": "".join(names[:1]),
                }
                return re.sub(r"\$\{(\w+)\}", lambda m: known.get(m[1], m[0]), self.text)


def extended_key_usages(certificate: x509.Certificate) -> tuple[str, ...]:
    """Dotted OIDs; empty without the extension."""
    try:
        value = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(usage.dotted_string for usage in value)


def _sha1(certificate: x509.Certificate) -> bytes:
    return hashlib.sha1(certificate.public_bytes(Encoding.DER), usedforsecurity=False).digest()


def _values(name: x509.Name, oid: str) -> tuple[str, ...]:
    return tuple(str(a.value) for a in name.get_attributes_for_oid(x509.ObjectIdentifier(oid)))


def _alt_names(certificate: x509.Certificate) -> Sequence[x509.GeneralName]:
    try:
        return list(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return ()


def _mails(certificate: x509.Certificate) -> tuple[str, ...]:
    return tuple(n.value for n in _alt_names(certificate) if isinstance(n, x509.RFC822Name))


def _upns(certificate: x509.Certificate) -> tuple[str, ...]:
    return tuple(
        str(core.UTF8String.load(n.value).native)
        for n in _alt_names(certificate)
        if isinstance(n, x509.OtherName) and n.type_id.dotted_string == UPN
    )
