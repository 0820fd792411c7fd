"""A SCEP client of many shapes, built on asn1crypto so that it shares nothing with the server that it tests.

`Shape` says how a client writes; `enrol` makes a whole request; `read_reply` opens an answer as a client
would and checks everything that a client can check.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from asn1crypto import algos, cms, core
from asn1crypto import csr as asn1_csr
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

START = datetime(2026, 1, 1, tzinfo=UTC)
ARC = "2.16.840.1.113733.1.9."
HASHES = {
    "md5": hashes.MD5(),
    "sha1": hashes.SHA1(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
CIPHERS = {  # name: (OID, key octets, block octets)
    "aes128": ("2.16.840.1.101.3.4.1.2", 16, 16),
    "aes192": ("2.16.840.1.101.3.4.1.22", 24, 16),
    "aes256": ("2.16.840.1.101.3.4.1.42", 32, 16),
    "3des": ("1.2.840.113549.3.7", 24, 8),
    "des": ("1.3.14.3.2.7", 8, 8),
    "rc2": ("1.2.840.113549.3.2", 16, 8),
}
TRANSPORTS = {
    "pkcs1": padding.PKCS1v15(),
    "oaep-sha1": padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None),
    "oaep-sha256": padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None),
    "oaep-java": padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA256(), None),
    "oaep-sha512": padding.OAEP(padding.MGF1(hashes.SHA512()), hashes.SHA512(), None),
}


class PkiAttribute(core.Sequence):
    """A signed attribute of any type with one value."""

    _fields = [("type", core.ObjectIdentifier), ("values", core.SetOf, {"spec": core.Any})]  # noqa: RUF012


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
    nested_nonce: bytes | None = None
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


@dataclass(frozen=True)
class Pair:
    """A key and a certificate of it."""

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)


@functools.cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key for each name, made once in a test run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@functools.cache
def ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    """The same on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def self_signed(key, *, subject="CN=client", serial=1, digest="sha256", extensions=()) -> Pair:
    """A certificate that a client makes for itself (RFC 8894 §2.3)."""
    name = x509.Name.from_rfc4514_string(subject)
    builder = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        .serial_number(serial)
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=3650))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return Pair(key, builder.sign(key, HASHES[digest]))


def csr(
    key,
    *,
    subject="CN=ada@northwind.example,OU=staff,O=Northwind",
    challenge: str | None = "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    alt_names=(),
    digest="sha256",
    version: int = 0,
    false_signature: bool = False,
    extensions=(),
) -> bytes:
    """A PKCS#10 request; `version` is the field that macOS has got wrong."""
    builder = x509.CertificateSigningRequestBuilder(x509.Name.from_rfc4514_string(subject))
    if alt_names:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(alt_names)), critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    if challenge is not None:
        builder = builder.add_attribute(x509.ObjectIdentifier("1.2.840.113549.1.9.7"), challenge.encode())
    der = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    request = asn1_csr.CertificationRequest.load(der)
    info = request["certification_request_info"]
    info["version"] = version
    return sign_csr(key, info.dump(force=True), digest=digest, false_signature=false_signature)


def sign_csr(
    key, info: bytes, *, digest="sha256", false_signature=False, as_info: bytes | None = None
) -> bytes:
    """A PKCS#10 request around any CertificationRequestInfo; `as_info` is sent in its place."""
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(info, padding.PKCS1v15(), HASHES[digest])
        algorithm = algos.SignedDigestAlgorithm({"algorithm": f"{digest}_rsa"}).dump()
    else:
        signature = key.sign(info, ec.ECDSA(HASHES[digest]))
        algorithm = algos.SignedDigestAlgorithm({"algorithm": f"{digest}_ecdsa"}).dump()
    if false_signature:
        signature = signature[:-1] + bytes([signature[-1] ^ 1])
    return tlv(0x30, (as_info or info) + algorithm + tlv(3, b"\x00" + signature))


