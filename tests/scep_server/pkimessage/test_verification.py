"""Parsing and verifying: what every client sends is read, what nobody signed is refused."""

from __future__ import annotations

import dataclasses

import pytest
from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from support import scep_requests as client
from support.scep_requests import Shape, ec_key, enrol, rsa_key, self_signed
from support.scep_stages import (
    STRICT,
    open_all,
    replaced_everywhere,
)

from scep_server import pkimessage
from scep_server.algorithms import DigestAlgorithm
from scep_server.errors import RequestRejectedError, UnanswerableError, UnprovenSenderError


def test_attributes_sent_as_ber_are_verified_as_der(ra, device, csr_der):
    """RFC 5652 §5.4: the signature covers the DER of the attributes, whatever encoding was sent."""
    message = enrol(csr_der, ra.certificate, device)
    ber = client.as_ber(message, keep=(device.der,))
    assert pkimessage.payload_csr(open_all(ber, [ra])).der == csr_der


def test_unsorted_attributes_signed_as_sent_are_verified(ra, device, csr_der):
    """Some clients sign their attributes in the order in which they send them."""
    shape = Shape()
    content = client.envelope(csr_der, ra.certificate, shape)
    as_sent = client.message(content, device, shape, unsorted=True)
    sorted_first = client.message(content, device, shape, unsorted=True, signed_as_sent=False)
    for message in (as_sent, sorted_first):
        assert pkimessage.payload_csr(open_all(message, [ra])).der == csr_der


@pytest.mark.parametrize("piece", [1, 7, 64, 1000])
@pytest.mark.parametrize("definite", [False, True])
def test_ber_of_bouncycastle_gives_the_same_values(ra, device, csr_der, piece, definite):
    """Indefinite lengths and strings in pieces, inside and outside of the envelope, change nothing."""
    shape = client.BOUNCYCASTLE
    inner = client.as_ber(
        client.envelope(csr_der, ra.certificate, shape), piece=max(piece, 16), definite=definite
    )
    message = client.message(inner, device, shape)
    plain = pkimessage.parse(message)
    kept = (plain.signed_data.signer_info.signed_attributes, device.der)
    ber = client.as_ber(message, keep=kept, piece=max(piece, 16), definite=definite)
    assert ber != message
    parsed = pkimessage.parse(ber)
    sent = dataclasses.replace(parsed.signed_data.signer_info, signed_attributes=b"", attributes={})
    meant = dataclasses.replace(plain.signed_data.signer_info, signed_attributes=b"", attributes={})
    assert sent == meant
    assert parsed.signed_data.content == plain.signed_data.content
    assert (parsed.transaction_id, parsed.sender_nonce) == (plain.transaction_id, plain.sender_nonce)
    assert pkimessage.payload_csr(open_all(ber, [ra])).der == csr_der


def test_line_break_after_the_message_is_tolerated(ra, device, csr_der):
    """A file that was sent with a line break at its end is still that file."""
    assert pkimessage.parse(enrol(csr_der, ra.certificate, device) + b"\r\n")


def test_signer_is_found_among_several_certificates(ra, device, csr_der):
    """A renewal brings its chain along; signerInfo says which certificate signed."""
    shape = Shape()
    content = client.envelope(csr_der, ra.certificate, shape)
    others = (ra.certificate.public_bytes(Encoding.DER), self_signed(rsa_key("other")).der)
    own_name = self_signed(rsa_key("device"), subject="CN=mine", serial=77)
    message = client.message(content, own_name, shape, other_certificates=others)
    assert pkimessage.verify(pkimessage.parse(message)).signer_der == own_name.der
    by_identifier = dataclasses.replace(shape, by_key_identifier=True)
    content = client.envelope(csr_der, ra.certificate, by_identifier)
    message = client.message(content, own_name, by_identifier, other_certificates=others)
    assert pkimessage.verify(pkimessage.parse(message)).signer_der == own_name.der


def test_windows_signer_with_critical_authority_key_identifier(ra, csr_der):
    """Windows marks the authorityKeyIdentifier of its throw-away signer critical."""
    key = rsa_key("device")
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    signer = self_signed(key, subject="CN=SCEP Protocol Certificate", extensions=[(identifier, True)])
    opened = open_all(enrol(csr_der, ra.certificate, signer, client.WINDOWS), [ra])
    assert pkimessage.payload_csr(opened).der == csr_der


def test_ec_signed_message_is_verified(ra, csr_der):
    """The outer signature of an EC signer counts, so that the refusal is about the right thing."""
    message = enrol(csr_der, ra.certificate, self_signed(ec_key("device")))
    assert pkimessage.verify(pkimessage.parse(message)).signer_key.rsa is None


