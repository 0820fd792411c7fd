"""The pkiMessage: what every client sends is read, what we answer is read by somebody else's code."""

from __future__ import annotations

import dataclasses
import gc
import os
import statistics
import time

import pytest
from asn1crypto import cms, core
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from support import scep_requests as client
from support.scep_requests import Shape, ec_key, enrol, rsa_key, self_signed

from scep_server import oids, pkimessage
from scep_server.algorithms import AlgorithmPolicy, ContentCipher, DigestAlgorithm, KeyTransport
from scep_server.errors import RequestRejectedError, UnanswerableError, UnprovenSenderError
from scep_server.messages import FailInfo, MessageType
from scep_server.pkimessage import Failure, Pending, Recipient, Success

LAX = AlgorithmPolicy(allow_sha1=True, allow_3des=True)
STRICT = AlgorithmPolicy()
NONCE = b"fresh nonce, 16!"
ENTROPY = bytes(range(48))
SUBSTITUTE = b"s" * 32


def ra_pair(name="ra", serial=0x7123456789ABCDEF0123, subject="CN=RA,O=Northwind"):
    return self_signed(rsa_key(name), subject=subject, serial=serial)


@pytest.fixture(scope="module")
def ra() -> Recipient:
    pair = ra_pair()
    return Recipient(certificate=pair.certificate, key=pair.key)


@pytest.fixture(scope="module")
def device() -> client.Pair:
    return self_signed(rsa_key("device"), subject="CN=SCEP Protocol Certificate")


@pytest.fixture(scope="module")
def issued() -> bytes:
    return self_signed(rsa_key("device"), subject="CN=issued", serial=99).der


@pytest.fixture(scope="module")
def csr_der() -> bytes:
    return client.csr(rsa_key("device"))


def open_all(message, recipients, policy=LAX):
    verified = pkimessage.verify(pkimessage.parse(message))
    return pkimessage.open_request(verified, recipients, algorithms=policy, substitute_key=SUBSTITUTE)


def seal(reply, to, ra, **options):
    return pkimessage.seal(
        reply, to, ra, sender_nonce=NONCE, content_entropy=ENTROPY, signing_time=client.START, **options
    )


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


@pytest.mark.parametrize("transport", ["oaep-sha1", "oaep-sha256", "oaep-java"])
def test_oaep_identifier_always_has_parameters(ra, device, issued, csr_der, transport):
    """.NET refuses RSAES-OAEP whose AlgorithmIdentifier lacks its parameters SEQUENCE."""
    opened = open_all(enrol(csr_der, ra.certificate, device, transport=transport), [ra])
    reply = client.read_reply(seal(Success(certificates=(issued,)), opened, ra), device)
    _, content, _, _ = client.split(reply.transport_identifier)
    _, _, _, parameters = client.split(content)
    assert parameters[0] == 0x30


def test_oaep_without_parameters_is_read(ra, device, csr_der):
    """RFC 4055 lets the parameters be absent; all are then the defaults."""
    opened = open_all(
        enrol(csr_der, ra.certificate, device, transport="oaep-sha1", oaep_parameters=False), [ra]
    )
    assert opened.key_transport is KeyTransport.OAEP_SHA1
    assert pkimessage.payload_csr(opened).der == csr_der


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
    name = client.asn1_x509.Name.build(
        {"common_name": "RA", "organization_name": "Northwind"}, use_printable=True
    )
    shape = Shape()
    envelope = client.envelope(csr_der, ra.certificate, shape, rid=(name, ra.certificate.serial_number))
    assert pkimessage.payload_csr(open_all(client.message(envelope, device, shape), [ra])).der == csr_der
    pair = ra_pair(serial=7)
    short = Recipient(certificate=pair.certificate, key=pair.key)
    envelope = client.envelope(csr_der, short.certificate, shape, rid=(name, 7))
    with pytest.raises(UnprovenSenderError, match="no recipient of this endpoint"):
        open_all(client.message(envelope, device, shape), [short])


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
    payload = client.cms.IssuerAndSerialNumber(
        {"issuer": client.asn1_x509.Certificate.load(pair.der).issuer, "serial_number": 2**127 + 5}
    ).dump()
    opened = open_all(enrol(payload, ra.certificate, device, message_type="22"), [ra])
    wanted = pkimessage.payload_issuer_and_serial(opened)
    assert opened.request.message_type is MessageType.GET_CRL
    assert (wanted.issuer, wanted.serial) == (ra.identity.issuer, 2**127 + 5)
    reply = client.read_reply(seal(Success(crl=crl), opened, ra), device)
    assert (reply.certificates, reply.crls) == ((), (crl,))


