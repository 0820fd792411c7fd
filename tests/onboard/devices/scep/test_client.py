"""The simulated SCEP client against a responder that can lie."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from urllib.parse import unquote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from support.scep_certificates import KEYS, NOW
from support.scep_responder import Responder

from onboard.devices import errors as e
from onboard.devices.scep import der
from onboard.devices.scep import request_shape as shapes
from onboard.devices.scep.ca_certificates import Fingerprint
from onboard.devices.scep.client import Identity, ScepClient
from onboard.devices.scep.csr import CertificateRequest, NameAttribute, RequestedName
from onboard.secret import Secret

URL = "https://scep.northwind.example/scep/staff"
REQUEST = CertificateRequest(
    subject=((NameAttribute("2.5.4.3", "ada@northwind.example"),), (NameAttribute("2.5.4.10", "Nørd"),)),
    alt_names=(RequestedName("rfc822", "ada@northwind.example"), RequestedName("upn", "ada@nw.example")),
    challenge=Secret("correct-horse-battery-staple"),
)
SCEP = "2.16.840.1.113733.1.9."


def client(responder: Responder, shape: shapes.RequestShape = shapes.PLAIN, **more) -> ScepClient:
    return ScepClient(url=URL, client=responder.client(), shape=shape, now=NOW, **more)


def enrol(responder: Responder, shape: shapes.RequestShape = shapes.PLAIN, **more) -> Identity:
    device = client(responder, shape, **more)
    return device.enroll(device.discover(root_pin(responder)), REQUEST, KEYS[1])


def root_pin(responder: Responder) -> Fingerprint:
    return Fingerprint(hashlib.sha256(responder.root.public_bytes(Encoding.DER)).digest())


@pytest.mark.parametrize("shape", shapes.FAMILIES, ids=lambda s: s.name)
def test_every_family_enrols(shape):
    """Each family of clients gets a certificate for its own key."""
    identity = enrol(Responder(), shape)
    assert identity.certificate.public_key() == KEYS[1].public_key()


@pytest.mark.parametrize("shape", shapes.FAMILIES, ids=lambda s: s.name)
def test_request_holds_subject_challenge_and_names(shape):
    """What was asked for arrives: subject, challenge and alternative names, in a CSR that verifies."""
    responder = Responder()
    enrol(responder, shape)
    (received,) = responder.received
    info = received.csr["certification_request_info"]
    attributes = {a["type"].native: a["values"][0] for a in info["attributes"]}
    assert info["subject"].native == {"common_name": "ada@northwind.example", "organization_name": "Nørd"}
    assert attributes["challenge_password"].native == "correct-horse-battery-staple"
    names = {n.name: n.chosen for n in attributes["extension_request"][0]["extn_value"].parsed}
    assert names["rfc822_name"].native == "ada@northwind.example"
    assert names["other_name"]["type_id"].native == "1.3.6.1.4.1.311.20.2.3"
    if shape.version == 0:
        assert x509.load_der_x509_csr(received.csr_der).is_signature_valid


def test_windows_looks_like_windows():
    """Windows: SHA-1, AES-128, OAEP, its own signer with a critical AKI, /pkiclient.exe, message=default."""
    responder = Responder()
    enrol(responder, shapes.WINDOWS)
    (received,) = responder.received
    assert (received.digest, received.transport) == ("sha1", "rsaes_oaep")
    assert received.cipher == "2.16.840.1.101.3.4.1.2"
    assert received.signer.subject.rfc4514_string() == "CN=SCEP Protocol Certificate"
    assert received.signer.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).critical
    assert len(received.transaction_id) == 40
    first = responder.requests[0].url
    assert first.path.endswith("/scep/staff/pkiclient.exe")
    assert first.query == b"operation=GetCACaps&message=default"


def test_apple_looks_like_apple():
    """Apple: strongest digest, AES-128, PKCS#1 v1.5, upper-case SHA-1 transactionID, its Name as message."""
    responder = Responder()
    enrol(responder, shapes.APPLE, identifier="staff")
    (received,) = responder.received
    spki = received.csr["certification_request_info"]["subject_pk_info"].dump()
    assert received.transaction_id == hashlib.sha1(spki).hexdigest().upper()
    assert (received.digest, received.transport) == ("sha512", "rsaes_pkcs1v15")
    assert responder.requests[0].url.query == b"operation=GetCACaps&message=staff"
    assert responder.requests[-1].method == "POST"


