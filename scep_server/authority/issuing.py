"""The certificate of a device, on the hot path: everything constant about a CA and a policy is built once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509.oid import AuthorityInformationAccessOID, ObjectIdentifier

from scep_server.authority.names import general_names, subject_name
from scep_server.errors import RequestRejectedError
from scep_server.keys import PrivateKey
from scep_server.messages import FailInfo
from scep_server.policy import Approval


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
    _bases: dict[tuple[str, ...], x509.CertificateBuilder] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def issue(self, approval: Approval, *, serial: int, now: datetime) -> x509.Certificate:
        """The certificate that an approval describes.

        Args:
            approval: from `policy.authorize`.
            serial: 127 random bits; positive (RFC 5280 §4.1.2.2).
            now: aware UTC; notBefore lies earlier by the approval's backdate, notAfter inside the CA's.

        Raises:
            RequestRejectedError: the authority itself has expired.
        """
        starts, ends = self.lifetime(now=now, backdate=approval.backdate, valid_for=approval.valid_for)
        public_key = load_der_public_key(approval.spki)
        builder = (
            self._base(approval.extended_key_usages)
            .subject_name(subject_name(approval.subject))
            .public_key(public_key)  # type: ignore[arg-type]  # policy admits RSA only
            .serial_number(serial)
            .not_valid_before(starts)
            .not_valid_after(ends)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)  # type: ignore[arg-type]  # same
        )
        if approval.alt_names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName(general_names(approval.alt_names)), critical=False
            )
        return builder.sign(self.key, digest_for(self.key))

    def lifetime(
        self, *, now: datetime, backdate: timedelta, valid_for: timedelta
    ) -> tuple[datetime, datetime]:
        """Both ends of a validity, inside the CA's own validity.

        Raises:
            RequestRejectedError: nothing of the CA's validity is left.
        """
        own = self.certificate
        ends = min(now + valid_for, own.not_valid_after_utc)
        if ends <= now:
            raise RequestRejectedError(
                FailInfo.BAD_REQUEST,
                f"the authority {self.name!r} expired on {own.not_valid_after_utc:%Y-%m-%d}",
                remedy=f"replace it: onboard ca rotate {self.name}",
            )
        return max(now - backdate, own.not_valid_before_utc), ends

    def _base(self, extended_key_usages: tuple[str, ...]) -> x509.CertificateBuilder:
        base = self._bases.get(extended_key_usages)
        if base is None:
            base = self._bases[extended_key_usages] = self._make_base(extended_key_usages)
        return base

    def _make_base(self, extended_key_usages: tuple[str, ...]) -> x509.CertificateBuilder:
        usages = [ObjectIdentifier(oid) for oid in extended_key_usages]
        builder = (
            x509.CertificateBuilder()
            .issuer_name(self.certificate.subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(key_usage(digital_signature=True, key_encipherment=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(authority_key_identifier(self.certificate), critical=False)
        )
        for extension in self.urls.extensions():
            builder = builder.add_extension(extension, critical=False)
        return builder


def digest_for(key: PrivateKey) -> hashes.SHA256 | hashes.SHA384:
    """The digest that goes with a key: SHA-384 for P-384, SHA-256 otherwise."""
    wide = isinstance(key, ec.EllipticCurvePrivateKey) and key.key_size > 256
    return hashes.SHA384() if wide else hashes.SHA256()


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
