"""A SCEP client of many shapes, built on asn1crypto so that it shares nothing with the server that it tests.

`Shape` says how a client writes; `enrol` makes a whole request; `read_reply` opens the answer.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from support.csrs import csr, sign_csr
from support.scep_keys import (
    ARC,
    CIPHERS,
    HASHES,
    START,
    TRANSPORTS,
    Pair,
    PkiAttribute,
    ec_key,
    rsa_key,
    self_signed,
    split,
    tlv,
)
from support.scep_replies import Reply, read_degenerate, read_reply
from support.stream_ber import as_ber

__all__ = [
    "APPLE",
    "APPLE_OLD",
    "ARC",
    "BOUNCYCASTLE",
    "CERTMONGER",
    "CIPHERS",
    "DEBIAN_SCEPCLIENT",
    "HASHES",
    "JAVA",
    "KEY_IDENTIFIER",
    "START",
    "TRANSPORTS",
    "WINDOWS",
    "Pair",
    "Reply",
    "Shape",
    "as_ber",
    "csr",
    "ec_key",
    "encrypt",
    "enrol",
    "envelope",
    "message",
    "read_degenerate",
    "read_reply",
    "rsa_key",
    "self_signed",
    "sign_csr",
    "signed_attributes",
    "split",
    "tlv",
]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How one client writes its requests."""

    digest: str = "sha256"
    signature_digest: str | None = None  # named in signatureAlgorithm; None: rsaEncryption
    cipher: str = "aes128"
    transport: str = "pkcs1"
    by_key_identifier: bool = False
    message_type: str | None = "19"
    transaction_id: str | None = "6F1ED002AB5595859014EBF0951522D9A6A1D1F0"
    nonce: bytes | None = b"0123456789abcdef"
    content_type: str = "data"
    oaep_parameters: bool = True
    attribute_strings: type = core.PrintableString
    version: str = "v1"
    iv: bytes = b"i" * 16
    content_key: bytes = bytes(range(32, 64))


APPLE = Shape(digest="sha512", cipher="aes128")
APPLE_OLD = Shape(digest="sha1", cipher="3des", nonce=b"8 octets")
WINDOWS = Shape(digest="sha1", signature_digest="sha1", cipher="aes128", transport="oaep-sha1")
JAVA = Shape(digest="sha256", signature_digest="sha256", transport="oaep-java")
BOUNCYCASTLE = Shape(digest="sha256", signature_digest="sha256")
CERTMONGER = Shape(digest="sha256", cipher="aes256", transaction_id="1" * 77, nonce=b"n" * 16)
KEY_IDENTIFIER = Shape(by_key_identifier=True)
DEBIAN_SCEPCLIENT = Shape(digest="sha1", cipher="des")


def encrypt(payload: bytes, shape: Shape, *, bad_padding: bool = False) -> bytes:
    """The encrypted content, PKCS#7 padding included."""
    _, size, block = CIPHERS[shape.cipher]
    count = block - len(payload) % block
    plain = payload + bytes([count]) * count
    if bad_padding:
        plain = plain[:-1] + b"\x00"
    key = shape.content_key[:size]
    if shape.cipher == "des":
        algorithm = TripleDES(key * 3)
    elif shape.cipher in ("3des", "rc2"):
        algorithm = TripleDES(key.ljust(24, b"k"))
    else:
        algorithm = algorithms.AES(key)
    encryptor = Cipher(algorithm, modes.CBC(shape.iv[:block])).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def envelope(
    payload: bytes,
    recipient: x509.Certificate,
    shape: Shape,
    *,
    wrapped_key: bytes | None = None,
    bad_padding: bool = False,
    rid: tuple[asn1_x509.Name, int] | None = None,
) -> bytes:
    """A ContentInfo with an EnvelopedData; `wrapped_key` replaces what RSA would have made."""
    oid, size, block = CIPHERS[shape.cipher]
    public = recipient.public_key()
    if wrapped_key is None:
        wrapped_key = public.encrypt(shape.content_key[:size], TRANSPORTS[shape.transport])
    certificate = asn1_x509.Certificate.load(recipient.public_bytes(serialization.Encoding.DER))
    if shape.by_key_identifier:
        identifier = cms.RecipientIdentifier(
            "subject_key_identifier", x509.SubjectKeyIdentifier.from_public_key(public).digest
        )
    else:
        issuer, serial = rid or (certificate.issuer, certificate.serial_number)
        identifier = cms.RecipientIdentifier(
            "issuer_and_serial_number", {"issuer": issuer, "serial_number": serial}
        )
    info = cms.KeyTransRecipientInfo(
        {
            "version": "v2" if shape.by_key_identifier else "v0",
            "rid": identifier,
            "key_encryption_algorithm": _transport_identifier(shape),
            "encrypted_key": wrapped_key,
        }
    )
    algorithm = tlv(0x30, core.ObjectIdentifier(oid).dump() + core.OctetString(shape.iv[:block]).dump())
    content = encrypt(payload, shape, bad_padding=bad_padding)
    encrypted = tlv(
        0x30, core.ObjectIdentifier("1.2.840.113549.1.7.1").dump() + algorithm + tlv(0x80, content)
    )
    version = core.Integer(2 if shape.by_key_identifier else 0).dump()
    data = tlv(0x30, version + tlv(0x31, tlv(0x30, info.contents)) + encrypted)
    return tlv(0x30, core.ObjectIdentifier("1.2.840.113549.1.7.3").dump() + tlv(0xA0, data))