def test_poll_names_issuer_and_subject(ra, device):
    """CertPoll's payload gives both names as they were sent."""
    subject = client.asn1_x509.Name.build({"common_name": "ada@northwind.example"}).dump()
    payload = client.tlv(0x30, ra.identity.issuer + subject)
    opened = open_all(enrol(payload, ra.certificate, device, message_type="20"), [ra])
    names = pkimessage.payload_issuer_and_subject(opened)
    assert (names.issuer, names.subject) == (ra.identity.issuer, subject)


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
    sha256 = client.algos.DigestAlgorithm({"algorithm": "sha256"}).dump()
    md5 = client.algos.DigestAlgorithm({"algorithm": "md5"}).dump()
    if changes.get("signature_digest"):
        sha256 = client.algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}).dump()
        md5 = client.algos.SignedDigestAlgorithm({"algorithm": "md5_rsa"}).dump()
    return _replaced_everywhere(message, sha256, md5)


def _replaced_everywhere(der, old, new):
    """Replace an element wherever it stands outside of certificates and the content, lengths put right."""
    tag, content, whole, rest = client.split(der)
    if whole == old:
        return new + rest
    if not tag & 0x20:
        return der
    inside = b""
    while content:
        _, _, element, content = client.split(content)
        inside += _replaced_everywhere(element, old, new)
    return client.tlv(tag, inside) + rest


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


def test_ec_signed_message_is_verified(ra, csr_der):
    """The outer signature of an EC signer counts, so that the refusal is about the right thing."""
    message = enrol(csr_der, ra.certificate, self_signed(ec_key("device")))
    assert pkimessage.verify(pkimessage.parse(message)).signer_key.rsa is None


def faults(ra, device, csr_der):
    """Everything that can go wrong between the outer signature and the proof of possession."""
    shape = Shape()
    public = ra.certificate.public_key()
    oaep = Shape(transport="oaep-sha1")
    whole = client.envelope(csr_der, ra.certificate, shape)
    middle = len(whole) - 200
    return {
        "wrong RSA padding": client.envelope(csr_der, ra.certificate, shape, wrapped_key=b"\x01" * 256),
        "wrong OAEP padding": client.envelope(csr_der, ra.certificate, oaep, wrapped_key=b"\x01" * 256),
        "content key too short": client.envelope(
            csr_der, ra.certificate, shape, wrapped_key=public.encrypt(b"k" * 8, client.TRANSPORTS["pkcs1"])
        ),
        "content key too long": client.envelope(
            csr_der, ra.certificate, shape, wrapped_key=public.encrypt(b"k" * 32, client.TRANSPORTS["pkcs1"])
        ),
        "another content key": client.envelope(
            csr_der, ra.certificate, shape, wrapped_key=public.encrypt(b"k" * 16, client.TRANSPORTS["pkcs1"])
        ),
        "wrong CBC padding": client.envelope(csr_der, ra.certificate, shape, bad_padding=True),
        "changed ciphertext": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "no CSR": client.envelope(b"not a certification request", ra.certificate, shape),
        "empty": client.envelope(b"", ra.certificate, shape),
        "false self-signature": client.envelope(
            client.csr(rsa_key("device"), false_signature=True), ra.certificate, shape
        ),
        "cut ciphertext": client.envelope(csr_der, ra.certificate, shape)[:-1],
    }


FAULTS = (
    "wrong RSA padding",
    "wrong OAEP padding",
    "content key too short",
    "content key too long",
    "another content key",
    "wrong CBC padding",
    "changed ciphertext",
    "no CSR",
    "empty",
    "false self-signature",
    "cut ciphertext",
)


