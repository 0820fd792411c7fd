"""Opening: algorithms, recipients and keys of every client; the forbidden ones refused by name."""

from __future__ import annotations

import pytest
from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from support import scep_requests as client
from support.scep_requests import Shape, ec_key, enrol, rsa_key, self_signed
from support.scep_stages import (
    NONCE,
    STRICT,
    open_all,
    ra_pair,
    replaced_everywhere,
    seal,
)

from scep_server import oids, pkimessage
from scep_server.algorithms import ContentCipher, DigestAlgorithm, KeyTransport
from scep_server.errors import RequestRejectedError, UnprovenSenderError
from scep_server.messages import FailInfo, MessageType
from scep_server.pkimessage import Recipient, Success

CLIENTS = {
    "Apple": (client.APPLE, DigestAlgorithm.SHA512, ContentCipher.AES_128_CBC, KeyTransport.PKCS1_V15),
    "old macOS": (client.APPLE_OLD, DigestAlgorithm.SHA1, ContentCipher.DES_EDE3_CBC, KeyTransport.PKCS1_V15),
    "Windows": (client.WINDOWS, DigestAlgorithm.SHA1, ContentCipher.AES_128_CBC, KeyTransport.OAEP_SHA1),
    "Java": (
        client.JAVA,
        DigestAlgorithm.SHA256,
        ContentCipher.AES_128_CBC,
        KeyTransport.OAEP_SHA256_MGF1_SHA1,
    ),
    "certmonger": (
        client.CERTMONGER,
        DigestAlgorithm.SHA256,
        ContentCipher.AES_256_CBC,
        KeyTransport.PKCS1_V15,
    ),
    "OAEP-SHA256": (
        Shape(transport="oaep-sha256", cipher="aes192", digest="sha384"),
        DigestAlgorithm.SHA384,
        ContentCipher.AES_192_CBC,
        KeyTransport.OAEP_SHA256,
    ),
    "by key identifier": (
        client.KEY_IDENTIFIER,
        DigestAlgorithm.SHA256,
        ContentCipher.AES_128_CBC,
        KeyTransport.PKCS1_V15,
    ),
}


@pytest.mark.parametrize(("shape", "digest", "cipher", "transport"), CLIENTS.values(), ids=CLIENTS)
def test_request_of_each_client_is_read_and_answered_in_kind(
    ra, device, issued, csr_der, shape, digest, cipher, transport
):
    """Digest, cipher and key transport of the request come back in the reply, with the leaf alone."""
    opened = open_all(enrol(csr_der, ra.certificate, device, shape), [ra])
    assert (opened.request.digest, opened.content_encryption, opened.key_transport) == (
        digest,
        cipher,
        transport,
    )
    assert opened.request.message_type is MessageType.PKCS_REQ
    assert opened.request.sender_nonce == shape.nonce
    assert pkimessage.payload_csr(opened).der == csr_der

    reply = client.read_reply(seal(Success(certificates=(issued,)), opened, ra), device)

    assert reply.certificates == (issued,)
    assert (reply.digest, reply.cipher, reply.transport) == (shape.digest, shape.cipher, shape.transport)
    assert (reply.status, reply.message_type) == ("0", "3")
    assert (reply.sender_nonce, reply.recipient_nonce) == (NONCE, shape.nonce)
    assert reply.transaction_id == shape.transaction_id
    assert reply.signer == ra.certificate.public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": None},
        {"nonce": b"1"},
        {"nonce": b"n" * 64},
        {"transaction_id": "x"},
        {"transaction_id": "A_b@c:d " * 31},
        {"attribute_strings": core.UTF8String},
        {"attribute_strings": core.IA5String},
        {"message_type": "17"},
        {"message_type": "019"},
        {"iv": bytes(16)},
    ],
    ids=str,
)
def test_tolerated_oddities(ra, device, issued, csr_der, changes):
    """Odd nonces, identifiers and string types are taken, and the reply echoes them."""
    opened = open_all(enrol(csr_der, ra.certificate, device, **changes), [ra])
    reply = client.read_reply(seal(Success(certificates=(issued,)), opened, ra), device)
    shape = Shape(**changes)
    assert reply.transaction_id == shape.transaction_id
    assert reply.recipient_nonce == shape.nonce