def test_mdmclient_signs_with_another_key():
    """The mdmclient of macOS signs with a key of its own and sends an 8-byte nonce."""
    responder = Responder()
    enrol(responder, shapes.MACOS_MDMCLIENT)
    (received,) = responder.received
    assert received.signer.public_key() != KEYS[1].public_key()
    assert len(received.sender_nonce) == 8


def test_apple_does_not_see_capabilities_before_a_carriage_return():
    """CRLF hides every keyword from Apple, which then falls back to SHA-1 and 3DES by GET."""
    responder = Responder(
        capabilities=b"AES\r\nPOSTPKIOperation\r\nSHA-256\r\n", reply_cipher=shapes.Cipher.DES3
    )
    enrol(responder, shapes.APPLE)
    (received,) = responder.received
    assert (received.digest, received.cipher) == ("sha1", "1.2.840.113549.3.7")
    assert responder.requests[-1].method == "GET"


def test_get_keeps_plus_literal_for_apple():
    """Apple's GET escapes '=' only; a router's GET breaks lines."""
    responder = Responder(capabilities=b"AES\nSHA-256\n")
    enrol(responder, shapes.APPLE)
    raw = responder.requests[-1].url.query.decode().partition("message=")[2]
    assert "%2B" not in raw.upper()
    assert "+" in raw
    enrol(responder, shapes.CISCO)
    raw = responder.requests[-1].url.query.decode().partition("message=")[2]
    assert all(len(unquote(line)) <= 64 for line in raw.split("%0A"))
    assert raw.count("%0A") > 10


def test_subject_of_signer_is_the_subject_of_the_request():
    """A self-signed signer carries byte for byte the subject that the CSR has (RFC 8894 §2.3)."""
    responder = Responder()
    enrol(responder, shapes.CERTMONGER)
    (received,) = responder.received
    subject = received.csr["certification_request_info"]["subject"].dump()
    assert received.signer.subject.public_bytes() == subject
    assert b"\x0c" in subject  # UTF8String


@pytest.mark.parametrize("shape", [shapes.PLAIN, shapes.APPLE], ids=lambda s: s.name)
def test_renewal_is_signed_by_the_current_certificate(shape):
    """A renewal is signed by the current identity: RenewalReq, or PKCSReq from Apple."""
    responder = Responder()
    device = client(responder, shape)
    endpoint = device.discover(root_pin(responder))
    current = device.enroll(endpoint, REQUEST, KEYS[1])
    renewed = device.renew(endpoint, replace(REQUEST, challenge=None), KEYS[2], current)
    assert renewed.certificate.public_key() == KEYS[2].public_key()
    assert responder.received[-1].signer == current.certificate
    assert responder.received[-1].message_type == {"plain": "17", "Apple": "19"}[shape.name]


def test_no_renewal_where_it_is_not_advertised():
    """Without the Renewal keyword a client drops the renewal."""
    responder = Responder(capabilities=b"AES\nPOSTPKIOperation\nSHA-256\n")
    device = client(responder)
    endpoint = device.discover(root_pin(responder))
    current = device.enroll(endpoint, REQUEST, KEYS[1])
    with pytest.raises(e.ScepTransportError, match="Renewal"):
        device.renew(endpoint, REQUEST, KEYS[2], current)


def test_failure_carries_code_and_text():
    """A FAILURE becomes an error with failInfo and failInfoText."""
    responder = Responder(status="2", fail_info="1", fail_info_text="the challenge is spent")
    with pytest.raises(e.ScepFailureError, match="badMessageCheck: the challenge is spent") as caught:
        enrol(responder)
    assert caught.value.fail_info is e.FailInfo.BAD_MESSAGE_CHECK
    assert caught.value.fail_info_text == "the challenge is spent"


def test_pending_is_told():
    """PENDING is neither success nor refusal."""
    with pytest.raises(e.ScepPendingError):
        enrol(Responder(status="3"))


