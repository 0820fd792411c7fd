"""Reading a SignedData with one signer (RFC 5652 §5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from scep_server import ber, oids
from scep_server.ber import tags

# Requests hold one certificate, renewals perhaps their chain; a dozen attributes is the most that was seen.
_MAX_CERTIFICATES: Final = 8
_MAX_ATTRIBUTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerInfo:
    """One signature and what it covers.

    Attributes:
        issuer: DER Name of the signer's certificate; None where it is named by key identifier.
        serial: serial number beside it.
        key_identifier: the other way to name it.
        digest_oid: digestAlgorithm.
        signature_oid: signatureAlgorithm.
        attributes: first value of each signed attribute, as a DER or BER element, by OID.
        signed_attributes: all of them as sent, with tag [0].
        signature: the signature's octets.
    """

    issuer: bytes | None
    serial: int
    key_identifier: bytes | None
    digest_oid: str
    signature_oid: str
    attributes: Mapping[str, bytes] = field(repr=False)
    signed_attributes: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedData:
    """A SignedData as received; `content` is None where it was left out."""

    content_type: str
    content: bytes | None = field(repr=False)
    certificates: tuple[bytes, ...] = field(repr=False)
    signer_info: SignerInfo


def parse_signed_data(message: bytes) -> SignedData:
    """Read a ContentInfo that holds a SignedData.

    Octets after it are passed over: some clients add a line break.

    Raises:
        BerError: it is something else, broken, has no signer or several, or exceeds the limits.
    """
    info = ber.read(message).enter()
    if info.oid() != oids.SIGNED_DATA:
        raise ber.BerError("the content type is not SignedData")
    data = info.enter(tags.CONTEXT_CONSTRUCTED).enter()
    data.integer()  # version: follows from the content, and clients get it wrong
    data.skip()  # digestAlgorithms: repeated in signerInfo
    content_type, content = _encapsulated(data.enter())
    certificates: tuple[bytes, ...] = ()
    if data.tag == tags.CONTEXT_CONSTRUCTED:
        certificates = _certificates(data.enter(tags.CONTEXT_CONSTRUCTED))
    if data.tag == tags.CONTEXT_CONSTRUCTED | 1:
        data.skip()  # crls
    signers = data.enter(tags.SET)
    signer_info = _signer_info(signers.enter())
    signers.finish()
    return SignedData(
        content_type=content_type, content=content, certificates=certificates, signer_info=signer_info
    )


def _encapsulated(encapsulated: ber.Reader) -> tuple[str, bytes | None]:
    content_type = encapsulated.oid()
    if not encapsulated.more:
        return content_type, None
    return content_type, encapsulated.enter(tags.CONTEXT_CONSTRUCTED).octets()


def _certificates(choices: ber.Reader) -> tuple[bytes, ...]:
    found: list[bytes] = []
    while choices.more:
        if choices.tag != tags.SEQUENCE:
            choices.skip()  # attribute certificates and the like
            continue
        if len(found) == _MAX_CERTIFICATES:
            raise ber.BerError(f"there are more than {_MAX_CERTIFICATES} certificates")
        found.append(choices.raw())
    return tuple(found)


def _signer_info(info: ber.Reader) -> SignerInfo:
    info.integer()  # version
    issuer, serial, key_identifier = None, 0, None
    if info.tag == tags.SEQUENCE:
        sid = info.enter()
        issuer, serial = ber.definite(sid, tags.SEQUENCE), sid.integer()
    else:
        key_identifier = info.octets(tags.CONTEXT)
    digest_oid = info.enter().oid()
    raw, attributes = info.raw_and_enter(tags.CONTEXT_CONSTRUCTED)
    return SignerInfo(
        issuer=issuer,
        serial=serial,
        key_identifier=key_identifier,
        digest_oid=digest_oid,
        signature_oid=info.enter().oid(),
        attributes=_attributes(attributes),
        signed_attributes=raw,
        signature=info.octets(),
    )


def _attributes(reader: ber.Reader) -> dict[str, bytes]:
    attributes: dict[str, bytes] = {}
    while reader.more:
        attribute = reader.enter()
        oid = attribute.oid()
        if oid in attributes or len(attributes) == _MAX_ATTRIBUTES:
            raise ber.BerError("a signed attribute is repeated, or there are too many")
        values = attribute.enter(tags.SET)
        if values.more:
            attributes[oid] = values.raw()
    return attributes
