"""Opening the envelope of a verified request without becoming an oracle for it.

A sniffed envelope can be changed and signed anew by anybody, so nothing that depends on the plaintext is
judged here: what does not decrypt goes on as nonsense, and `payloads` refuses all nonsense with one answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from scep_server import ber, oids
from scep_server.algorithms import CIPHERS, AlgorithmPolicy, ContentCipher, DigestAlgorithm, KeyTransport
from scep_server.cms import (
    EnvelopedData,
    KeyTransRecipient,
    UnknownAlgorithmError,
    decrypt_content,
    parse_enveloped_data,
    unwrap_key,
)
from scep_server.errors import RequestRejectedError, UnprovenSenderError
from scep_server.messages import FailInfo
from scep_server.pkimessage.stages import OpenedRequest, Recipient, VerifiedRequest

_MIN_SIGNER_BITS: Final = (
    1_024  # the reply's content key must fit into one RSA block, OAEP with SHA-256 included
)
_RANDOM_SERIAL: Final = 1 << 63  # serial numbers above are random enough to identify without their issuer

_REFUSED_CIPHERS: Final = MappingProxyType(
    {
        oids.DES_CBC: (
            "single DES",
            (
                "RFC 8894 §2.9 forbids single DES: let the client use AES-128-CBC. micromdm's `scepclient` "
                "(Debian package scep) sends single DES whatever the server offers: enrol with strongSwan's "
                "`pki --scep`, certmonger, or sscep with `EncAlgorithm aes128`"
            ),
        ),
        oids.RC2_CBC: ("RC2", "set the client to AES-128-CBC"),
    }
)


def open_request(
    verified: VerifiedRequest,
    recipients: Sequence[Recipient],
    *,
    algorithms: AlgorithmPolicy,
    substitute_key: bytes,
) -> OpenedRequest:
    """Decrypt the envelope.

    Args:
        verified: the request.
        recipients: our pairs, current and former.
        algorithms: what the endpoint allows.
        substitute_key: 32 fresh random octets, the content key where the envelope yields none.

    Raises:
        RequestRejectedError: badAlg, judged from algorithm identifiers alone, before any decryption.
        UnprovenSenderError: no envelope, or none of the recipients is addressed.
    """
    try:
        envelope = parse_enveloped_data(verified.signed_data.content or b"")
    except ber.BerError as error:
        raise UnprovenSenderError(f"the envelope cannot be read: {error}") from error
    cipher = _acceptable_cipher(envelope.cipher_oid, algorithms)
    _check_signer(verified, algorithms)
    addressed, recipient = _match(envelope, recipients)
    transport = _acceptable_transport(addressed)
    _check_lengths(envelope, addressed, cipher, recipient)
    key = unwrap_key(
        recipient.key, addressed.encrypted_key, transport=transport, cipher=cipher, substitute=substitute_key
    )
    payload, intact = decrypt_content(
        envelope.encrypted_content,
        cipher=cipher,
        key=key,
        initialisation_vector=envelope.initialisation_vector,
    )
    return OpenedRequest(
        request=verified,
        recipient=recipient,
        content_encryption=cipher,
        key_transport=transport,
        payload=payload,
        intact=intact,
    )


def _acceptable_cipher(oid: str, algorithms: AlgorithmPolicy) -> ContentCipher:
    cipher = CIPHERS.get(oid)
    if cipher is None:
        name, remedy = _REFUSED_CIPHERS.get(oid, (f"algorithm {oid}", "set the client to AES-128-CBC"))
        raise _bad_algorithm(
            f"the request is encrypted with {name}", remedy, f"{name} is not accepted; use AES-128-CBC"
        )
    if cipher is ContentCipher.DES_EDE3_CBC and not algorithms.allow_3des:
        raise _bad_algorithm(
            "the request is encrypted with 3DES, which this endpoint does not allow",
            "set the client to AES-128-CBC; if it knows no AES, allow 3DES with the profile's legacy switch",
            "3DES is not accepted; use AES-128-CBC",
        )
    return cipher


def _check_signer(verified: VerifiedRequest, algorithms: AlgorithmPolicy) -> None:
    if verified.digest is DigestAlgorithm.SHA1 and not algorithms.allow_sha1:
        raise _bad_algorithm(
            "the message is signed with SHA-1, which this endpoint does not allow",
            "set the client to SHA-256 or, for Windows, use a profile that allows SHA-1",
            "SHA-1 is not accepted; use SHA-256",
        )
    if verified.signer_key.modulus.bit_length() < _MIN_SIGNER_BITS:
        raise _bad_algorithm(
            "the signer's key is not RSA of at least 1024 bits, so no reply can be encrypted to it",
            "let the client sign with an RSA-2048 key",
            "the signer's key must be RSA of at least 1024 bits",
        )


def _acceptable_transport(addressed: KeyTransRecipient) -> KeyTransport:
    try:
        return addressed.key_transport()
    except UnknownAlgorithmError as error:
        raise _bad_algorithm(
            str(error),
            "set the client to RSAES-PKCS1-v1_5, or RSAES-OAEP with SHA-1 or SHA-256",
            "key transport is not supported; use RSAES-PKCS1-v1_5 or RSAES-OAEP",
        ) from error


def _bad_algorithm(reason: str, remedy: str, public: str) -> RequestRejectedError:
    return RequestRejectedError(FailInfo.BAD_ALG, reason, remedy=remedy, public=public)


def _match(envelope: EnvelopedData, recipients: Sequence[Recipient]) -> tuple[KeyTransRecipient, Recipient]:
    """The one recipientInfo that is tried, whatever comes of it: each try costs a private key operation."""
    for addressed in envelope.recipients:
        for recipient in recipients:
            if _is_addressed(addressed, recipient):
                return addressed, recipient
    raise UnprovenSenderError(
        f"the envelope is addressed to {_address(envelope.recipients[0])}, no recipient of this endpoint",
        remedy="the device holds an older RA certificate, or that of another endpoint: let it fetch "
        "GetCACert anew, and keep former RA keys until their certificates end",
    )


def _is_addressed(addressed: KeyTransRecipient, recipient: Recipient) -> bool:
    if addressed.key_identifier is not None:
        return addressed.key_identifier in recipient.key_identifiers
    if addressed.serial != recipient.identity.serial:
        return False
    # Java and others encode the issuer's name anew with other string types; a random serial number is enough.
    return addressed.issuer == recipient.identity.issuer or addressed.serial >= _RANDOM_SERIAL


def _address(addressed: KeyTransRecipient) -> str:
    if addressed.key_identifier is not None:
        return f"subject key identifier {addressed.key_identifier[:32].hex()}"
    return f"serial number {addressed.serial:x}"[:80]


def _check_lengths(
    envelope: EnvelopedData, addressed: KeyTransRecipient, cipher: ContentCipher, recipient: Recipient
) -> None:
    block = cipher.block_size
    content = len(envelope.encrypted_content)
    if len(envelope.initialisation_vector) != block or content == 0 or content % block:
        raise UnprovenSenderError("the encrypted content or its initialisation vector is not of whole blocks")
    if len(addressed.encrypted_key) > (recipient.key.key_size + 7) // 8:
        raise UnprovenSenderError("the encrypted content key is longer than the recipient's modulus")
