"""Whether the signatures of a signed file hold over its content (RFC 5652 §5.4 and §5.6)."""

from __future__ import annotations

import functools
import hashlib
import hmac
from collections.abc import Mapping

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from onboard.cms.der import OCTETS, OID, SEQUENCE, SET, CmsError, Cursor
from onboard.cms.signed_file import UNREADABLE_CERTIFICATE, Signature, SignedFile

_DATA = bytes.fromhex("2a864886f70d010701")  # 1.2.840.113549.1.7.1
_CONTENT_TYPE = bytes.fromhex("2a864886f70d010903")
_MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
# SHA-1 and MD5 are absent: no current system takes a profile signed with them.
_DIGESTS: Mapping[bytes, hashes.HashAlgorithm] = {
    bytes.fromhex("608648016503040201"): hashes.SHA256(),
    bytes.fromhex("608648016503040202"): hashes.SHA384(),
    bytes.fromhex("608648016503040203"): hashes.SHA512(),
}
_RSA_PKCS1 = frozenset(
    bytes.fromhex(oid)
    for oid in (
        "2a864886f70d010101",  # rsaEncryption: the digest is named beside it
        "2a864886f70d01010b",  # sha256WithRSAEncryption
        "2a864886f70d01010c",
        "2a864886f70d01010d",
    )
)
_ECDSA = frozenset(bytes.fromhex(oid) for oid in ("2a8648ce3d040302", "2a8648ce3d040303", "2a8648ce3d040304"))


def verify(signed: SignedFile) -> None:
    """Check every signature over the content with the certificates in the file; trust is not judged.

    Raises:
        CmsError: a signature does not hold, uses a weak digest, or its certificate is not in the file.
    """
    for signature in signed.signatures:
        _verify(signature, signed.content)


def _verify(signature: Signature, content: bytes) -> None:
    algorithm = _DIGESTS.get(signature.digest)
    if algorithm is None:
        raise CmsError("the signature uses a digest that devices refuse; sign with SHA-256")
    if signature.signer is None:
        raise CmsError("the signer's certificate is not in the file")
    signed = content
    if signature.attributes is not None:
        _check_attributes(signature.attributes, _digest(content, algorithm))
        signed = signature.attributes
    key = _public_key(signature.signer)
    try:
        if isinstance(key, rsa.RSAPublicKey) and signature.algorithm in _RSA_PKCS1:
            key.verify(signature.value, signed, padding.PKCS1v15(), algorithm)
            return
        if isinstance(key, ec.EllipticCurvePublicKey) and signature.algorithm in _ECDSA:
            key.verify(signature.value, signed, ec.ECDSA(algorithm))
            return
    except InvalidSignature:
        raise CmsError("the signature does not fit the content: the file was changed after signing") from None
    raise CmsError("the signature algorithm is neither RSA (PKCS#1 v1.5) nor ECDSA with SHA-2")


@functools.lru_cache(maxsize=256)
def _public_key(certificate: x509.Certificate) -> object:
    try:
        return certificate.public_key()
    except UNREADABLE_CERTIFICATE:
        raise CmsError("the signer's key cannot be read, or is of a kind that devices do not know") from None


def _check_attributes(attributes: bytes, digest: bytes) -> None:
    found: dict[bytes, bytes] = {}
    for attribute in Cursor(attributes).enter(SET).each(SEQUENCE):
        kind = attribute.take(OID)
        values = attribute.enter(SET)
        if kind == _MESSAGE_DIGEST:
            found[kind] = values.take(OCTETS)
        elif kind == _CONTENT_TYPE:
            found[kind] = values.take(OID)
    if found.get(_CONTENT_TYPE) != _DATA or _MESSAGE_DIGEST not in found:
        raise CmsError("the signed attributes lack the content type or the digest (RFC 5652 §11)")
    if not hmac.compare_digest(found[_MESSAGE_DIGEST], digest):
        raise CmsError("the content is not what was signed: the file was changed after signing")


def _digest(content: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    return hashlib.new(algorithm.name, content).digest()
