"""Takes a signed file apart: CMS SignedData with the content inside (RFC 5652 §5), in DER.

Strict on purpose: devices take attached DER and nothing else, so what this refuses, they refuse. Signing and
lint judge a signature by this same reader, which shares no code with what signs.
"""

from __future__ import annotations

import functools

from cryptography import x509

from onboard.cms.der import CONTEXT_0, CONTEXT_1, INTEGER, OCTETS, OID, SEQUENCE, SET, CmsError, Cursor
from onboard.cms.signed_file import UNREADABLE_CERTIFICATE, Signature, SignedFile

_SKI = 0x80  # SignerIdentifier by subject key identifier, [0] IMPLICIT OCTET STRING

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")  # 1.2.840.113549.1.7.2
_DATA = bytes.fromhex("2a864886f70d010701")  # 1.2.840.113549.1.7.1


def is_cms(data: bytes) -> bool:
    """Whether `data` begins like a CMS SignedData in DER or BER; cheap and never raises."""
    return data[:1] == b"\x30" and b"\x06\x09" + _SIGNED_DATA in data[:32]


def read_signed(data: bytes) -> SignedFile:
    """Take a signed file apart without judging the signature.

    Raises:
        CmsError: BER, a detached signature, a content type other than data, or broken DER.
    """
    outer = Cursor(data)
    content_info = outer.enter(SEQUENCE)
    outer.finish()
    if content_info.take(OID) != _SIGNED_DATA:
        raise CmsError("this is CMS, but no SignedData")
    signed_data = content_info.enter(CONTEXT_0).enter(SEQUENCE)
    signed_data.take(INTEGER)
    signed_data.take(SET)  # digestAlgorithms: each SignerInfo repeats its own
    content = _content(signed_data.enter(SEQUENCE))
    certificates = _certificates(signed_data)
    if signed_data.peek() == CONTEXT_1:
        signed_data.take(CONTEXT_1)  # CRLs
    signer_infos = signed_data.enter(SET)
    signatures = tuple(_signature(info, certificates) for info in signer_infos.each(SEQUENCE))
    if not signatures:
        raise CmsError("nobody signed this: it only carries certificates")
    return SignedFile(content=content, certificates=certificates, signatures=signatures)


def _content(encapsulated: Cursor) -> bytes:
    if encapsulated.take(OID) != _DATA:
        raise CmsError("the signed content is not of type data")
    if encapsulated.at_end:
        raise CmsError("the signature is detached: the profile itself is not in the file")
    wrapper = encapsulated.enter(CONTEXT_0)
    return wrapper.take(OCTETS)


def _certificates(signed_data: Cursor) -> tuple[x509.Certificate, ...]:
    if signed_data.peek() != CONTEXT_0:
        return ()
    try:
        return tuple(_certificate(der) for der in signed_data.enter(CONTEXT_0).whole(SEQUENCE))
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


def _signature(info: Cursor, certificates: tuple[x509.Certificate, ...]) -> Signature:
    info.take(INTEGER)
    signer = _signer(info, certificates)
    digest = info.enter(SEQUENCE).take(OID)
    attributes = None
    if info.peek() == CONTEXT_0:
        # Signed as a SET although written as [0] IMPLICIT (RFC 5652 §5.4).
        attributes = bytes([SET]) + next(info.whole(CONTEXT_0, once=True))[1:]
    algorithm = info.enter(SEQUENCE).take(OID)
    return Signature(
        signer=signer, digest=digest, algorithm=algorithm, attributes=attributes, value=info.take(OCTETS)
    )


def _signer(info: Cursor, certificates: tuple[x509.Certificate, ...]) -> x509.Certificate | None:
    if info.peek() == _SKI:
        key_id = info.take(_SKI)
        return next((c for c in certificates if _key_id(c) == key_id), None)
    issuer_and_serial = info.enter(SEQUENCE)
    issuer = next(issuer_and_serial.whole(SEQUENCE, once=True))
    serial = int.from_bytes(issuer_and_serial.take(INTEGER), signed=True)
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
