"""What a client's pkiMessage says, read by `cryptography`, asn1crypto and hand: none of the client's code."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from asn1crypto import cms, core, csr, parser
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from onboard.devices.scep import der, envelope

SCEP_ATTRIBUTES = "2.16.840.1.113733.1.9."


@dataclass
class Received:
    """What a request said, read without the client's code."""

    message_type: str
    transaction_id: str
    sender_nonce: bytes
    digest: str
    cipher: str
    transport: str
    signer: x509.Certificate
    csr: csr.CertificationRequest
    csr_der: bytes


def read_request(message: bytes, key: rsa.RSAPrivateKey) -> Received:
    """Verify and open a request that is sealed to `key`."""
    signed = cms.ContentInfo.load(message)["content"]
    info = signed["signer_infos"][0]
    attributes = {
        a["type"].dotted: core.SetOf.load(a["values"].dump(), spec=core.Any)[0].dump()
        for a in info["signed_attrs"]
    }
    signer = x509.load_der_x509_certificate(signed["certificates"][0].chosen.dump())
    digest = info["digest_algorithm"]["algorithm"].native
    signer.public_key().verify(
        info["signature"].native,
        b"\x31" + info["signed_attrs"].dump()[1:],
        padding.PKCS1v15(),
        getattr(hashes, digest.upper())(),
    )
    content = signed["encap_content_info"]["content"].native
    assert (
        hashlib.new(digest, content).digest()
        == core.OctetString.load(attributes["1.2.840.113549.1.9.4"]).native
    )
    enveloped = cms.ContentInfo.load(joined(content))["content"]
    recipient = enveloped["recipient_infos"][0].chosen
    request = _decrypt(enveloped, key)
    return Received(
        message_type=core.PrintableString.load(attributes[SCEP_ATTRIBUTES + "2"]).native,
        transaction_id=core.PrintableString.load(attributes[SCEP_ATTRIBUTES + "7"]).native,
        sender_nonce=core.OctetString.load(attributes[SCEP_ATTRIBUTES + "5"]).native,
        digest=digest,
        cipher=enveloped["encrypted_content_info"]["content_encryption_algorithm"]["algorithm"].dotted,
        transport=recipient["key_encryption_algorithm"]["algorithm"].native,
        signer=signer,
        csr=csr.CertificationRequest.load(request),
        csr_der=request,
    )


def joined(encoded: bytes) -> bytes:
    """BER with definite lengths where [0] is cut into OCTET STRINGs, put together: asn1crypto cannot."""
    kind, method, tag, _, content, _ = parser.parse(encoded)
    if method == 0:
        return encoded
    children, rest = [], content
    while rest:
        size = len(b"".join(parser.parse(rest)[3:]))
        children.append(rest[:size])
        rest = rest[size:]
    if kind == 2 and tag == 0 and all(child[0] == der.OCTET_STRING for child in children):
        return der.tlv(0x80, b"".join(parser.parse(child)[4] for child in children))
    return der.tlv(encoded[0], *(joined(child) for child in children))


def _decrypt(enveloped: cms.EnvelopedData, key: rsa.RSAPrivateKey) -> bytes:
    recipient = enveloped["recipient_infos"][0].chosen
    wrapped = recipient["encrypted_key"].native
    if recipient["key_encryption_algorithm"]["algorithm"].native == "rsaes_oaep":
        scheme = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    else:
        scheme = padding.PKCS1v15()
    content_key = key.decrypt(wrapped, scheme)
    algorithm = enveloped["encrypted_content_info"]["content_encryption_algorithm"]
    raw = enveloped["encrypted_content_info"]["encrypted_content"]
    return envelope._decrypt(
        algorithm["algorithm"].dotted, content_key, algorithm["parameters"].native, raw.native
    )
