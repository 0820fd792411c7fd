"""Replies: sealed in kind, read by somebody else's code."""

from __future__ import annotations

import dataclasses
import os

import pytest
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from support import scep_requests as client
from support.scep_requests import Shape, enrol, rsa_key, self_signed
from support.scep_stages import (
    LAX,
    STRICT,
    open_all,
    ra_pair,
    seal,
)

from scep_server import pkimessage
from scep_server.algorithms import DigestAlgorithm
from scep_server.messages import FailInfo, MessageType
from scep_server.pkimessage import Failure, Pending, Success


@pytest.mark.parametrize("transport", ["oaep-sha1", "oaep-sha256", "oaep-java"])
def test_oaep_identifier_always_has_parameters(ra, device, issued, csr_der, transport):
    """.NET refuses RSAES-OAEP whose AlgorithmIdentifier lacks its parameters SEQUENCE."""
    opened = open_all(enrol(csr_der, ra.certificate, device, transport=transport), [ra])
    reply = client.read_reply(seal(Success(certificates=(issued,)), opened, ra), device)
    _, content, _, _ = client.split(reply.transport_identifier)
    _, _, _, parameters = client.split(content)
    assert parameters[0] == 0x30


def test_failure_mirrors_the_digest_and_has_no_content(ra, device, csr_der):
    """RFC 8894 §3.3.2: FAILURE carries failInfo and, for people, failInfoText; nothing is enveloped."""
    verified = pkimessage.verify(pkimessage.parse(enrol(csr_der, ra.certificate, device, digest="sha512")))
    text = "the challenge is spent: 挑戦"
    reply = client.read_reply(seal(Failure(fail_info=FailInfo.BAD_REQUEST, text=text), verified, ra), device)
    assert (reply.status, reply.fail_info, reply.fail_info_text) == ("2", "2", text)
    assert (reply.digest, reply.certificates, reply.cipher) == ("sha512", (), None)


@pytest.mark.parametrize(
    ("digest", "policy", "expected"),
    [("sha1", STRICT, "sha256"), ("sha1", LAX, "sha1"), ("md5", LAX, "sha256"), ("sha384", STRICT, "sha384")],
)
def test_failure_never_goes_below_what_is_allowed(ra, device, csr_der, digest, policy, expected):
    """A refusal of SHA-1 or MD5 is itself signed with SHA-256; an allowed SHA-1 is mirrored."""
    message = enrol(csr_der, ra.certificate, device, digest="sha256")
    signed = pkimessage.parse(message)
    signed = dataclasses.replace(signed, digest=DigestAlgorithm(digest))
    reply = seal(Failure(fail_info=FailInfo.BAD_ALG, text="no"), signed, ra, algorithms=policy)
    assert client.read_reply(reply, device).digest == expected


def test_pending_echoes_the_transaction(ra, device, csr_der):
    """Apple polls with the transactionID of the reply."""
    opened = open_all(enrol(csr_der, ra.certificate, device), [ra])
    reply = client.read_reply(seal(Pending(), opened, ra), device)
    assert (reply.status, reply.transaction_id) == ("3", Shape().transaction_id)
    assert (reply.fail_info, reply.cipher) == (None, None)


def test_success_needs_an_opened_request(ra, device, csr_der, issued):
    """A certificate is never sealed to a request that was not opened."""
    verified = pkimessage.verify(pkimessage.parse(enrol(csr_der, ra.certificate, device)))
    with pytest.raises(TypeError, match="opened"):
        seal(Success(certificates=(issued,)), verified, ra)


def test_crl_reply_has_only_the_crl(ra, device):
    """RFC 8894 §3.3.4: the answer to GetCRL holds the crls field alone."""
    pair = ra_pair()
    crl = (
        x509.CertificateRevocationListBuilder(pair.certificate.subject, client.START, client.START)
        .sign(pair.key, client.HASHES["sha256"])
        .public_bytes(Encoding.DER)
    )
    payload = cms.IssuerAndSerialNumber(
        {"issuer": asn1_x509.Certificate.load(pair.der).issuer, "serial_number": 2**127 + 5}
    ).dump()
    opened = open_all(enrol(payload, ra.certificate, device, message_type="22"), [ra])
    wanted = pkimessage.payload_issuer_and_serial(opened)
    assert opened.request.message_type is MessageType.GET_CRL
    assert (wanted.issuer, wanted.serial) == (ra.identity.issuer, 2**127 + 5)
    reply = client.read_reply(seal(Success(crl=crl), opened, ra), device)
    assert (reply.certificates, reply.crls) == ((), (crl,))


def test_bundle_keeps_its_order(ra, device, issued):
    """Apple takes the first certificate that fits: RA, issuing CA, root stay where they were put."""
    certificates = [self_signed(rsa_key("other"), serial=n, subject=f"CN={'x' * n}").der for n in (30, 3, 12)]
    assert client.read_degenerate(pkimessage.certs_only(certificates))[0] == tuple(certificates)


def test_next_ca_answer_is_signed_by_the_current_ra(ra, device):
    """GetNextCACert: verifiable with the current RA, the next certificates inside and beside."""
    following = [self_signed(rsa_key("next"), serial=n, subject="CN=next").der for n in (2, 1)]
    der = pkimessage.next_ca_certs(following, ra, signing_time=client.START)
    data = cms.ContentInfo.load(der, strict=True)["content"]
    (info,) = data["signer_infos"]
    raw = info["signed_attrs"].dump()
    ra.certificate.public_key().verify(
        info["signature"].native, b"\x31" + raw[1:], padding.PKCS1v15(), client.HASHES["sha256"]
    )
    content = data["encap_content_info"]["content"].native
    assert client.read_degenerate(content)[0] == tuple(following)
    beside = [choice.chosen.dump() for choice in data["certificates"]]
    assert beside == [ra.certificate.public_bytes(Encoding.DER), *following]


def test_wrong_amount_of_entropy_is_a_programming_error(ra, device, csr_der, issued):
    """A short key must never be padded silently."""
    opened = open_all(enrol(csr_der, ra.certificate, device), [ra])
    with pytest.raises(ValueError, match="48 octets"):
        pkimessage.seal(
            Success(certificates=(issued,)),
            opened,
            ra,
            sender_nonce=os.urandom(16),
            content_entropy=b"short",
            signing_time=client.START,
        )
