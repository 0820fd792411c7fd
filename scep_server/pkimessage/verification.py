"""From bytes to a verified request: parse within bounds, then check the outer signature."""

from __future__ import annotations

from typing import Final

from scep_server import ber, oids, publickeys
from scep_server.algorithms import DIGESTS, SIGNATURE_DIGESTS, DigestAlgorithm
from scep_server.ber import tags
from scep_server.cms import CertificateIdentity, SignedData, SignerInfo, identify, parse_signed_data
from scep_server.errors import RequestRejectedError, UnanswerableError, UnprovenSenderError
from scep_server.messages import FailInfo, MessageType, TransactionID
from scep_server.pkimessage.stages import SignedRequest, VerifiedRequest

_MAX_TRANSACTION_ID: Final = 255  # strongSwan sends 40, NDES clients up to 64; the RFC has no bound
_MAX_NONCE: Final = 64  # 16 by the RFC, 8 by macOS of 2016
_STRING_TAGS: Final = (tags.PRINTABLE_STRING, tags.UTF8_STRING, tags.IA5_STRING, tags.VISIBLE_STRING)
_REQUEST_TYPES: Final = frozenset(MessageType) - {MessageType.CERT_REP}
_KEY_OIDS: Final = frozenset({oids.RSA_ENCRYPTION, oids.EC_PUBLIC_KEY})  # with these, digestAlgorithm counts


def parse(message: bytes) -> SignedRequest:
    """Parse a pkiMessage without believing it.

    Raises:
        UnanswerableError: for any bytes that give no transaction or signer to answer to.
    """
    try:
        signed_data = parse_signed_data(message)
        identity = _signer(signed_data)
        attributes = signed_data.signer_info.attributes
        message_type = _message_type(attributes.get(oids.MESSAGE_TYPE))
        transaction_id = _transaction_id(attributes.get(oids.TRANSACTION_ID))
        sender_nonce = _nonce(attributes.get(oids.SENDER_NONCE))
    except ber.BerError as error:
        raise UnanswerableError(f"not a pkiMessage: {error}") from error
    digest_oid = signed_data.signer_info.digest_oid
    return SignedRequest(
        message_type=message_type,
        transaction_id=transaction_id,
        sender_nonce=sender_nonce,
        signer_der=identity.der,
        digest=DIGESTS.get(digest_oid),
        digest_oid=digest_oid,
        signer_identity=identity,
        signed_data=signed_data,
    )


def verify(signed: SignedRequest) -> VerifiedRequest:
    """Verify the outer signature with the key of the signer's own certificate.

    Raises:
        RequestRejectedError: badAlg for MD5 and unknown digests or signature algorithms.
        UnprovenSenderError: the signature or messageDigest does not fit.
    """
    signer_info = signed.signed_data.signer_info
    content_digest = _acceptable(signed.digest, signed.digest_oid)
    signature_oid = signer_info.signature_oid
    signature_digest = content_digest
    if signature_oid not in _KEY_OIDS:
        signature_digest = _acceptable(SIGNATURE_DIGESTS.get(signature_oid), signature_oid)
    try:
        key = publickeys.load(signed.signer_identity.spki)
    except publickeys.PublicKeyError as error:
        raise UnprovenSenderError(f"the signer's certificate: {error}") from error
    _check_attributes(signed.signed_data, content_digest)
    if not _is_signed_by(key, signer_info, signature_digest):
        raise UnprovenSenderError("the message is not signed by its signer's certificate")
    return VerifiedRequest(
        message_type=signed.message_type,
        transaction_id=signed.transaction_id,
        sender_nonce=signed.sender_nonce,
        signer_der=signed.signer_der,
        digest=_weaker(content_digest, signature_digest),
        digest_oid=signed.digest_oid,
        signer_identity=signed.signer_identity,
        signed_data=signed.signed_data,
        signer_key=key,
    )


def _signer(signed_data: SignedData) -> CertificateIdentity:
    """The certificate that signerInfo names.

    A certificate that travels alone is the signer's whatever its name: names get re-encoded on the way, and
    the signature decides anyhow. Among several, issuer and serial number both count.
    """
    info = signed_data.signer_info
    identities = [identify(der) for der in signed_data.certificates]
    if len(identities) == 1:
        return identities[0]
    for identity in identities:
        if info.key_identifier is not None:
            if info.key_identifier in identity.key_identifiers:
                return identity
        elif identity.serial == info.serial and identity.issuer == info.issuer:
            return identity
    raise ber.BerError("the signer's certificate is not in the message")


