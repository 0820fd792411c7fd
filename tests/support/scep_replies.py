"""Opening a CertRep as a client would, and checking everything that a client can check."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from support.scep_keys import ARC, CIPHERS, HASHES, TRANSPORTS, Pair, PkiAttribute


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
