"""Signs a profile as Apple's devices take it: CMS SignedData, attached, DER, with the whole chain inside.

The signature says who made the profile and hides nothing. Whether iOS calls it verified depends on the root
of the signer's chain alone: a public one, or one that is installed already.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from onboard.cms import SignerIdentity, write_signed
from onboard.errors import PkiError

SigningKey: TypeAlias = "rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signs: a certificate, its RSA or EC key, and its issuers.

    Raises:
        PkiError: the key is of another kind, is not the certificate's, or the chain does not link up.
    """

    certificate: x509.Certificate
    key: SigningKey = field(repr=False)
    chain: tuple[x509.Certificate, ...]  # issuers, nearest first; the root may be left out
    identity: SignerIdentity = field(init=False, repr=False, compare=False)

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
        is_rsa = isinstance(self.key, rsa.RSAPrivateKey)
        identity = SignerIdentity.of(self.certificate, self.chain, is_rsa=is_rsa)
        object.__setattr__(self, "identity", identity)

    def signature(self, content: bytes) -> bytes:
        """The key's signature with SHA-256: RSA PKCS#1 v1.5, or ECDSA."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(content, padding.PKCS1v15(), SHA256())
        return self.key.sign(content, ec.ECDSA(SHA256()))


def read_signer(certificate: Path, key: Path) -> Signer:
    """The signer of two PEM files: a certificate with its issuers behind it, and its unencrypted key.

    Raises:
        PkiError: a file cannot be read, holds something else, or the two do not belong together.
    """
    path = certificate
    try:
        chain = x509.load_pem_x509_certificates(certificate.read_bytes())
        path = key
        loaded = load_pem_private_key(key.read_bytes(), None)
    except OSError as error:
        raise PkiError(
            f"{path} cannot be read: {error.strerror}", hint="see `signing:` in org.yaml"
        ) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise PkiError(
            f"{path} is not what `signing:` needs: a certificate in PEM, or its unencrypted key"
        ) from error
    if not isinstance(loaded, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise PkiError(f"{key} is neither an RSA nor an EC key")
    return Signer(certificate=chain[0], key=loaded, chain=tuple(chain[1:]))


def sign(content: bytes, signer: Signer) -> bytes:
    """The signed profile; `content` is inside, byte for byte.

    The time of signing is not in it: an RSA signer gives the same bytes for the same content. Nothing is
    verified here. Whoever emits the file has lint read it back, which is rule E36.
    """
    return write_signed(content, signer.identity, signer.signature)