@pytest.mark.parametrize("fault", FAULTS)
def test_everything_before_possession_gets_one_answer(ra, device, csr_der, fault):
    """Same failInfo and same text for every cause, otherwise the answer is a decryption oracle (RFC 3218)."""
    message = client.message(faults(ra, device, csr_der)[fault], device, Shape())
    with pytest.raises(UnprovenSenderError) as caught:
        pkimessage.payload_csr(open_all(message, [ra]))
    assert caught.value.fail_info is FailInfo.BAD_MESSAGE_CHECK
    assert caught.value.public == UnprovenSenderError.PUBLIC
    assert caught.value.reason != UnprovenSenderError.PUBLIC


def test_everything_before_possession_takes_about_as_long(ra, device, csr_der):
    """Median times of all causes, measured in turns, differ by less than one private key operation varies.

    A cut ciphertext is left out: its length shows to everybody, so it is refused before any decryption. The
    bound holds on a busy machine, and fails if a cause left out the RSA operation or grew another one.
    """
    bad = faults(ra, device, csr_der)
    del bad["cut ciphertext"]
    verified = {
        name: pkimessage.verify(pkimessage.parse(client.message(content, device, Shape())))
        for name, content in bad.items()
    }
    times = {name: [] for name in bad}
    gc.disable()
    try:
        for _ in range(150):
            for name, request in verified.items():
                times[name].append(_time_to_refusal(request, ra))
    finally:
        gc.enable()
    medians = {name: statistics.median(values) for name, values in times.items()}
    assert max(medians.values()) < 1.25 * min(medians.values()), medians


def _time_to_refusal(verified, ra):
    start = time.perf_counter_ns()
    try:
        opened = pkimessage.open_request(verified, [ra], algorithms=LAX, substitute_key=SUBSTITUTE)
        pkimessage.payload_csr(opened)
    except UnprovenSenderError:
        return time.perf_counter_ns() - start
    raise AssertionError


@pytest.mark.parametrize("message_type", ["20", "21", "22"])
@pytest.mark.parametrize("fault", FAULTS)
def test_other_message_types_are_no_oracle_either(ra, device, csr_der, fault, message_type):
    """A sniffed envelope can be sent again as a poll or a query: the answer is still the same."""
    message = client.message(faults(ra, device, csr_der)[fault], device, Shape(message_type=message_type))
    read = (
        pkimessage.payload_issuer_and_subject
        if message_type == "20"
        else pkimessage.payload_issuer_and_serial
    )
    with pytest.raises(UnprovenSenderError):
        read(open_all(message, [ra]))


def test_3des_key_of_equal_parts_is_refused(ra, device, csr_der):
    """A 3DES key whose neighbouring thirds are equal is single DES in disguise."""
    shape = Shape(cipher="3des", content_key=b"8 octets" * 4)
    with pytest.raises(UnprovenSenderError):
        pkimessage.payload_csr(open_all(enrol(csr_der, ra.certificate, device, shape), [ra]))


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
    stripped = _replaced_everywhere(message, device.der, self_signed(rsa_key("other"), serial=52).der)
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
    forged = _replaced_everywhere(enrol(csr_der, ra.certificate, device), own, spki)
    with pytest.raises(UnprovenSenderError, match="exponent"):
        pkimessage.verify(pkimessage.parse(forged))


def test_bundle_keeps_its_order(ra, device, issued):
    """Apple takes the first certificate that fits: RA, issuing CA, root stay where they were put."""
    certificates = [self_signed(rsa_key("other"), serial=n, subject=f"CN={'x' * n}").der for n in (30, 3, 12)]
    assert client.read_degenerate(pkimessage.certs_only(certificates))[0] == tuple(certificates)


