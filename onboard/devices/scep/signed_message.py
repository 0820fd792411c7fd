"""CMS SignedData of SCEP (RFC 8894 §3): signs a request, verifies and reads a CertRep."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

from asn1crypto import cms, core
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from onboard.devices.errors import ReplyRejectedError
from onboard.devices.scep import der
from onboard.devices.scep.envelope import DATA
from onboard.devices.scep.request_shape import BerQuirk, Digest

SIGNED_DATA = "1.2.840.113549.1.7.2"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SCEP = "2.16.840.1.113733.1.9."
MESSAGE_TYPE = _SCEP + "2"
PKI_STATUS = _SCEP + "3"
FAIL_INFO = _SCEP + "4"
SENDER_NONCE = _SCEP + "5"
RECIPIENT_NONCE = _SCEP + "6"
TRANSACTION_ID = _SCEP + "7"
FAIL_INFO_TEXT = "1.3.6.1.5.5.7.24.1"

_RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
_DIGEST_OIDS = {
    Digest.SHA_512: "2.16.840.1.101.3.4.2.3",
    Digest.SHA_256: "2.16.840.1.101.3.4.2.1",
    Digest.SHA_1: "1.3.14.3.2.26",
    Digest.MD5: "1.2.840.113549.2.5",
}
_HASHES: dict[Digest, hashes.HashAlgorithm] = {
    Digest.SHA_512: hashes.SHA512(),
    Digest.SHA_256: hashes.SHA256(),
    Digest.SHA_1: hashes.SHA1(),  # noqa: S303  Windows signs its requests with it
    Digest.MD5: hashes.MD5(),  # noqa: S303  sent by old routers; a server must refuse it
}
_ACCEPTED = {_DIGEST_OIDS[d]: _HASHES[d] for d in (Digest.SHA_512, Digest.SHA_256, Digest.SHA_1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyAttributes:
    """What the signer of a CertRep vouches for; absent attributes are empty."""

    message_type: str
    pki_status: str
    fail_info: str
    fail_info_text: str
    transaction_id: str
    sender_nonce: bytes
    recipient_nonce: bytes
    content: bytes = field(repr=False)  # ContentInfo of the envelope; empty in FAILURE and PENDING


def sign_message(
    content: bytes,
    *,
    message_type: int,
    transaction_id: str,
    sender_nonce: bytes,
    key: rsa.RSAPrivateKey,
    certificate: x509.Certificate,
    digest: Digest,
    quirk: BerQuirk = BerQuirk.NONE,
) -> bytes:
    """A pkiMessage: `content` (a ContentInfo with EnvelopedData) signed with the attributes of §3.2.1."""
    attributes = (
        _attribute(_CONTENT_TYPE, der.oid(DATA)),
        _attribute(_MESSAGE_DIGEST, der.octets(_digest(digest, content))),
        _attribute(MESSAGE_TYPE, der.printable(str(message_type))),
        _attribute(SENDER_NONCE, der.octets(sender_nonce)),
        _attribute(TRANSACTION_ID, der.printable(transaction_id)),
    )
    wrap = der.indefinite if quirk is BerQuirk.INDEFINITE else der.tlv
    encapsulated = wrap(der.SEQUENCE, der.oid(DATA), wrap(0xA0, _octet_string(content, quirk)))
    signed = wrap(
        der.SEQUENCE,
        der.integer(1),
        der.set_of(der.algorithm(_DIGEST_OIDS[digest])),
        encapsulated,
        der.tlv(0xA0, certificate.public_bytes(Encoding.DER)),
        der.set_of(_signer_info(attributes, key, certificate, digest)),
    )
    return wrap(der.SEQUENCE, der.oid(SIGNED_DATA), wrap(0xA0, signed))


def _signer_info(
    attributes: Iterable[bytes], key: rsa.RSAPrivateKey, certificate: x509.Certificate, digest: Digest
) -> bytes:
    """The signature covers the attributes as a SET OF, whose DER is sorted (RFC 5652 §5.4)."""
    ordered = sorted(attributes)
    return der.sequence(
        der.integer(1),
        der.sequence(certificate.issuer.public_bytes(), der.integer(certificate.serial_number)),
        der.algorithm(_DIGEST_OIDS[digest]),
        der.tlv(0xA0, *ordered),
        der.algorithm(_RSA_ENCRYPTION),
        der.octets(key.sign(der.tlv(der.SET, *ordered), padding.PKCS1v15(), _HASHES[digest])),
    )


def verify_reply(message: bytes, signer: x509.Certificate) -> ReplyAttributes:
    """Check that `signer`, the RA that this client chose, signed the CertRep, and read it.

    Raises:
        ReplyRejectedError: it is no signed CMS, is signed by somebody else, or was changed.
    """
    try:
        info = cms.ContentInfo.load(message, strict=True)
        if info["content_type"].dotted != SIGNED_DATA:
            msg = "the reply is not CMS SignedData"
            raise ReplyRejectedError(msg)
        signed = info["content"]
        content = _content(signed["encap_content_info"]["content"])
        signer_info = signed["signer_infos"][0]
        _check_signature(signer_info, content, signer)
        return _read(signer_info["signed_attrs"], content)
    except (ValueError, TypeError, IndexError, KeyError) as error:
        msg = f"the reply is not readable as a pkiMessage: {error}"
        raise ReplyRejectedError(msg) from error


def _check_signature(signer_info: cms.SignerInfo, content: bytes, signer: x509.Certificate) -> None:
    sid = signer_info["sid"].chosen
    issuer_matches = bytes(sid["issuer"].dump()) == signer.issuer.public_bytes()
    if not issuer_matches or sid["serial_number"].native != signer.serial_number:
        msg = "the reply is signed by another certificate than the RA that this client chose"
        raise ReplyRejectedError(msg)
    algorithm = _ACCEPTED.get(signer_info["digest_algorithm"]["algorithm"].dotted)
    if algorithm is None:
        msg = "the reply is signed with a digest that this client refuses"
        raise ReplyRejectedError(msg)
    attributes = signer_info["signed_attrs"].dump()
    public = signer.public_key()
    if not isinstance(public, rsa.RSAPublicKey):
        msg = "the RA certificate's key is not RSA"
        raise ReplyRejectedError(msg)
    signed = b"\x31" + bytes(attributes)[1:]  # RFC 5652 §5.4: signed as a SET OF, sent as [0]
    try:
        public.verify(bytes(signer_info["signature"].native), signed, padding.PKCS1v15(), algorithm)
    except InvalidSignature:
        msg = "the signature of the reply is wrong"
        raise ReplyRejectedError(msg) from None
    stated = _octets(signer_info["signed_attrs"], _MESSAGE_DIGEST)
    computed = hashlib.new(algorithm.name, content, usedforsecurity=False).digest()
    if not hmac.compare_digest(stated, computed):
        msg = "the content of the reply is not what was signed"
        raise ReplyRejectedError(msg)


def _read(attributes: cms.CMSAttributes, content: bytes) -> ReplyAttributes:
    return ReplyAttributes(
        message_type=_text(attributes, MESSAGE_TYPE, core.PrintableString),
        pki_status=_text(attributes, PKI_STATUS, core.PrintableString),
        fail_info=_text(attributes, FAIL_INFO, core.PrintableString),
        fail_info_text=_text(attributes, FAIL_INFO_TEXT, core.UTF8String),
        transaction_id=_text(attributes, TRANSACTION_ID, core.PrintableString),
        sender_nonce=_octets(attributes, SENDER_NONCE),
        recipient_nonce=_octets(attributes, RECIPIENT_NONCE),
        content=content,
    )


def _text(attributes: cms.CMSAttributes, oid: str, kind: type[core.Asn1Value]) -> str:
    """The text of an attribute, of exactly the string type that clients look for; empty if absent."""
    value = _value(attributes, oid)
    return "" if value is None else str(kind.load(value, strict=True).native)


def _octets(attributes: cms.CMSAttributes, oid: str) -> bytes:
    value = _value(attributes, oid)
    return b"" if value is None else bytes(core.OctetString.load(value, strict=True).native)


def _value(attributes: cms.CMSAttributes, oid: str) -> bytes | None:
    for attribute in attributes:
        if attribute["type"].dotted == oid:
            values = core.SetOf.load(attribute["values"].dump(), spec=core.Any)
            return bytes(values[0].dump())
    return None


def _content(value: core.Asn1Value) -> bytes:
    return b"" if value.native is None else bytes(value.native)


def _digest(digest: Digest, content: bytes) -> bytes:
    return hashlib.new(digest.value.replace("-", ""), content, usedforsecurity=False).digest()


def _attribute(oid: str, value: bytes) -> bytes:
    return der.sequence(der.oid(oid), der.set_of(value))


def _octet_string(content: bytes, quirk: BerQuirk) -> bytes:
    if quirk is not BerQuirk.INDEFINITE:
        return der.octets(content)
    pieces = [der.octets(content[at : at + 1000]) for at in range(0, len(content), 1000)]
    return der.indefinite(0x24, *pieces)
