"""Public certificates: those in `pki/NAME.pem` beside the org file, and trust anchors from files.

Parsing is pure; `read_certificates` is the one function here that opens files.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from onboard.errors import PkiError
from onboard.model import Authority, Organization


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicCertificate:
    """A certificate that payloads carry or pin."""

    name: str  # authority name, or "file:PATH"
    der: bytes = field(repr=False)

    @property
    def parsed(self) -> x509.Certificate:
        """The certificate as `cryptography` reads it."""
        return _parse(self.der)

    @property
    def sha1(self) -> bytes:
        """20 bytes; what Windows pins."""
        return hashlib.sha1(self.der, usedforsecurity=False).digest()

    @property
    def sha256(self) -> bytes:
        """32 bytes; what Apple and our own clients pin."""
        return _sha256(self.der)

    @property
    def pem(self) -> str:
        """PEM text, LF line ends, with the trailing line end."""
        return self.parsed.public_bytes(Encoding.PEM).decode()

    @property
    def common_name(self) -> str:
        """The subject's common name, or the whole subject where there is none."""
        return _common_name(self.der)

    @property
    def organization(self) -> str:
        """The subject's organization; empty where it names none."""
        names = self.parsed.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
        return str(names[0].value) if names else ""

    @property
    def crl_urls(self) -> tuple[str, ...]:
        """Where the CRL that may revoke it is (RFC 5280 §4.2.1.13)."""
        try:
            points = self.parsed.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        except x509.ExtensionNotFound:
            return ()
        names = (name for point in points for name in point.full_name or ())
        return tuple(name.value for name in names if isinstance(name, x509.UniformResourceIdentifier))

    @property
    def is_self_issued(self) -> bool:
        """Whether subject and issuer are the same name, as in a root."""
        return _is_self_issued(self.der)

    @property
    def not_after(self) -> datetime:
        """End of validity, aware UTC."""
        return self.parsed.not_valid_after_utc


# Asked again for each of a group's payloads.
@functools.lru_cache(maxsize=1024)
def _parse(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


@functools.lru_cache(maxsize=1024)
def _sha256(der: bytes) -> bytes:
    return hashlib.sha256(der).digest()


@functools.lru_cache(maxsize=1024)
def _common_name(der: bytes) -> str:
    subject = _parse(der).subject
    names = subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else subject.rfc4514_string()


@functools.lru_cache(maxsize=1024)
def _is_self_issued(der: bytes) -> bool:
    certificate = _parse(der)
    return certificate.subject == certificate.issuer


def load_pem(name: str, pem: bytes, source: str) -> PublicCertificate:
    """Read one PEM (or DER) certificate.

    Raises:
        PkiError: it is neither, naming `source`.
    """
    try:
        if b"-----BEGIN CERTIFICATE" in pem:  # text may stand before it, as `openssl x509 -text` writes
            parsed = x509.load_pem_x509_certificate(pem)
        else:
            parsed = x509.load_der_x509_certificate(pem)
    except ValueError as error:
        msg = f"{source}: this is not a certificate in PEM or DER"
        raise PkiError(
            msg, hint="put the certificate there again, from the repository or a backup"
        ) from error
    return PublicCertificate(name=name, der=parsed.public_bytes(Encoding.DER))


def public_path(authority: Authority, folder: Path) -> Path:
    """Where the certificate of an authority lies: `pki/NAME.pem`, or where the org says of somebody else's.

    Args:
        authority: whose.
        folder: the folder that holds the org file.
    """
    return folder / (authority.certificate or f"pki/{authority.name}.pem")


def read_certificates(organization: Organization, folder: Path) -> Mapping[str, PublicCertificate]:
    """Every certificate the organization refers to, by name; those not there yet are left out.

    Args:
        organization: whose authorities and anchors are looked for.
        folder: the folder that holds the org file; authorities are in its `pki/`.

    Raises:
        PkiError: a file is there and is not a certificate, two authorities have the same one, or an anchor's
            file is absent.
    """
    found: dict[str, PublicCertificate] = {}
    for authority in organization.authorities:
        path = public_path(authority, folder)
        if path.is_file():
            found[authority.name] = load_pem(authority.name, path.read_bytes(), str(path))
    _demand_different(found)
    for anchor in {a.name: a for r in organization.radius for a in r.trust if a.file}.values():
        path = folder / anchor.file
        try:
            content = path.read_bytes()
        except OSError as error:
            msg = f"{anchor.place}: the trust anchor {path} cannot be read: {error.strerror}"
            raise PkiError(msg, hint="put the RADIUS server's root certificate (PEM) there") from error
        found[anchor.name] = load_pem(anchor.name, content, str(path))
    return found


def _demand_different(found: Mapping[str, PublicCertificate]) -> None:
    """A file that was copied over another would give the devices of a group to the authority of another."""
    holders: dict[bytes, str] = {}
    for name, certificate in found.items():
        other = holders.setdefault(certificate.der, name)
        if other != name:
            msg = f"the authorities {other!r} and {name!r} have the same certificate"
            raise PkiError(msg, hint="put the right files into pki/ again, from the repository or a backup")
