"""The certificate of a device, on the hot path: everything constant about a CA and a policy is built once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from scep_server import ber, oids
from scep_server.authority import names
from scep_server.authority.signing import signature_algorithm, signed
from scep_server.errors import RequestRejectedError
from scep_server.keys import PrivateKey
from scep_server.messages import FailInfo
from scep_server.policy import Approval

_VERSION_3: Final = ber.implicit(0, ber.integer(2))
_TRUE: Final = b"\x01\x01\xff"
_SUBJECT_KEY_IDENTIFIER: Final = ber.object_identifier(oids.SUBJECT_KEY_IDENTIFIER)
_SUBJECT_ALT_NAME: Final = ber.object_identifier(oids.SUBJECT_ALT_NAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Urls:
    """Where relying parties learn about an authority; plain http (RFC 5280 §8); an empty one is left out."""

    crl: str = ""
    ocsp: str = ""
    issuer: str = ""

    def extensions(self) -> tuple[x509.CRLDistributionPoints | x509.AuthorityInformationAccess, ...]:
        """CRL distribution points (RFC 5280 §4.2.1.13) and authority information access (§4.2.2.1)."""
        access = [
            x509.AccessDescription(method, x509.UniformResourceIdentifier(url))
            for method, url in (
                (AuthorityInformationAccessOID.OCSP, self.ocsp),
                (AuthorityInformationAccessOID.CA_ISSUERS, self.issuer),
            )
            if url
        ]
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(self.crl)], None, None, None)
        points = (x509.CRLDistributionPoints([point]),) if self.crl else ()
        return points + ((x509.AuthorityInformationAccess(access),) if access else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate with what a record of it says, so that nobody has to read it again.

    Attributes:
        der: the certificate.
        serial: its number.
        subject: RFC 4514.
        not_before, not_after: aware UTC, to the second.
    """

    der: bytes = field(repr=False)
    serial: int
    subject: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuingAuthority:
    """A CA whose key is at hand.

    Attributes:
        name: key in the org definition and in the URLs of `urls`.
        certificate: its own.
        key: belongs to `certificate`.
        chain: certificates of its issuers, nearest first, up to the root; empty for a root.
        urls: go into every certificate that it issues.
    """

    name: str
    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)
    chain: tuple[x509.Certificate, ...] = ()
    urls: Urls = field(default_factory=Urls)
    _extensions: dict[tuple[str, ...], bytes] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )
    _head: bytes = field(init=False, repr=False, compare=False)
    _validity: tuple[datetime, datetime] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        head = signature_algorithm(self.key) + self.certificate.subject.public_bytes()
        object.__setattr__(self, "_head", head)
        own = self.certificate
        object.__setattr__(self, "_validity", (own.not_valid_before_utc, own.not_valid_after_utc))

    def issue(self, approval: Approval, *, serial: int, now: datetime) -> x509.Certificate:
        """`make`, read again: for whoever wants to look into the certificate."""
        return x509.load_der_x509_certificate(self.make(approval, serial=serial, now=now).der)

    def make(self, approval: Approval, *, serial: int, now: datetime) -> Issued:
        """The certificate that an approval describes.

        Encoded by hand: `CertificateBuilder` takes 60 to 90 us longer for each of the same bytes.

        Args:
            approval: from `policy.authorize`.
            serial: 127 random bits; positive (RFC 5280 §4.1.2.2).
            now: aware UTC; notBefore lies earlier by the approval's backdate, notAfter inside the CA's.

        Raises:
            RequestRejectedError: the authority itself has expired.
        """
        starts, ends = self.lifetime(now=now, backdate=approval.backdate, valid_for=approval.valid_for)
        to_be_signed = ber.sequence(
            _VERSION_3,
            ber.integer(serial),
            self._head,
            ber.sequence(ber.utc_time(starts), ber.utc_time(ends)),
            names.subject(approval.subject),
            approval.spki,
            ber.implicit(3, ber.sequence(self._constant(approval.extended_key_usages), *_own(approval))),
        )
        return Issued(
            der=signed(to_be_signed, self.key),
            serial=serial,
            subject=names.rfc4514(approval.subject),
            not_before=starts.replace(microsecond=0),
            not_after=ends.replace(microsecond=0),
        )

    def lifetime(
        self, *, now: datetime, backdate: timedelta, valid_for: timedelta
    ) -> tuple[datetime, datetime]:
        """Both ends of a validity, inside the CA's own validity.

        Raises:
            RequestRejectedError: nothing of the CA's validity is left.
        """
        earliest, latest = self._validity
        ends = min(now + valid_for, latest)
        if ends <= now:
            raise RequestRejectedError(
                FailInfo.BAD_REQUEST,
                f"the authority {self.name!r} expired on {latest:%Y-%m-%d}",
                remedy=f"replace it: onboard ca rotate {self.name}",
            )
        return max(now - backdate, earliest), ends

    def _constant(self, extended_key_usages: tuple[str, ...]) -> bytes:
        """The extensions that all certificates with these usages have in common."""
        constant = self._extensions.get(extended_key_usages)
        if constant is None:
            usages = x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid) for oid in extended_key_usages])
            constant = b"".join(
                (
                    extension(x509.BasicConstraints(ca=False, path_length=None), critical=True),
                    extension(key_usage(digital_signature=True, key_encipherment=True), critical=True),
                    extension(usages),
                    extension(authority_key_identifier(self.certificate)),
                    *map(extension, self.urls.extensions()),
                )
            )
            self._extensions[extended_key_usages] = constant
        return constant


def _own(approval: Approval) -> tuple[bytes, ...]:
    """The extensions of this one certificate."""
    key = ber.read(approval.spki).enter()
    key.skip()
    # RFC 5280 §4.2.1.2, method 1: SHA-1 of the key's BIT STRING; nothing rests on its strength.
    identifier = hashlib.sha1(key.bits(), usedforsecurity=False).digest()
    subject_key = ber.sequence(_SUBJECT_KEY_IDENTIFIER, ber.octet_string(ber.octet_string(identifier)))
    if not approval.alt_names:
        return (subject_key,)
    alt_names = ber.octet_string(names.general_names(approval.alt_names))
    # RFC 5280 §4.2.1.6: critical where the subject is empty.
    flag = b"" if approval.subject else _TRUE
    return (subject_key, ber.sequence(_SUBJECT_ALT_NAME, flag, alt_names))


def extension(value: x509.ExtensionType, *, critical: bool = False) -> bytes:
    """DER Extension (RFC 5280 §4.1)."""
    flag = _TRUE if critical else b""
    return ber.sequence(
        ber.object_identifier(value.oid.dotted_string), flag, ber.octet_string(value.public_bytes())
    )


def authority_key_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """RFC 5280 §4.2.1.1: the issuer's own key identifier, or its key's hash where it has none."""
    try:
        identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())  # type: ignore[arg-type]  # CAs sign
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def key_usage(
    *,
    digital_signature: bool = False,
    key_encipherment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    """RFC 5280 §4.2.1.3, with the bits that this project uses."""
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=key_encipherment,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
