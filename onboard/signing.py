"""Signs a profile as Apple's devices take it: CMS SignedData, attached, DER, with the whole chain inside.

The signature says who made the profile and hides nothing. Whether iOS calls it verified depends on the root
of the signer's chain alone: a public one, or one that is installed already.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

from onboard.cms import read_signed, verify
from onboard.errors import PkiError

SigningKey: TypeAlias = "rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey"

# Binary: without it LF becomes CRLF inside the signed text. NoCapabilities: this is no S/MIME mail.
_OPTIONS = (PKCS7Options.Binary, PKCS7Options.NoCapabilities)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signs: a certificate, its RSA or EC key, and its issuers.

    Raises:
        PkiError: the key is of another kind, is not the certificate's, or the chain does not link up.
    """

    certificate: x509.Certificate
    key: SigningKey = field(repr=False)
    chain: tuple[x509.Certificate, ...]  # issuers, nearest first; the root may be left out

    def __post_init__(self) -> None:
        name = self.certificate.subject.rfc4514_string()
        # From outside the type checker's reach: keys come out of files.
        if not isinstance(self.key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise PkiError(f"{name} cannot sign profiles: its key is neither RSA nor EC")
        if self.key.public_key() != self.certificate.public_key():
            raise PkiError(f"the private key does not belong to {name}")
        for child, issuer in zip((self.certificate, *self.chain), self.chain, strict=False):
            try:
                child.verify_directly_issued_by(issuer)
            except (ValueError, TypeError, InvalidSignature) as error:
                raise PkiError(
                    f"the signing chain does not link up: {child.subject.rfc4514_string()} was not issued by"
                    f" {issuer.subject.rfc4514_string()}",
                    hint="give the issuers after the signing certificate, nearest first",
                ) from error

    def expires_within(self, span: timedelta, now: datetime) -> bool:
        """Whether the certificate or an issuer is not valid for another `span` (`now` is aware UTC)."""
        certificates = (self.certificate, *self.chain)
        return min(certificate.not_valid_after_utc for certificate in certificates) - now < span


def sign(content: bytes, signer: Signer) -> bytes:
    """The signed profile; `content` is inside, byte for byte.

    The signed attributes hold the time of signing, so two signatures of the same content differ.

    Raises:
        PkiError: the result does not verify, which means a broken key or library; nothing may be written.
    """
    builder = PKCS7SignatureBuilder().set_data(content).add_signer(signer.certificate, signer.key, SHA256())
    for certificate in signer.chain:
        builder = builder.add_certificate(certificate)
    signed = builder.sign(Encoding.DER, _OPTIONS)
    _self_verify(signed, content)
    return signed


def _self_verify(signed: bytes, content: bytes) -> None:
    try:
        message = read_signed(signed)
        verify(message)
    except ValueError as error:
        raise PkiError(f"the profile's own signature does not verify: {error}") from error
    if message.content != content:
        raise PkiError("the signed profile does not hold the bytes that were to be signed")
