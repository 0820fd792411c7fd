"""Reads and verifies a signed file: CMS SignedData with the content inside (RFC 5652 §5), in DER.

Strict on purpose: devices take attached DER and nothing else, so what this refuses, they refuse. Signing and
lint judge a signature by this same reader, which shares no code with what signs.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

_SEQUENCE, _SET, _INTEGER, _OCTETS, _OID = 0x30, 0x31, 0x02, 0x04, 0x06
_CONTEXT_0, _CONTEXT_1 = 0xA0, 0xA1
_SKI = 0x80  # SignerIdentifier by subject key identifier, [0] IMPLICIT OCTET STRING

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")  # 1.2.840.113549.1.7.2
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


# What `cryptography` raises on damaged certificates, at loading or when a part is first looked at.
UNREADABLE_CERTIFICATE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


class CmsError(ValueError):
    """The file is no attached SignedData in DER, or its signature does not hold; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One SignerInfo, as read."""

    signer: x509.Certificate | None  # None: its certificate is not in the file
    digest: bytes  # OID content octets
    algorithm: bytes  # OID content octets
    attributes: bytes | None = field(
        repr=False
    )  # DER with the SET tag that was signed; None: content was signed
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedFile:
    """What a signed file holds."""

    content: bytes = field(repr=False)
    certificates: tuple[x509.Certificate, ...] = field(repr=False)
    signatures: tuple[Signature, ...]  # never empty


def is_cms(data: bytes) -> bool:
    """Whether `data` begins like a CMS SignedData in DER or BER; cheap and never raises."""
    return data[:1] == b"\x30" and b"\x06\x09" + _SIGNED_DATA in data[:32]


def read_signed(data: bytes) -> SignedFile:
    """Take a signed file apart without judging the signature.

    Raises:
        CmsError: BER, a detached signature, a content type other than data, or broken DER.
    """
    outer = _Reader(data)
    content_info = outer.enter(_SEQUENCE)
    outer.finish()
    if content_info.take(_OID) != _SIGNED_DATA:
        raise CmsError("this is CMS, but no SignedData")
    signed_data = content_info.enter(_CONTEXT_0).enter(_SEQUENCE)
    signed_data.take(_INTEGER)
    signed_data.take(_SET)  # digestAlgorithms: each SignerInfo repeats its own
    content = _content(signed_data.enter(_SEQUENCE))
    certificates = _certificates(signed_data)
    if signed_data.peek() == _CONTEXT_1:
        signed_data.take(_CONTEXT_1)  # CRLs
    signer_infos = signed_data.enter(_SET)
    signatures = tuple(_signature(info, certificates) for info in signer_infos.each(_SEQUENCE))
    if not signatures:
        raise CmsError("nobody signed this: it only carries certificates")
    return SignedFile(content=content, certificates=certificates, signatures=signatures)


def verify(signed: SignedFile) -> None:
    """Check every signature over the content with the certificates in the file; trust is not judged.

    Raises:
        CmsError: a signature does not hold, uses a weak digest, or its certificate is not in the file.
    """
    for signature in signed.signatures:
        _verify(signature, signed.content)


def _content(encapsulated: _Reader) -> bytes:
    if encapsulated.take(_OID) != _DATA:
        raise CmsError("the signed content is not of type data")
    if encapsulated.at_end:
        raise CmsError("the signature is detached: the profile itself is not in the file")
    wrapper = encapsulated.enter(_CONTEXT_0)
    return wrapper.take(_OCTETS)


def _certificates(signed_data: _Reader) -> tuple[x509.Certificate, ...]:
    if signed_data.peek() != _CONTEXT_0:
        return ()
    try:
        return tuple(_certificate(der) for der in signed_data.enter(_CONTEXT_0).whole(_SEQUENCE))
    except CmsError:
        raise
    except UNREADABLE_CERTIFICATE as error:
        raise CmsError("a certificate in the signature cannot be read") from error


@functools.lru_cache(maxsize=256)  # a signer's chain is in every file it signed
def _certificate(der: bytes) -> x509.Certificate:
    """A certificate whose parts are all readable: the library reads them late, in the callers' hands."""
    certificate = x509.load_der_x509_certificate(der)
    _ = (certificate.subject, certificate.issuer, certificate.serial_number)
    _ = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    return certificate


