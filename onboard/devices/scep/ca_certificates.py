"""GetCACert: reads the certificates, finds the pinned CA, chooses the RA as each family of clients does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from onboard.devices.certificate import parse_certificate
from onboard.devices.errors import CaUntrustedError, RaSelectionError, ScepTransportError
from onboard.devices.scep.request_shape import RaRule

ONE_CERTIFICATE = "application/x-x509-ca-cert"
SEVERAL_CERTIFICATES = "application/x-x509-ca-ra-cert"

# SecSCEP.c: the length of a CAFingerprint says which digest it is.
_DIGEST_BY_LENGTH = {16: "md5", 20: "sha1", 28: "sha224", 32: "sha256", 48: "sha384", 64: "sha512"}


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A digest over a whole certificate (RFC 8894 §2.2); its length says which digest."""

    digest: bytes

    def matches(self, certificate: x509.Certificate) -> bool:
        """Whether this is the digest of `certificate`.

        Raises:
            CaUntrustedError: no digest has this length.
        """
        algorithm = _DIGEST_BY_LENGTH.get(len(self.digest))
        if algorithm is None:
            msg = f"a CA fingerprint of {len(self.digest)} bytes is no digest that a client knows"
            raise CaUntrustedError(msg)
        der = certificate.public_bytes(Encoding.DER)
        return hashlib.new(algorithm, der, usedforsecurity=False).digest() == self.digest


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationAuthority:
    """Whom to encrypt to, whose signature to demand, and the CA that vouches for both."""

    recipient: x509.Certificate
    signer: x509.Certificate
    ca: x509.Certificate
    received: tuple[x509.Certificate, ...] = field(repr=False)


def parse_ca_certificates(body: bytes, content_type: str) -> tuple[x509.Certificate, ...]:
    """The certificates of a GetCACert reply in the order sent (RFC 8894 §4.2.1).

    Raises:
        ScepTransportError: the media type is neither of the two, or the body is not what it announces.
    """
    try:
        if content_type == ONE_CERTIFICATE:
            return (parse_certificate(body),)
        if content_type == SEVERAL_CERTIFICATES:
            return parse_degenerate(body)
    except (ValueError, TypeError) as error:
        msg = f"GetCACert: the body is not what {content_type} announces: {error}"
        raise ScepTransportError(msg) from error
    msg = f"GetCACert: content type {content_type!r}; it must be {ONE_CERTIFICATE} or {SEVERAL_CERTIFICATES}"
    raise ScepTransportError(msg)


def parse_degenerate(body: bytes) -> tuple[x509.Certificate, ...]:
    """The certificates of a certs-only SignedData, in the order of the bytes (RFC 8894 §3.4).

    Raises:
        ValueError: it is no such thing.
        TypeError: the same, seen by the parser.
    """
    info = cms.ContentInfo.load(body, strict=True)
    if info["content_type"].native != "signed_data":
        msg = "not CMS SignedData"
        raise ValueError(msg)
    signed = info["content"]
    if len(signed["signer_infos"]) or signed["encap_content_info"]["content"].native is not None:
        msg = "a degenerate SignedData has no signers and no content"
        raise ValueError(msg)
    return tuple(parse_certificate(c.chosen.dump()) for c in signed["certificates"])