def test_next_ca_answer_is_signed_by_the_current_ra(ra, device):
    """GetNextCACert: verifiable with the current RA, the next certificates inside and beside."""
    following = [self_signed(rsa_key("next"), serial=n, subject="CN=next").der for n in (2, 1)]
    der = pkimessage.next_ca_certs(following, ra, signing_time=client.START)
    data = client.cms.ContentInfo.load(der, strict=True)["content"]
    (info,) = data["signer_infos"]
    raw = info["signed_attrs"].dump()
    ra.certificate.public_key().verify(
        info["signature"].native, b"\x31" + raw[1:], client.padding.PKCS1v15(), client.HASHES["sha256"]
    )
    content = data["encap_content_info"]["content"].native
    assert client.read_degenerate(content)[0] == tuple(following)
    beside = [choice.chosen.dump() for choice in data["certificates"]]
    assert beside == [ra.certificate.public_bytes(Encoding.DER), *following]


def test_secrets_stay_out_of_reprs(ra, device, csr_der):
    """Neither payload nor key shows when a stage is printed into a log."""
    opened = open_all(enrol(csr_der, ra.certificate, device), [ra])
    pkimessage.payload_csr(opened)
    shown = repr(opened) + repr(ra) + repr(opened.request)
    assert "ABCDEFGHIJKLMNOPQRSTUVWXYZ" not in shown
    assert "PrivateKey" not in shown


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


def test_recipient_is_one_pair(ra):
    """A key that does not belong to its certificate is found at the start, not at the first device."""
    with pytest.raises(ValueError, match="does not belong"):
        Recipient(certificate=ra.certificate, key=rsa_key("device"))


@pytest.mark.parametrize(("digest", "signature_digest"), [("sha1", "sha256"), ("sha256", "sha1")])
def test_weaker_of_two_digests_is_judged(ra, device, csr_der, digest, signature_digest):
    """A message is as good as the weaker of content digest and signature digest."""
    message = enrol(csr_der, ra.certificate, device, digest=digest, signature_digest=signature_digest)
    assert pkimessage.verify(pkimessage.parse(message)).digest is DigestAlgorithm.SHA1
    with pytest.raises(RequestRejectedError, match="SHA-1"):
        open_all(message, [ra], STRICT)


@pytest.mark.parametrize("message_type", ["19", "20", "21"])
def test_payload_without_padding_is_refused(ra, device, csr_der, message_type):
    """What is whole but for its padding was cut out of something else."""
    shape = Shape(message_type=message_type)
    payload = {
        "19": csr_der + b"",
        "20": client.tlv(0x30, ra.identity.issuer * 2),
        "21": ra.identity.issuer_and_serial,
    }[message_type]
    verified = pkimessage.verify(pkimessage.parse(enrol(payload, ra.certificate, device, shape)))
    opened = pkimessage.open_request(verified, [ra], algorithms=LAX, substitute_key=SUBSTITUTE)
    read = {
        "19": pkimessage.payload_csr,
        "20": pkimessage.payload_issuer_and_subject,
        "21": pkimessage.payload_issuer_and_serial,
    }[message_type]
    assert read(opened)
    with pytest.raises(UnprovenSenderError, match="does not decrypt"):
        read(dataclasses.replace(opened, intact=False))


def test_number_of_recipients_is_bounded(ra, device, csr_der):
    """Four recipients may be named; ours is found among them, and one private key operation is spent."""
    envelope = client.envelope(csr_der, ra.certificate, Shape())
    ours = _recipient_info(envelope)
    other = _recipient_info(client.envelope(csr_der, self_signed(rsa_key("other")).certificate, Shape()))
    password = client.tlv(0xA3, b"")
    for infos in ((other, other, ours), (password, other, ours), (ours, ours)):
        changed = _replaced_everywhere(envelope, client.tlv(0x31, ours), client.tlv(0x31, b"".join(infos)))
        assert pkimessage.payload_csr(open_all(client.message(changed, device, Shape()), [ra])).der == csr_der
    for infos in ((ours,) * 5, (password,), ()):
        changed = _replaced_everywhere(envelope, client.tlv(0x31, ours), client.tlv(0x31, b"".join(infos)))
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
    changed = _replaced_everywhere(
        envelope, bare, client.tlv(0x30, core.ObjectIdentifier(oids.RSAES_OAEP).dump() + parameters)
    )
    with pytest.raises(RequestRejectedError) as caught:
        open_all(client.message(changed, device, shape), [ra])
    assert caught.value.fail_info is FailInfo.BAD_ALG