def tlv(tag: int, content: bytes) -> bytes:
    """One DER element, written here again so that nothing is shared with the server."""
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 + len(octets)]) + octets + content


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
    digest = HASHES[shape.signature_digest or shape.digest]
    if isinstance(signer.key, rsa.RSAPrivateKey):
        signature = signer.key.sign(covered, padding.PKCS1v15(), digest)
        name = f"{shape.signature_digest}_rsa" if shape.signature_digest else "rsassa_pkcs1v15"
    else:
        signature = signer.key.sign(covered, ec.ECDSA(digest))
        name = f"{shape.signature_digest or shape.digest}_ecdsa"
    if false_signature:
        signature = signature[:-1] + bytes([signature[-1] ^ 1])
    certificate = asn1_x509.Certificate.load(signer.der)
    sid = cms.IssuerAndSerialNumber(
        {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    ).dump()
    version = core.Integer(1).dump()
    if shape.by_key_identifier:
        identifier = x509.SubjectKeyIdentifier.from_public_key(signer.certificate.public_key()).digest
        sid, version = tlv(0x80, identifier), core.Integer(3).dump()
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


def as_ber(der: bytes, *, keep: tuple[bytes, ...] = (), piece: int = 64, definite: bool = False) -> bytes:
    """The same values as BouncyCastle's stream encoders write them.

    Constructed elements get indefinite lengths (or stay definite), strings are cut into pieces; elements in
    `keep` stay as they are.
    """
    encoded, rest = _element(der, keep, piece, definite)
    assert not rest
    return encoded


def _element(data: bytes, keep, piece: int, definite: bool) -> tuple[bytes, bytes]:
    tag, content, whole, rest = split(data)
    if whole in keep:
        return whole, rest
    if tag in (0x04, 0x80) and len(content) > piece:
        pieces = b"".join(tlv(4, content[i : i + piece]) for i in range(0, len(content), piece))
        return _constructed(0x24 if tag == 4 else 0xA0, pieces, definite), rest
    if not tag & 0x20:
        return whole, rest
    inside = b""
    while content:
        part, content = _element(content, keep, piece, definite)
        inside += part
    return _constructed(tag, inside, definite), rest


def _constructed(tag: int, content: bytes, definite: bool) -> bytes:
    return tlv(tag, content) if definite else bytes([tag, 0x80]) + content + b"\x00\x00"


def split(data: bytes) -> tuple[int, bytes, bytes, bytes]:
    """Tag, content, whole element, and what follows it, of definite DER."""
    length, start = data[1], 2
    if length & 0x80:
        start = 2 + (length & 0x7F)
        length = int.from_bytes(data[2:start], "big")
    end = start + length
    return data[0], data[start:end], data[:end], data[end:]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A CertRep as a client understands it."""

    status: str
    fail_info: str | None
    fail_info_text: str | None
    transaction_id: str
    sender_nonce: bytes
    recipient_nonce: bytes | None
    message_type: str
    digest: str
    signer: bytes
    certificates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    cipher: str | None = None
    transport: str | None = None
    transport_identifier: bytes | None = None


def read_reply(der: bytes, client: Pair) -> Reply:
    """Open a CertRep with the client's key; assert the signature, the digest and the encodings."""
    info = cms.ContentInfo.load(der, strict=True)
    data = info["content"]
    (signer_info,) = data["signer_infos"]
    signer = x509.load_der_x509_certificate(data["certificates"][0].chosen.dump())
    content = data["encap_content_info"]["content"].native or b""
    values = _check_signature(signer_info, signer, content)
    inner = _open_envelope(content, client) if content else {}
    return Reply(
        status=values[ARC + "3"].native,
        fail_info=values[ARC + "4"].native if ARC + "4" in values else None,
        fail_info_text=values["1.3.6.1.5.5.7.24.1"].native if "1.3.6.1.5.5.7.24.1" in values else None,
        transaction_id=values[ARC + "7"].native,
        sender_nonce=values[ARC + "5"].native,
        recipient_nonce=values[ARC + "6"].native if ARC + "6" in values else None,
        message_type=values[ARC + "2"].native,
        digest=signer_info["digest_algorithm"]["algorithm"].native,
        signer=signer.public_bytes(serialization.Encoding.DER),
        **inner,
    )


def _check_signature(signer_info, signer: x509.Certificate, content: bytes) -> dict[str, core.Asn1Value]:
    raw = signer_info["signed_attrs"].dump()
    digest = signer_info["digest_algorithm"]["algorithm"].native
    signer.public_key().verify(
        signer_info["signature"].native, b"\x31" + raw[1:], padding.PKCS1v15(), HASHES[digest]
    )
    values: dict[str, core.Asn1Value] = {}
    previous = b""
    for attribute in signer_info["signed_attrs"]:
        element = attribute.dump()
        assert element > previous, "signed attributes are sorted"
        previous = element
        generic = PkiAttribute.load(element)
        (value,) = generic["values"]
        values[generic["type"].dotted] = value.parse()
    assert values["1.2.840.113549.1.9.4"].native == hashlib.new(digest, content).digest()
    assert values["1.2.840.113549.1.9.3"].dotted == "1.2.840.113549.1.7.1"
    for number in "2", "3", "7":
        assert isinstance(values[ARC + number], core.PrintableString)
    return values


def _open_envelope(content: bytes, client: Pair) -> dict[str, object]:
    enveloped = cms.ContentInfo.load(content, strict=True)["content"]
    (recipient,) = enveloped["recipient_infos"]
    recipient = recipient.chosen
    certificate = asn1_x509.Certificate.load(client.der)
    assert recipient["rid"].chosen["serial_number"].native == certificate.serial_number
    assert recipient["rid"].chosen["issuer"].dump() == certificate.issuer.dump()
    algorithm = recipient["key_encryption_algorithm"]
    transport = "pkcs1"
    if algorithm["algorithm"].native == "rsaes_oaep":
        digest = algorithm["parameters"]["hash_algorithm"]["algorithm"].native
        mask = algorithm["parameters"]["mask_gen_algorithm"]["parameters"]["algorithm"].native
        transport = "oaep-java" if (digest, mask) == ("sha256", "sha1") else f"oaep-{digest}"
    key = client.key.decrypt(recipient["encrypted_key"].native, TRANSPORTS[transport])
    encrypted = enveloped["encrypted_content_info"]
    oid = encrypted["content_encryption_algorithm"]["algorithm"].dotted
    (cipher,) = [name for name, (known, _, _) in CIPHERS.items() if known == oid]
    iv = encrypted["content_encryption_algorithm"]["parameters"].native
    algorithm_object = TripleDES(key) if cipher == "3des" else algorithms.AES(key)
    decryptor = Cipher(algorithm_object, modes.CBC(iv)).decryptor()
    plain = decryptor.update(encrypted["encrypted_content"].native) + decryptor.finalize()
    certificates, crls = read_degenerate(plain[: -plain[-1]])
    return {
        "certificates": certificates,
        "crls": crls,
        "cipher": cipher,
        "transport": transport,
        "transport_identifier": algorithm.dump(),
    }


def read_degenerate(der: bytes) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Certificates and CRLs of a degenerate SignedData, in the order in which they stand."""
    data = cms.ContentInfo.load(der, strict=True)["content"]
    assert len(data["signer_infos"]) == 0
    assert data["encap_content_info"]["content_type"].native == "data"
    assert not isinstance(data["encap_content_info"]["content"], core.OctetString)
    certificates = tuple(choice.chosen.dump() for choice in data["certificates"] or ())
    return certificates, tuple(choice.chosen.dump() for choice in data["crls"] or ())