def choose_ra(
    received: Sequence[x509.Certificate],
    rule: RaRule,
    pin: Fingerprint | None,
    held: Sequence[x509.Certificate] = (),
) -> RegistrationAuthority:
    """Find the trusted CA, then the RA under it.

    Args:
        received: what GetCACert returned, in order.
        rule: the family's way of choosing.
        pin: the fingerprint that the artifact demands; None trusts the end of the chain, as Apple does.
        held: certificates the device got from its artifact; a pin may match one of these (Windows).

    Raises:
        CaUntrustedError: the pin matches nothing, or the RA does not chain to what it matches.
        RaSelectionError: no certificate fits the rule.
    """
    known = (*received, *held)
    ca = _trusted_ca(received, known, pin)
    candidates = [certificate for certificate in received if chains_to(certificate, ca, known)]
    if not candidates:
        msg = "none of the certificates of GetCACert chains to the CA that the artifact pins"
        raise CaUntrustedError(msg)
    recipient, signer = _select(candidates, rule)
    if not isinstance(recipient.public_key(), rsa.RSAPublicKey):
        msg = "the certificate to encrypt to has no RSA key; no mainstream client can use it"
        raise RaSelectionError(msg, hint="serve an RA certificate with an RSA key")
    return RegistrationAuthority(recipient=recipient, signer=signer, ca=ca, received=tuple(received))


def chains_to(certificate: x509.Certificate, ca: x509.Certificate, known: Iterable[x509.Certificate]) -> bool:
    """Whether a path of signatures leads from `certificate` to `ca` through `known`."""
    known = tuple(known)
    seen: set[bytes] = set()
    current = certificate
    while current.public_bytes(Encoding.DER) not in seen:
        if current == ca:
            return True
        seen.add(current.public_bytes(Encoding.DER))
        current = next((c for c in known if _issued(current, c)), current)
    return False


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    if certificate.issuer != issuer.subject:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _trusted_ca(
    received: Sequence[x509.Certificate], known: Sequence[x509.Certificate], pin: Fingerprint | None
) -> x509.Certificate:
    if pin is not None:
        matching = next((certificate for certificate in known if pin.matches(certificate)), None)
        if matching is None:
            msg = f"the pinned CA ({pin.digest.hex()}) is not among the certificates of GetCACert"
            raise CaUntrustedError(msg, hint="the artifact pins another CA, or another server answered")
        return matching
    ends = [c for c in received if not any(_issued(c, other) for other in received if other != c)]
    if not ends:
        msg = "GetCACert returned no certificate"
        raise CaUntrustedError(msg)
    return ends[0]


def _select(
    candidates: Sequence[x509.Certificate], rule: RaRule
) -> tuple[x509.Certificate, x509.Certificate]:
    if rule is RaRule.APPLE:
        return _select_apple(candidates)
    preferred = sorted(candidates, key=_is_ca)  # stable: RAs in order, then CAs in order
    recipient = next((c for c in preferred if _usage(c)[1]), None)
    signer = next((c for c in preferred if _usage(c)[0]), None)
    if recipient is None or signer is None:
        missing = "keyEncipherment" if recipient is None else "digitalSignature"
        msg = f"no certificate of GetCACert has the key usage {missing}"
        raise RaSelectionError(msg)
    return recipient, signer


def _select_apple(candidates: Sequence[x509.Certificate]) -> tuple[x509.Certificate, x509.Certificate]:
    """SecSCEP.c: a distinct pair first, then the first with both; without key usage a certificate is none."""
    if len(candidates) == 1 and not _has_usage(candidates[0]):
        return candidates[0], candidates[0]
    both = [c for c in candidates if _usage(c) == (True, True)]
    encrypt_only = [c for c in candidates if _usage(c) == (False, True)]
    sign_only = [c for c in candidates if _usage(c) == (True, False)]
    if encrypt_only and sign_only:
        return encrypt_only[0], sign_only[0]
    if both:
        return both[0], both[0]
    msg = (
        "no certificate of GetCACert has both digitalSignature and keyEncipherment (errSecKeyUsageIncorrect)"
    )
    raise RaSelectionError(msg, hint="give the RA certificate an explicit key usage")


def _has_usage(certificate: x509.Certificate) -> bool:
    return any(extension.oid == x509.KeyUsage.oid for extension in certificate.extensions)


def _usage(certificate: x509.Certificate) -> tuple[bool, bool]:
    """digitalSignature, keyEncipherment; neither without the extension."""
    if not _has_usage(certificate):
        return False, False
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    return usage.digital_signature, usage.key_encipherment


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False
