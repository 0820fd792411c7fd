"""CertRep, degenerate certificate bundles and the GetNextCACert answer: DER only, in the order given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, overload

from scep_server import ber, oids
from scep_server.algorithms import AlgorithmPolicy, DigestAlgorithm
from scep_server.cms import degenerate, encrypt_content, write_enveloped_data, write_signed_data
from scep_server.messages import FailInfo, MessageType, PkiStatus
from scep_server.pkimessage.stages import (
    CertRep,
    Failure,
    OpenedRequest,
    Pending,
    Recipient,
    SignedRequest,
    Success,
)

CONTENT_ENTROPY: Final = 48  # octets: the longest content key and one block
STRICT: Final = AlgorithmPolicy()


@overload
def seal(
    reply: Failure,
    to: SignedRequest | OpenedRequest,
    ra: Recipient,
    *,
    sender_nonce: bytes,
    content_entropy: bytes,
    signing_time: datetime,
    algorithms: AlgorithmPolicy = ...,
) -> bytes: ...
@overload
def seal(
    reply: Success | Pending | Failure,
    to: OpenedRequest,
    ra: Recipient,
    *,
    sender_nonce: bytes,
    content_entropy: bytes,
    signing_time: datetime,
    algorithms: AlgorithmPolicy = ...,
) -> bytes: ...
def seal(
    reply: CertRep,
    to: SignedRequest | OpenedRequest,
    ra: Recipient,
    *,
    sender_nonce: bytes,
    content_entropy: bytes,
    signing_time: datetime,
    algorithms: AlgorithmPolicy = STRICT,
) -> bytes:
    """Make the CertRep pkiMessage (RFC 8894 §3.3.2).

    Args:
        reply: what to say. Only a Failure can be said to a request that was not opened.
        to: whom to answer; its digest, cipher and key transport are mirrored.
        ra: signs, and is included.
        sender_nonce: 16 fresh random octets.
        content_entropy: 48 fresh random octets: content encryption key and initialisation vector.
        signing_time: aware, UTC.
        algorithms: what the endpoint allows; a failure is signed with SHA-1 only if it allows that.

    Returns:
        DER ContentInfo.
    """
    request = to.request if isinstance(to, OpenedRequest) else to
    digest = _reply_digest(to, algorithms)
    attributes = {
        oids.SIGNING_TIME: ber.utc_time(signing_time),
        oids.MESSAGE_TYPE: _CERT_REP,
        oids.TRANSACTION_ID: ber.printable_string(request.transaction_id),
        oids.SENDER_NONCE: ber.octet_string(sender_nonce),
        **_status(reply),
    }
    if request.sender_nonce:
        attributes[oids.RECIPIENT_NONCE] = ber.octet_string(request.sender_nonce)
    content = None
    if isinstance(reply, Success):
        if not isinstance(to, OpenedRequest):
            raise TypeError("only an opened request can succeed")
        content = _envelope(
            certs_only(reply.certificates, () if reply.crl is None else (reply.crl,)), to, content_entropy
        )
    return write_signed_data(
        content,
        attributes=attributes,
        certificates=(ra.identity.der,),
        signer=ra.identity.issuer_and_serial,
        key=ra.key,
        digest=digest,
    )


def certs_only(certificates: Sequence[bytes], crls: Sequence[bytes] = ()) -> bytes:
    """A degenerate SignedData (RFC 8894 §3.4) that keeps the order given, because clients take the first."""
    return degenerate(certificates, crls)


def next_ca_certs(certificates: Sequence[bytes], ra: Recipient, *, signing_time: datetime) -> bytes:
    """The GetNextCACert answer (RFC 8894 §4.7.1): the next CA's certificates, signed by the current RA or CA.

    They stand twice: in the content, as the RFC has it, and beside the signer's certificate, where jscep and
    EJBCA look for them.

    Args:
        certificates: DER, the next RA first, then its CA.
        ra: the current pair.
        signing_time: aware, UTC.
    """
    return write_signed_data(
        certs_only(certificates),
        attributes={oids.SIGNING_TIME: ber.utc_time(signing_time)},
        certificates=(ra.identity.der, *certificates),
        signer=ra.identity.issuer_and_serial,
        key=ra.key,
        digest=DigestAlgorithm.SHA256,
    )


def _status(reply: CertRep) -> dict[str, bytes]:
    match reply:
        case Success():
            return {oids.PKI_STATUS: _number(PkiStatus.SUCCESS)}
        case Pending():
            return {oids.PKI_STATUS: _number(PkiStatus.PENDING)}
        case Failure(fail_info=fail_info, text=text):
            found = {oids.PKI_STATUS: _number(PkiStatus.FAILURE), oids.FAIL_INFO: _number(fail_info)}
            if text:
                found[oids.FAIL_INFO_TEXT] = ber.utf8_string(text)
            return found


def _number(value: PkiStatus | FailInfo | MessageType) -> bytes:
    return ber.printable_string(str(value.value))


def _reply_digest(to: SignedRequest | OpenedRequest, algorithms: AlgorithmPolicy) -> DigestAlgorithm:
    """The request's own; SHA-256 where that one is forbidden, unknown, or not known to be allowed."""
    if isinstance(to, OpenedRequest):
        return to.request.digest or DigestAlgorithm.SHA256
    if to.digest is None or to.digest is DigestAlgorithm.MD5:
        return DigestAlgorithm.SHA256
    if to.digest is DigestAlgorithm.SHA1 and not algorithms.allow_sha1:
        return DigestAlgorithm.SHA256
    return to.digest


def _envelope(content: bytes, to: OpenedRequest, entropy: bytes) -> bytes:
    if len(entropy) != CONTENT_ENTROPY:
        raise ValueError(f"content_entropy must be {CONTENT_ENTROPY} octets")
    signer_key = to.request.signer_key.rsa
    if signer_key is None:
        raise TypeError("open_request lets no request pass whose signer's key is not RSA")
    cipher = to.content_encryption
    key = entropy[: cipher.key_size]
    vector = entropy[32 : 32 + cipher.block_size]
    return write_enveloped_data(
        recipient=to.request.signer_identity.issuer_and_serial,
        transport=to.key_transport,
        encrypted_key=signer_key.encrypt(key, to.key_transport.padding),
        cipher=cipher,
        initialisation_vector=vector,
        encrypted_content=encrypt_content(content, cipher=cipher, key=key, initialisation_vector=vector),
    )


_CERT_REP: Final = _number(MessageType.CERT_REP)