def _transport_identifier(shape: Shape) -> cms.KeyEncryptionAlgorithm:
    if shape.transport == "pkcs1":
        return cms.KeyEncryptionAlgorithm({"algorithm": "rsaes_pkcs1v15", "parameters": core.Null()})
    if not shape.oaep_parameters:
        return cms.KeyEncryptionAlgorithm({"algorithm": "rsaes_oaep"})
    digest, mask = {
        "oaep-sha1": ("sha1", "sha1"),
        "oaep-sha256": ("sha256", "sha256"),
        "oaep-java": ("sha256", "sha1"),
        "oaep-sha512": ("sha512", "sha512"),
    }[shape.transport]
    parameters = {
        "hash_algorithm": {"algorithm": digest},
        "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": mask}},
    }
    return cms.KeyEncryptionAlgorithm({"algorithm": "rsaes_oaep", "parameters": parameters})


def _attribute(oid: str, value: core.Asn1Value) -> bytes:
    return PkiAttribute({"type": oid, "values": [core.Any(value)]}).dump()


def signed_attributes(content: bytes, shape: Shape) -> list[bytes]:
    """The DER of each signed attribute, in no particular order."""
    found = [
        _attribute("1.2.840.113549.1.9.3", cms.ContentType(shape.content_type)),
        _attribute("1.2.840.113549.1.9.4", core.OctetString(hashlib.new(shape.digest, content).digest())),
    ]
    if shape.message_type is not None:
        found.append(_attribute(ARC + "2", shape.attribute_strings(shape.message_type)))
    if shape.transaction_id is not None:
        found.append(_attribute(ARC + "7", shape.attribute_strings(shape.transaction_id)))
    if shape.nonce is not None:
        found.append(_attribute(ARC + "5", core.OctetString(shape.nonce)))
    return found


def _signature(signer: Pair, shape: Shape, covered: bytes) -> tuple[bytes, str]:
    """The signature over the attributes, and how its algorithm is called."""
    digest = HASHES[shape.signature_digest or shape.digest]
    if isinstance(signer.key, rsa.RSAPrivateKey):
        name = f"{shape.signature_digest}_rsa" if shape.signature_digest else "rsassa_pkcs1v15"
        return signer.key.sign(covered, padding.PKCS1v15(), digest), name
    return signer.key.sign(covered, ec.ECDSA(digest)), f"{shape.signature_digest or shape.digest}_ecdsa"


def _signer_identifier(signer: Pair, shape: Shape) -> tuple[bytes, bytes]:
    """Version and SignerIdentifier (RFC 5652 §5.3)."""
    if shape.by_key_identifier:
        identifier = x509.SubjectKeyIdentifier.from_public_key(signer.certificate.public_key()).digest
        return core.Integer(3).dump(), tlv(0x80, identifier)
    certificate = asn1_x509.Certificate.load(signer.der)
    named = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    return core.Integer(1).dump(), cms.IssuerAndSerialNumber(named).dump()


def message(
    content: bytes,
    signer: Pair,
    shape: Shape,
    *,
    other_certificates: tuple[bytes, ...] = (),
    unsorted: bool = False,
    false_signature: bool = False,
    attributes: list[bytes] | None = None,
    signed_as_sent: bool = True,
) -> bytes:
    """The outer SignedData around any content."""
    parts = attributes if attributes is not None else signed_attributes(content, shape)
    ordered = sorted(parts, reverse=unsorted)
    covered = tlv(0x31, b"".join(ordered if signed_as_sent else sorted(parts)))
    signature, name = _signature(signer, shape, covered)
    if false_signature:
        signature = signature[:-1] + bytes([signature[-1] ^ 1])
    version, sid = _signer_identifier(signer, shape)
    digest_identifier = algos.DigestAlgorithm({"algorithm": shape.digest}).dump()
    info = tlv(
        0x30,
        version
        + sid
        + digest_identifier
        + tlv(0xA0, b"".join(ordered))
        + algos.SignedDigestAlgorithm({"algorithm": name}).dump()
        + tlv(4, signature),
    )
    encapsulated = tlv(
        0x30, core.ObjectIdentifier("1.2.840.113549.1.7.1").dump() + tlv(0xA0, tlv(4, content))
    )
    data = tlv(
        0x30,
        version
        + tlv(0x31, digest_identifier)
        + encapsulated
        + tlv(0xA0, b"".join((*other_certificates, signer.der)))
        + tlv(0x31, info),
    )
    return tlv(0x30, core.ObjectIdentifier("1.2.840.113549.1.7.2").dump() + tlv(0xA0, data))


def enrol(
    payload: bytes, recipient: x509.Certificate, signer: Pair, shape: Shape = Shape(), **changes
) -> bytes:
    """A whole request around a payload."""
    shape = dataclasses.replace(shape, **changes)
    return message(envelope(payload, recipient, shape), signer, shape)