def test_oaep_without_parameters_is_read(ra, device, csr_der):
    """RFC 4055 lets the parameters be absent; all are then the defaults."""
    opened = open_all(
        enrol(csr_der, ra.certificate, device, transport="oaep-sha1", oaep_parameters=False), [ra]
    )
    assert opened.key_transport is KeyTransport.OAEP_SHA1
    assert pkimessage.payload_csr(opened).der == csr_der


def test_signer_apart_from_the_csr_key(ra, device):
    """A Mac signs with a key of its own; the reply goes to the signer."""
    der = client.csr(rsa_key("another"), version=13)
    opened = open_all(enrol(der, ra.certificate, device), [ra])
    assert pkimessage.payload_csr(opened).der == der


def test_recipient_is_chosen_by_the_envelope(ra, device, csr_der):
    """During a rollover the old and the new RA both open what is addressed to them."""
    pair = ra_pair("next", serial=5, subject="CN=next RA")
    following = Recipient(certificate=pair.certificate, key=pair.key)
    for addressed in (ra, following):
        opened = open_all(enrol(csr_der, addressed.certificate, device), [ra, following])
        assert opened.recipient is addressed
        assert pkimessage.payload_csr(opened).der == csr_der


def test_issuer_in_other_string_types_is_recognised(ra, device, csr_der):
    """Java encodes the issuer's name anew; a long serial number is enough then, a short one is not."""
    name = asn1_x509.Name.build({"common_name": "RA", "organization_name": "Northwind"}, use_printable=True)
    shape = Shape()
    envelope = client.envelope(csr_der, ra.certificate, shape, rid=(name, ra.certificate.serial_number))
    assert pkimessage.payload_csr(open_all(client.message(envelope, device, shape), [ra])).der == csr_der
    pair = ra_pair(serial=7)
    short = Recipient(certificate=pair.certificate, key=pair.key)
    envelope = client.envelope(csr_der, short.certificate, shape, rid=(name, 7))
    with pytest.raises(UnprovenSenderError, match="no recipient of this endpoint"):
        open_all(client.message(envelope, device, shape), [short])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cipher": "des"}, "pki --scep"),
        ({"cipher": "rc2"}, "AES-128-CBC"),
        ({"cipher": "3des"}, "legacy switch"),
        ({"digest": "sha1"}, "profile that allows SHA-1"),
        ({"digest": "md5"}, "forbids MD5"),
        ({"signature_digest": "md5"}, "forbids MD5"),
        ({"transport": "oaep-sha512"}, "RSAES-OAEP"),
    ],
    ids=str,
)
def test_forbidden_algorithms_are_named_with_their_cure(ra, device, csr_der, changes, words):
    """DES, MD5 and what the endpoint does not allow get badAlg, and a remedy to act on."""
    with pytest.raises(RequestRejectedError) as caught:
        open_all(enrol_with_md5(csr_der, ra, device, **changes), [ra], STRICT)
    assert caught.value.fail_info is FailInfo.BAD_ALG
    assert words in caught.value.remedy
    assert not isinstance(caught.value, UnprovenSenderError)


def enrol_with_md5(payload, ra, device, **changes):
    """MD5 is only named, as not every OpenSSL still signs with it; it is refused before it is computed."""
    real = {name: "sha256" if value == "md5" else value for name, value in changes.items()}
    message = enrol(payload, ra.certificate, device, **real)
    if "md5" not in changes.values():
        return message
    sha256 = algos.DigestAlgorithm({"algorithm": "sha256"}).dump()
    md5 = algos.DigestAlgorithm({"algorithm": "md5"}).dump()
    if changes.get("signature_digest"):
        sha256 = algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}).dump()
        md5 = algos.SignedDigestAlgorithm({"algorithm": "md5_rsa"}).dump()
    return replaced_everywhere(message, sha256, md5)