def _text(element: bytes | None, what: str) -> str:
    if element is None:
        raise ber.BerError(f"{what} is missing")
    reader = ber.read(element)
    tag = reader.tag & ~tags.CONSTRUCTED
    if tag not in _STRING_TAGS:
        raise ber.BerError(f"{what} is no character string")
    text = reader.octets(tag).decode("latin-1")
    if not text.isascii() or not text.isprintable():
        raise ber.BerError(f"{what} is not printable ASCII")
    return text


def _message_type(element: bytes | None) -> MessageType:
    text = _text(element, "messageType")
    if not text.isdecimal() or len(text) > 4:
        raise ber.BerError("messageType is no number")
    try:
        message_type = MessageType(int(text))
    except ValueError as error:
        raise ber.BerError(f"messageType {int(text)} is unknown") from error
    if message_type not in _REQUEST_TYPES:
        raise ber.BerError("messageType CertRep is no request")
    return message_type


def _transaction_id(element: bytes | None) -> TransactionID:
    text = _text(element, "transactionID")
    if not 0 < len(text) <= _MAX_TRANSACTION_ID:
        raise ber.BerError(f"transactionID has {len(text)} characters; 1 to {_MAX_TRANSACTION_ID} are taken")
    return TransactionID(text)


def _nonce(element: bytes | None) -> bytes:
    if element is None:
        return b""
    nonce = ber.read(element).octets()
    if len(nonce) > _MAX_NONCE:
        raise ber.BerError(f"senderNonce has {len(nonce)} octets; at most {_MAX_NONCE} are taken")
    return nonce


def _acceptable(digest: DigestAlgorithm | None, oid: str) -> DigestAlgorithm:
    if digest is None:
        raise RequestRejectedError(
            FailInfo.BAD_ALG,
            f"the message is signed with algorithm {oid}, which this server does not know",
            remedy="let the client sign with SHA-256 and RSASSA-PKCS1-v1_5",
            public=f"signature algorithm {oid} is not supported; use SHA-256 with RSA",
        )
    if digest is DigestAlgorithm.MD5:
        raise RequestRejectedError(
            FailInfo.BAD_ALG,
            "the message is signed with MD5",
            remedy="RFC 8894 §2.9 forbids MD5: set the client to SHA-256 (sscep: SigAlgorithm sha256; "
            "jscep and IOS take it from GetCACaps, so see that the answer to it reaches them)",
            public="MD5 is not accepted; use SHA-256",
        )
    return digest


def _weaker(content: DigestAlgorithm, signature: DigestAlgorithm) -> DigestAlgorithm:
    """What the policy judges where a client digests the content with one algorithm and signs with another."""
    return DigestAlgorithm.SHA1 if DigestAlgorithm.SHA1 in (content, signature) else signature


def _check_attributes(signed_data: SignedData, digest: DigestAlgorithm) -> None:
    attributes = signed_data.signer_info.attributes
    try:
        stated = ber.read(attributes[oids.MESSAGE_DIGEST]).octets()
        content_type = attributes.get(oids.CONTENT_TYPE)
        if content_type is not None and ber.read(content_type).oid() != signed_data.content_type:
            raise UnprovenSenderError("the attribute contentType does not name the type of the content")
    except (ber.BerError, KeyError) as error:
        raise UnprovenSenderError(
            "the attribute messageDigest or contentType is missing or broken"
        ) from error
    if stated != digest.digest(signed_data.content or b""):
        raise UnprovenSenderError("messageDigest does not fit the content")


def _is_signed_by(key: publickeys.PublicKey, info: SignerInfo, digest: DigestAlgorithm) -> bool:
    """Whether the signature covers the attributes as sent or, where that was not DER, their DER."""
    as_sent = b"\x31" + info.signed_attributes[1:]
    if key.verifies(info.signature, as_sent, digest):
        return True
    try:
        canonical = ber.to_der(as_sent)
    except ber.BerError:
        return False
    return canonical != as_sent and key.verifies(info.signature, canonical, digest)