def _set(oid: str, value: bytes):
    return lambda attributes: attributes.__setitem__(SCEP + oid, value)


def _drop(oid: str):
    return lambda attributes: attributes.pop(SCEP + oid)


LIES = {
    "another transaction": (_set("7", der.printable("ABC")), "another transaction"),
    "another recipientNonce": (_set("6", der.octets(b"x" * 16)), "recipientNonce"),
    "no recipientNonce": (_drop("6"), "recipientNonce"),
    "no senderNonce": (_drop("5"), "senderNonce"),
    "not a CertRep": (_set("2", der.printable("19")), "messageType"),
    "no status": (_drop("3"), "pkiStatus"),
    "unknown status": (_set("3", der.printable("7")), "pkiStatus"),
    "status in UTF8String": (_set("3", der.utf8("0")), "pkiMessage"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_lie_in_the_attributes_is_not_believed(lie):
    """A reply that a client must not believe is rejected, with the attribute named."""
    break_reply, match = lie
    with pytest.raises(e.ReplyRejectedError, match=match):
        enrol(Responder(break_reply=break_reply))


def test_echoed_nonce_is_rejected():
    """A server that repeats the client's nonce as its own breaks jscep-like clients."""

    def echo(attributes):
        attributes[SCEP + "5"] = attributes[SCEP + "6"]

    with pytest.raises(e.ReplyRejectedError, match="echoed"):
        enrol(Responder(break_reply=echo))


def test_reply_signed_by_another_key_is_rejected():
    """The RA's name on the reply is not enough; its signature must verify."""
    with pytest.raises(e.ReplyRejectedError, match="signature"):
        enrol(Responder(sign_with=2))


def test_content_swapped_under_the_signature_is_rejected():
    """The message digest binds the content."""

    def swap(attributes):
        attributes["1.2.840.113549.1.9.4"] = der.octets(b"\0" * 32)

    with pytest.raises(e.ReplyRejectedError, match="not what was signed"):
        enrol(Responder(break_reply=swap))


def test_ca_first_in_the_reply_breaks_apple_only():
    """Apple takes the first certificate as its identity; others look for their key."""
    responder = Responder()
    responder.certificates = lambda leaf: [responder.ca, leaf]
    with pytest.raises(e.ReplyRejectedError, match="mismatching public keys"):
        enrol(responder, shapes.APPLE)
    assert enrol(responder, shapes.WINDOWS).others == (responder.ca,)


def test_single_des_in_the_reply_is_refused():
    """A reply in single DES is not opened."""
    with pytest.raises(e.ReplyRejectedError, match="refuses"):
        enrol(Responder(reply_cipher=shapes.Cipher.DES))


def test_charset_on_the_reply_breaks_exact_clients():
    """Apple and certmonger compare the content type for equality."""
    responder = Responder(content_type="application/x-pki-message; charset=utf-8")
    assert enrol(responder, shapes.WINDOWS)
    with pytest.raises(e.ScepTransportError, match="content type"):
        enrol(responder, shapes.APPLE)


def test_secret_does_not_reach_a_repr():
    """The challenge is in no repr of a request."""
    assert "correct-horse" not in repr(REQUEST)


HONEST = Responder()


@given(st.integers(min_value=0, max_value=2000), st.integers(min_value=1, max_value=255))
def test_damaged_reply_is_rejected_or_harmless(at, flip):
    """Whichever octet of a reply is damaged: the client ends with its own certificate or a typed error."""

    def damage(reply: bytes) -> bytes:
        damaged = bytearray(reply)
        damaged[at % len(damaged)] ^= flip
        return bytes(damaged)

    HONEST.damage = damage
    try:
        assert enrol(HONEST).certificate.public_key() == KEYS[1].public_key()
    except e.ScepError as error:
        assert str(error)  # noqa: PT017  most damage is noticed


@given(st.binary(max_size=200))
def test_any_answer_is_a_typed_error(answer):
    """HTML, nothing, or noise instead of a reply is rejected, never a crash."""
    responder = Responder(damage=lambda reply: answer)
    with pytest.raises(e.ReplyRejectedError):
        enrol(responder)