@pytest.mark.parametrize("fault", ["signature", "digest", "content type", "no digest"])
def test_false_outer_signature_is_refused(ra, device, csr_der, fault):
    """Nothing is opened before the outer signature, the digest and the content type fit."""
    shape = Shape()
    content = client.envelope(csr_der, ra.certificate, shape)
    attributes = client.signed_attributes(content, shape)
    if fault == "digest":
        attributes = client.signed_attributes(content + b"x", shape)
    if fault == "content type":
        attributes = client.signed_attributes(content, Shape(content_type="signed_data"))
    if fault == "no digest":
        del attributes[1]
    message = client.message(
        content, device, shape, attributes=attributes, false_signature=fault == "signature"
    )
    with pytest.raises(UnprovenSenderError):
        pkimessage.verify(pkimessage.parse(message))


@pytest.mark.parametrize(
    "changes",
    [
        {"message_type": None},
        {"message_type": "3"},
        {"message_type": "18"},
        {"message_type": "nineteen"},
        {"message_type": "19999"},
        {"message_type": "¹⁹"},
        {"transaction_id": None},
        {"transaction_id": ""},
        {"transaction_id": "x" * 256},
        {"transaction_id": "a\nb"},
        {"transaction_id": "ä", "attribute_strings": core.UTF8String},
        {"nonce": b"n" * 65},
    ],
    ids=str,
)
def test_message_without_anybody_to_answer_is_unanswerable(ra, device, csr_der, changes):
    """What gives no transaction, or a type that is no request, is not answered as SCEP at all."""
    if changes.get("message_type") == "¹⁹":
        changes = {**changes, "attribute_strings": core.UTF8String}
    with pytest.raises(UnanswerableError):
        pkimessage.parse(enrol(csr_der, ra.certificate, device, **changes))


@pytest.mark.parametrize("count", [7, 8])
def test_number_of_certificates_is_bounded(ra, device, csr_der, count):
    """A message brings at most eight certificates, its signer's included."""
    shape = Shape()
    content = client.envelope(csr_der, ra.certificate, shape)
    others = (self_signed(rsa_key("other"), serial=3).der,) * count
    message = client.message(content, device, shape, other_certificates=others)
    if count == 7:
        assert pkimessage.parse(message)
    else:
        with pytest.raises(UnanswerableError, match="more than 8"):
            pkimessage.parse(message)


def test_signer_missing_from_several_certificates_is_unanswerable(ra, device, csr_der):
    """Without the signer's certificate nothing can be verified."""
    shape = Shape()
    content = client.envelope(csr_der, ra.certificate, shape)
    others = tuple(self_signed(rsa_key("other"), serial=n).der for n in (50, 51))
    message = client.message(content, device, shape, other_certificates=others)
    stripped = replaced_everywhere(message, device.der, self_signed(rsa_key("other"), serial=52).der)
    with pytest.raises(UnanswerableError, match="not in the message"):
        pkimessage.parse(stripped)


def test_costly_signer_key_is_refused_before_it_is_used(ra, device, csr_der):
    """A public exponent as long as the modulus makes each verification cost a private key operation."""
    spki = client.tlv(
        0x30,
        client.tlv(0x30, core.ObjectIdentifier("1.2.840.113549.1.1.1").dump() + core.Null().dump())
        + client.tlv(
            3,
            b"\x00" + client.tlv(0x30, core.Integer(2**2047 + 9).dump() + core.Integer(2**2000 + 1).dump()),
        ),
    )
    own = pkimessage.parse(enrol(csr_der, ra.certificate, device)).signer_identity.spki
    forged = replaced_everywhere(enrol(csr_der, ra.certificate, device), own, spki)
    with pytest.raises(UnprovenSenderError, match="exponent"):
        pkimessage.verify(pkimessage.parse(forged))


@pytest.mark.parametrize(("digest", "signature_digest"), [("sha1", "sha256"), ("sha256", "sha1")])
def test_weaker_of_two_digests_is_judged(ra, device, csr_der, digest, signature_digest):
    """A message is as good as the weaker of content digest and signature digest."""
    message = enrol(csr_der, ra.certificate, device, digest=digest, signature_digest=signature_digest)
    assert pkimessage.verify(pkimessage.parse(message)).digest is DigestAlgorithm.SHA1
    with pytest.raises(RequestRejectedError, match="SHA-1"):
        open_all(message, [ra], STRICT)
