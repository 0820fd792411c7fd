"""Public keys that strangers send: loaded within bounds, and used to check their signatures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, cast

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from scep_server import ber, oids
from scep_server.algorithms import DigestAlgorithm
from scep_server.ber import tags

MAX_MODULUS_BITS: Final = 8_192  # a verification costs 0.3 ms there, and grows with the square
MAX_EXPONENT_BITS: Final = 32  # an exponent as long as the modulus costs as much as a private key operation
_PKCS1_V15: Final = padding.PKCS1v15()
_RSA_ENCRYPTION: Final = ber.sequence(ber.object_identifier(oids.RSA_ENCRYPTION), ber.null())


class PublicKeyError(ValueError):
    """The key cannot be used; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """An RSA or EC public key.

    Attributes:
        key: the key itself.
        modulus: RSA n; 0 for EC.
        exponent: RSA e; 0 for EC.
    """

    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
    modulus: int = field(default=0, repr=False)
    exponent: int = 0

    @property
    def rsa(self) -> rsa.RSAPublicKey | None:
        """The key if it is RSA, the only kind that an envelope can be addressed to (RFC 8894 §3.1)."""
        return cast("rsa.RSAPublicKey", self.key) if self.modulus else None  # asking the ABC takes longer

    def der(self) -> bytes:
        """The SubjectPublicKeyInfo as a certificate must hold it (RFC 3279 §2.3.1).

        A sender may have written it in BER, or put more into it than a key.
        """
        if not self.modulus:
            return self.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        numbers = ber.sequence(ber.integer(self.modulus), ber.integer(self.exponent))
        return ber.sequence(_RSA_ENCRYPTION, ber.tlv(tags.BIT_STRING, b"\x00" + numbers))

    def verifies(self, signature: bytes, content: bytes, digest: DigestAlgorithm) -> bool:
        """Whether `signature` over `content` is this key's: RSASSA-PKCS1-v1_5 or ECDSA."""
        key = self.rsa
        try:
            if key is not None:
                key.verify(signature, content, _PKCS1_V15, digest.hash)
            else:
                cast("ec.EllipticCurvePublicKey", self.key).verify(signature, content, ec.ECDSA(digest.hash))
        except (InvalidSignature, UnsupportedAlgorithm, ValueError):
            return False
        return True


def load(spki: bytes) -> PublicKey:
    """Load a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).

    Raises:
        PublicKeyError: for keys of another kind, broken ones, and ones that are costly to use.
    """
    try:
        return load_next(ber.read(spki))[1]
    except ber.BerError as error:
        raise PublicKeyError(f"the public key cannot be read: {error}") from error


def load_next(reader: ber.Reader, known: tuple[bytes, PublicKey] | None = None) -> tuple[bytes, PublicKey]:
    """Read the next element as a SubjectPublicKeyInfo: its bytes, and the key.

    Args:
        reader: stands before it.
        known: what an earlier call gave; the same bytes are the same key, with what OpenSSL has computed
            for it by now.

    Raises:
        BerError: it is broken.
        PublicKeyError: as `load`.
    """
    spki, info = reader.raw_and_enter()
    if known is not None and known[0] == spki:
        return known
    if info.enter().oid() == oids.RSA_ENCRYPTION:
        numbers = info.over(info.bits()).enter()
        return spki, _load_rsa(numbers.integer(), numbers.integer())
    try:
        key = load_der_public_key(ber.to_der(spki))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise PublicKeyError(f"the public key cannot be loaded: {error}") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise PublicKeyError("the public key is neither RSA nor EC")
    return spki, PublicKey(key=key)


def _load_rsa(modulus: int, exponent: int) -> PublicKey:
    if modulus <= 0 or exponent <= 0:
        raise PublicKeyError("the RSA public key has a negative number")
    if modulus.bit_length() > MAX_MODULUS_BITS or exponent.bit_length() > MAX_EXPONENT_BITS:
        raise PublicKeyError(
            f"an RSA key of {modulus.bit_length()} bits with an exponent of {exponent.bit_length()} bits: "
            f"at most {MAX_MODULUS_BITS} and {MAX_EXPONENT_BITS} are taken"
        )
    try:
        key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError as error:
        raise PublicKeyError(f"the RSA public key is impossible: {error}") from error
    return PublicKey(key=key, modulus=modulus, exponent=exponent)
