"""Reading and writing an EnvelopedData for RSA recipients (RFC 5652 §6.1, RFC 3560, RFC 4055 §4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from scep_server import ber, oids
from scep_server.algorithms import CIPHER_OIDS, DIGESTS, ContentCipher, DigestAlgorithm, KeyTransport
from scep_server.ber import tags

_MAX_RECIPIENTS: Final = 4
_SHA1_IDENTIFIER: Final = ber.sequence(ber.object_identifier(oids.SHA1), ber.null())
_SHA256_IDENTIFIER: Final = ber.sequence(ber.object_identifier(oids.SHA256), ber.null())


class UnknownAlgorithmError(ValueError):
    """The recipient's key transport is none of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTransRecipient:
    """A KeyTransRecipientInfo: whom it is for, and the content key encrypted to them."""

    issuer: bytes | None
    serial: int
    key_identifier: bytes | None
    transport: bytes = field(repr=False)  # AlgorithmIdentifier as sent
    encrypted_key: bytes = field(repr=False)

    def key_transport(self) -> KeyTransport:
        """The algorithm by name.

        Raises:
            UnknownAlgorithmError: for another algorithm, or parameters that nobody uses.
        """
        try:
            return _key_transport(ber.read(self.transport).enter())
        except ber.BerError as error:
            raise UnknownAlgorithmError(f"the key transport cannot be read: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopedData:
    """An EnvelopedData as received."""

    recipients: tuple[KeyTransRecipient, ...]
    cipher_oid: str
    initialisation_vector: bytes  # empty where the parameters are something else
    encrypted_content: bytes = field(repr=False)


def parse_enveloped_data(content: bytes) -> EnvelopedData:
    """Read a ContentInfo that holds an EnvelopedData, of any version.

    Raises:
        BerError: it is something else, broken, has no RSA recipient or too many.
    """
    info = ber.read(content).enter()
    if info.oid() != oids.ENVELOPED_DATA:
        raise ber.BerError("the content type is not EnvelopedData")
    data = info.enter(tags.CONTEXT_CONSTRUCTED).enter()
    data.integer()  # version: 0, 2 or 3 by what follows; clients get it wrong
    if data.tag == tags.CONTEXT_CONSTRUCTED:
        data.skip()  # originatorInfo
    recipients = _recipients(data.enter(tags.SET))
    encrypted = data.enter()
    encrypted.skip()  # content type
    algorithm = encrypted.enter()
    cipher_oid = algorithm.oid()
    vector = algorithm.octets() if algorithm.tag & ~tags.CONSTRUCTED == tags.OCTET_STRING else b""
    return EnvelopedData(
        recipients=recipients,
        cipher_oid=cipher_oid,
        initialisation_vector=vector,
        encrypted_content=encrypted.octets(tags.CONTEXT),
    )


def write_enveloped_data(
    *,
    recipient: bytes,
    transport: KeyTransport,
    encrypted_key: bytes,
    cipher: ContentCipher,
    initialisation_vector: bytes,
    encrypted_content: bytes,
) -> bytes:
    """Write a ContentInfo with an EnvelopedData of version 0.

    Args:
        recipient: DER IssuerAndSerialNumber.
        transport: how `encrypted_key` was encrypted.
        encrypted_key: the content key under the recipient's key.
        cipher: how the content was encrypted.
        initialisation_vector: of one block.
        encrypted_content: the padded content, encrypted.
    """
    recipient_info = ber.sequence(
        _ZERO, recipient, _TRANSPORT_IDENTIFIERS[transport], ber.octet_string(encrypted_key)
    )
    algorithm = ber.sequence(
        ber.object_identifier(CIPHER_OIDS[cipher]), ber.octet_string(initialisation_vector)
    )
    content = ber.implicit(0, encrypted_content, constructed=False)
    data = ber.sequence(_ZERO, ber.set_of(recipient_info), ber.sequence(_DATA, algorithm, content))
    return ber.sequence(_ENVELOPED_DATA, ber.implicit(0, data))


def _recipients(infos: ber.Reader) -> tuple[KeyTransRecipient, ...]:
    found: list[KeyTransRecipient] = []
    count = 0
    while infos.more:
        count += 1
        if count > _MAX_RECIPIENTS:
            raise ber.BerError(f"there are more than {_MAX_RECIPIENTS} recipients")
        if infos.tag != tags.SEQUENCE:
            infos.skip()  # key agreement, passwords: no client of an RSA recipient uses them
            continue
        found.append(_recipient(infos.enter()))
    if not found:
        raise ber.BerError("no recipient has an RSA key")
    return tuple(found)


def _recipient(info: ber.Reader) -> KeyTransRecipient:
    info.integer()  # version
    issuer, serial, key_identifier = None, 0, None
    if info.tag == tags.SEQUENCE:
        rid = info.enter()
        issuer, serial = ber.definite(rid, tags.SEQUENCE), rid.integer()
    else:
        key_identifier = info.octets(tags.CONTEXT)
    return KeyTransRecipient(
        issuer=issuer,
        serial=serial,
        key_identifier=key_identifier,
        transport=info.raw(tags.SEQUENCE),
        encrypted_key=info.octets(),
    )


def _key_transport(algorithm: ber.Reader) -> KeyTransport:
    oid = algorithm.oid()
    if oid == oids.RSA_ENCRYPTION:
        return KeyTransport.PKCS1_V15
    if oid != oids.RSAES_OAEP:
        raise UnknownAlgorithmError(f"key transport {oid} is unknown")
    hashes = _oaep_hashes(algorithm.enter()) if algorithm.tag == tags.SEQUENCE else _OAEP_DEFAULT
    transport = _OAEP.get(hashes)
    if transport is None:
        raise UnknownAlgorithmError("RSAES-OAEP with these hashes is not used in SCEP")
    return transport


def _oaep_hashes(parameters: ber.Reader) -> tuple[DigestAlgorithm | None, DigestAlgorithm | None]:
    digest, mask = _OAEP_DEFAULT
    if parameters.tag == tags.CONTEXT_CONSTRUCTED:
        digest = DIGESTS.get(parameters.enter(tags.CONTEXT_CONSTRUCTED).enter().oid())
    if parameters.tag == tags.CONTEXT_CONSTRUCTED | 1:
        function = parameters.enter(tags.CONTEXT_CONSTRUCTED | 1).enter()
        mask = DIGESTS.get(function.enter().oid()) if function.oid() == oids.MGF1 else None
    if parameters.tag == tags.CONTEXT_CONSTRUCTED | 2:
        source = parameters.enter(tags.CONTEXT_CONSTRUCTED | 2).enter()
        if source.oid() != oids.P_SPECIFIED or source.octets():
            raise UnknownAlgorithmError("RSAES-OAEP with a label is not used in SCEP")
    return digest, mask


_OAEP_DEFAULT: Final[tuple[DigestAlgorithm | None, DigestAlgorithm | None]] = (
    DigestAlgorithm.SHA1,
    DigestAlgorithm.SHA1,
)
_OAEP: Final = MappingProxyType[tuple[DigestAlgorithm | None, DigestAlgorithm | None], KeyTransport](
    {
        (DigestAlgorithm.SHA1, DigestAlgorithm.SHA1): KeyTransport.OAEP_SHA1,
        (DigestAlgorithm.SHA256, DigestAlgorithm.SHA256): KeyTransport.OAEP_SHA256,
        (DigestAlgorithm.SHA256, DigestAlgorithm.SHA1): KeyTransport.OAEP_SHA256_MGF1_SHA1,
    }
)


def _mgf1(digest: bytes) -> bytes:
    return ber.implicit(1, ber.sequence(ber.object_identifier(oids.MGF1), digest))


def _oaep_identifier(*parameters: bytes) -> bytes:
    # .NET refuses RSAES-OAEP without parameters, so an empty SEQUENCE stands where all are the defaults.
    return ber.sequence(ber.object_identifier(oids.RSAES_OAEP), ber.sequence(*parameters))


_OAEP_SHA256_HASH: Final = ber.implicit(0, _SHA256_IDENTIFIER)
_TRANSPORT_IDENTIFIERS: Final = MappingProxyType(
    {
        KeyTransport.PKCS1_V15: ber.sequence(ber.object_identifier(oids.RSA_ENCRYPTION), ber.null()),
        KeyTransport.OAEP_SHA1: _oaep_identifier(),
        KeyTransport.OAEP_SHA256: _oaep_identifier(_OAEP_SHA256_HASH, _mgf1(_SHA256_IDENTIFIER)),
        KeyTransport.OAEP_SHA256_MGF1_SHA1: _oaep_identifier(_OAEP_SHA256_HASH),
    }
)
_ZERO: Final = ber.integer(0)
_DATA: Final = ber.object_identifier(oids.DATA)
_ENVELOPED_DATA: Final = ber.object_identifier(oids.ENVELOPED_DATA)