def _signature(info: _Reader, certificates: tuple[x509.Certificate, ...]) -> Signature:
    info.take(_INTEGER)
    signer = _signer(info, certificates)
    digest = info.enter(_SEQUENCE).take(_OID)
    attributes = None
    if info.peek() == _CONTEXT_0:
        # Signed as a SET although written as [0] IMPLICIT (RFC 5652 §5.4).
        attributes = bytes([_SET]) + next(info.whole(_CONTEXT_0, once=True))[1:]
    algorithm = info.enter(_SEQUENCE).take(_OID)
    return Signature(
        signer=signer, digest=digest, algorithm=algorithm, attributes=attributes, value=info.take(_OCTETS)
    )


def _signer(info: _Reader, certificates: tuple[x509.Certificate, ...]) -> x509.Certificate | None:
    if info.peek() == _SKI:
        key_id = info.take(_SKI)
        return next((c for c in certificates if _key_id(c) == key_id), None)
    issuer_and_serial = info.enter(_SEQUENCE)
    issuer = next(issuer_and_serial.whole(_SEQUENCE, once=True))
    serial = int.from_bytes(issuer_and_serial.take(_INTEGER), signed=True)
    matching = (c for c in certificates if c.serial_number == serial and _issuer(c) == issuer)
    return next(matching, None)


@functools.lru_cache(maxsize=256)
def _issuer(certificate: x509.Certificate) -> bytes:
    return certificate.issuer.public_bytes()


def _key_id(certificate: x509.Certificate) -> bytes | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except (x509.ExtensionNotFound, *UNREADABLE_CERTIFICATE):
        return None


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
    for attribute in _Reader(attributes).enter(_SET).each(_SEQUENCE):
        kind = attribute.take(_OID)
        values = attribute.enter(_SET)
        if kind == _MESSAGE_DIGEST:
            found[kind] = values.take(_OCTETS)
        elif kind == _CONTENT_TYPE:
            found[kind] = values.take(_OID)
    if found.get(_CONTENT_TYPE) != _DATA or _MESSAGE_DIGEST not in found:
        raise CmsError("the signed attributes lack the content type or the digest (RFC 5652 §11)")
    if not hmac.compare_digest(found[_MESSAGE_DIGEST], digest):
        raise CmsError("the content is not what was signed: the file was changed after signing")


def _digest(content: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    return hashlib.new(algorithm.name, content).digest()


class _Reader:
    """A cursor over the elements of one DER value; every read is bounded by the value's end."""

    __slots__ = ("_data", "_end", "_offset")

    def __init__(self, data: bytes, offset: int = 0, end: int | None = None) -> None:
        self._data, self._offset = data, offset
        self._end = len(data) if end is None else end

    @property
    def at_end(self) -> bool:
        return self._offset >= self._end

    def peek(self) -> int:
        """The next tag; -1 at the end."""
        return -1 if self.at_end else self._data[self._offset]

    def take(self, tag: int) -> bytes:
        """The content of the next element, which must have this tag."""
        start, end = self._element(tag)
        self._offset = end
        return self._data[start:end]

    def enter(self, tag: int) -> _Reader:
        """A reader over the content of the next element, which must have this tag."""
        start, end = self._element(tag)
        self._offset = end
        return _Reader(self._data, start, end)

    def each(self, tag: int) -> Iterator[_Reader]:
        """Enter every remaining element; each must have this tag."""
        while not self.at_end:
            yield self.enter(tag)

    def whole(self, tag: int, *, once: bool = False) -> Iterator[bytes]:
        """Every remaining element (or the next one) with its header; each must have this tag."""
        while once or not self.at_end:
            begin = self._offset
            _, self._offset = self._element(tag)
            yield self._data[begin : self._offset]
            if once:
                return

    def finish(self) -> None:
        """Nothing may follow."""
        if not self.at_end:
            raise CmsError(f"{self._end - self._offset} bytes follow the signed file")

    def _element(self, tag: int) -> tuple[int, int]:
        if self._end - self._offset < 2:
            raise CmsError("the signed file ends too early")
        if self._data[self._offset] != tag:
            raise CmsError(f"broken DER at byte {self._offset}: no {tag:#04x} where one belongs")
        first = self._data[self._offset + 1]
        start = self._offset + 2
        if first == 0x80:
            raise CmsError("this is BER (indefinite length); devices take DER only")
        if first < 0x80:
            length = first
        else:
            width = first & 0x7F
            length = int.from_bytes(self._data[start : start + width])
            start += width
        end = start + length
        if end > self._end:
            raise CmsError("the signed file ends too early")
        return start, end
