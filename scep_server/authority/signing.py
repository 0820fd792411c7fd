"""Signs what was encoded by hand: certificates on the hot path, CRLs and OCSP answers share one form.

SEQUENCE { to-be-signed, AlgorithmIdentifier, BIT STRING } (RFC 5280 §4.1 and §5.1, RFC 6960 §4.2.1).
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from scep_server import ber, oids
from scep_server.ber import tags
from scep_server.keys import PrivateKey

_PKCS1_V15: Final = padding.PKCS1v15()
# RFC 4055 §5: RSA has NULL parameters; RFC 5758 §3.2: ECDSA has none.
_RSA: Final = ber.sequence(ber.object_identifier(oids.SHA256_WITH_RSA), ber.null())
_ECDSA_256: Final = ber.sequence(ber.object_identifier(oids.ECDSA_WITH_SHA256))
_ECDSA_384: Final = ber.sequence(ber.object_identifier(oids.ECDSA_WITH_SHA384))


def digest_for(key: PrivateKey) -> hashes.SHA256 | hashes.SHA384:
    """The digest that goes with a key: SHA-384 for P-384, SHA-256 otherwise."""
    wide = isinstance(key, ec.EllipticCurvePrivateKey) and key.key_size > 256
    return hashes.SHA384() if wide else hashes.SHA256()


def signature_algorithm(key: PrivateKey) -> bytes:
    """DER AlgorithmIdentifier of what `signed` makes with this key."""
    if isinstance(key, rsa.RSAPrivateKey):
        return _RSA
    return _ECDSA_384 if key.key_size > 256 else _ECDSA_256


def signed(to_be_signed: bytes, key: PrivateKey, *trailer: bytes) -> bytes:
    """The signed whole.

    Args:
        to_be_signed: DER; where it names the algorithm, it names `signature_algorithm(key)`.
        key: signs it.
        trailer: elements after the signature, such as the certificates of an OCSP answer.
    """
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(to_be_signed, _PKCS1_V15, digest_for(key))
    else:
        signature = key.sign(to_be_signed, ec.ECDSA(digest_for(key)))
    bits = ber.tlv(tags.BIT_STRING, b"\x00" + signature)
    return ber.sequence(to_be_signed, signature_algorithm(key), bits, *trailer)