def test_forbidden_cipher_is_refused_without_a_private_key_operation(ra, device, csr_der):
    """The refusal is judged from identifiers alone: a content key that is nonsense makes no difference."""
    shape = Shape(cipher="des")
    envelope = client.envelope(csr_der, ra.certificate, shape, wrapped_key=b"\x01" * 256)
    with pytest.raises(RequestRejectedError) as caught:
        open_all(client.message(envelope, device, shape), [ra])
    assert caught.value.fail_info is FailInfo.BAD_ALG


def test_signer_that_cannot_be_answered_is_refused_by_name(ra, csr_der):
    """A reply cannot be encrypted to an EC key (RFC 8894 §3.1), nor to a tiny RSA key."""
    signer = self_signed(ec_key("device"))
    with pytest.raises(RequestRejectedError, match="not RSA") as caught:
        open_all(enrol(csr_der, ra.certificate, signer), [ra])
    assert caught.value.fail_info is FailInfo.BAD_ALG


def test_3des_key_of_equal_parts_is_refused(ra, device, csr_der):
    """A 3DES key whose neighbouring thirds are equal is single DES in disguise."""
    shape = Shape(cipher="3des", content_key=b"8 octets" * 4)
    with pytest.raises(UnprovenSenderError):
        pkimessage.payload_csr(open_all(enrol(csr_der, ra.certificate, device, shape), [ra]))


def test_recipient_is_one_pair(ra):
    """A key that does not belong to its certificate is found at the start, not at the first device."""
    with pytest.raises(ValueError, match="does not belong"):
        Recipient(certificate=ra.certificate, key=rsa_key("device"))


def test_number_of_recipients_is_bounded(ra, device, csr_der):
    """Four recipients may be named; ours is found among them, and one private key operation is spent."""
    envelope = client.envelope(csr_der, ra.certificate, Shape())
    ours = _recipient_info(envelope)
    other = _recipient_info(client.envelope(csr_der, self_signed(rsa_key("other")).certificate, Shape()))
    password = client.tlv(0xA3, b"")
    for infos in ((other, other, ours), (password, other, ours), (ours, ours)):
        changed = replaced_everywhere(envelope, client.tlv(0x31, ours), client.tlv(0x31, b"".join(infos)))
        assert pkimessage.payload_csr(open_all(client.message(changed, device, Shape()), [ra])).der == csr_der
    for infos in ((ours,) * 5, (password,), ()):
        changed = replaced_everywhere(envelope, client.tlv(0x31, ours), client.tlv(0x31, b"".join(infos)))
        with pytest.raises(UnprovenSenderError, match="recipient"):
            open_all(client.message(changed, device, Shape()), [ra])


def _recipient_info(envelope):
    data = cms.ContentInfo.load(envelope)["content"]
    return data["recipient_infos"][0].dump()


@pytest.mark.parametrize(
    "parameters",
    [
        client.tlv(
            0x30,
            client.tlv(0xA2, client.tlv(0x30, core.ObjectIdentifier(oids.P_SPECIFIED).dump() + b"\x04\x01L")),
        ),
        client.tlv(
            0x30, client.tlv(0xA1, client.tlv(0x30, core.ObjectIdentifier("1.2.3").dump() + b"\x30\x00"))
        ),
        client.tlv(0x30, client.tlv(0xA0, client.tlv(0x30, core.ObjectIdentifier("1.2.3").dump()))),
        client.tlv(0x30, client.tlv(0xA0, b"\x05\x00")),
    ],
    ids=["label", "mask function", "hash", "broken"],
)
def test_odd_oaep_parameters_get_bad_alg(ra, device, csr_der, parameters):
    """A label or a strange mask function is named, not tried."""
    shape = Shape(transport="oaep-sha1", oaep_parameters=False)
    envelope = client.envelope(csr_der, ra.certificate, shape)
    bare = client.tlv(0x30, core.ObjectIdentifier(oids.RSAES_OAEP).dump())
    changed = replaced_everywhere(
        envelope, bare, client.tlv(0x30, core.ObjectIdentifier(oids.RSAES_OAEP).dump() + parameters)
    )
    with pytest.raises(RequestRejectedError) as caught:
        open_all(client.message(changed, device, shape), [ra])
    assert caught.value.fail_info is FailInfo.BAD_ALG
