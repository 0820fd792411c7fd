"""The whole sequence: what is issued, what is answered again, and what a fault leaves behind."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from support import scep_requests
from support.scep_desk import ADA, BAD_CERT_ID, BAD_MESSAGE_CHECK, Desk
from support.scep_records import STATIC, an_issuance
from support.scep_requests import Shape, enrol, rsa_key, self_signed
from support.scep_site import STATIC_SECRET, site, subject_of

from scep_server.audit import EventKind
from scep_server.keys import TokenAccess, TokenUri
from scep_server.keys.tokens import token_key
from scep_server.limits import Rate, TokenBuckets
from scep_server.memory_store import MemoryStore
from scep_server.service import Alternate, TryLater
from scep_server.store import Issuance, RevocationReason, StoreUnavailableError


@pytest.fixture
def desk():
    return Desk()


def test_a_one_time_challenge_gives_one_certificate_that_is_on_record(desk):
    """The reply holds the recorded certificate alone, the identity is bound, the challenge is spent on it."""
    reply = desk.enrol(challenge=desk.mint())
    (der,) = reply.certificates
    (record,) = desk.store.certificates()
    assert (reply.status, record.der) == ("0", der)
    assert (record.identity, record.values) == ("bound", {"user.email": ADA})
    assert desk.store.challenges()[0].spent_by == record.serial
    assert desk.kinds() == [EventKind.MINTED, EventKind.ISSUED]
    x509.load_der_x509_certificate(der).verify_directly_issued_by(desk.here.authority.certificate)


def test_a_static_challenge_asserts_the_identity(desk):
    """Any number of devices, each identity marked as asserted."""
    for number, name in enumerate(("ada", "bob", "eve")):
        email = f"{name}@northwind.example"
        assert desk.enrol(challenge=STATIC_SECRET, email=email, key_name=f"device {number}").status == "0"
    assert {(r.identity, r.challenge) for r in desk.store.certificates()} == {("asserted", "static-staff")}


def test_a_retransmission_gets_the_same_bytes(desk):
    """Three times the same message: one certificate, one spent challenge, three equal certificates."""
    message, pair = desk.request(challenge=desk.mint())
    replies = [desk.answer(message, pair) for _ in range(3)]
    assert len({reply.certificates for reply in replies}) == 1
    assert len({reply.sender_nonce for reply in replies}) == 3
    assert len(list(desk.store.certificates())) == 1
    assert desk.kinds()[1:] == [EventKind.ISSUED, EventKind.REPEATED, EventKind.REPEATED]


def test_extensions_that_nobody_grants_are_ignored_and_logged(desk):
    """The certificate comes without them, and the audit names what was left out."""
    server_auth = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH])
    no_check = x509.OCSPNoCheck()
    (der,) = desk.enrol(challenge=STATIC_SECRET, extensions=[server_auth, no_check]).certificates
    granted = x509.load_der_x509_certificate(der).extensions
    assert no_check.oid not in {extension.oid for extension in granted}
    assert no_check.oid.dotted_string in json.loads(list(desk.store.audit())[-1].text)["ignored"].split()


class Full:
    """A recorder whose disk is full."""

    async def record(self, entry):
        if isinstance(entry, Issuance):
            raise StoreUnavailableError("the disk is full", remedy="free space")


def test_no_certificate_leaves_without_its_record():
    """If the record cannot be written, the device is told to try later, and the log says what to do."""
    desk = Desk(recorder=Full())
    challenge = desk.mint()
    message, _ = desk.request(challenge=challenge)
    assert isinstance(desk.ask(message), TryLater)
    assert desk.seen[-1].remedy == "free space"
    assert desk.store.challenges()[0].spent is None
    repaired = Desk(store=desk.store, now=desk.now)
    assert repaired.enrol(challenge=challenge).status == "0"


class Broken:
    """A recorder with a fault that nobody foresaw."""

    async def record(self, entry):
        raise RuntimeError


def test_a_fault_of_ours_looks_like_any_failure(caplog):
    """An exception that nobody foresaw gives the uniform refusal, and the log has its trace."""
    desk = Desk(recorder=Broken())
    reply = desk.enrol(challenge=STATIC_SECRET)
    assert reply.fail_info == BAD_MESSAGE_CHECK
    assert caplog.records[-1].exc_info


def test_a_taken_serial_is_drawn_again():
    """Entropy that repeats once costs a draw, not a certificate."""
    desk = Desk()
    desk.enrol(challenge=STATIC_SECRET)
    repeated = Desk(store=desk.store, now=desk.now)
    reply = repeated.enrol(challenge=STATIC_SECRET, email="bob@northwind.example", key_name="other")
    assert reply.status == "0"
    assert len({r.serial for r in desk.store.certificates()}) == 2


def test_the_rate_of_a_group_counts_certificates_only():
    """Refusals and retransmissions use nothing up; beyond the rate the device may come again."""
    desk = Desk(issued=TokenBuckets(Rate(per_second=0.1, burst=1)))
    for _ in range(5):
        desk.enrol(challenge="wrong")
    message, pair = desk.request(challenge=STATIC_SECRET)
    assert desk.answer(message, pair).status == "0"
    assert desk.answer(message, pair).status == "0"
    other, _ = desk.request(challenge=STATIC_SECRET, email="bob@northwind.example", key_name="other")
    later = desk.ask(other)
    assert isinstance(later, TryLater)
    assert later.seconds == 10
    desk.seconds += later.seconds
    assert desk.enrol(challenge=STATIC_SECRET, email="bob@northwind.example", key_name="other").status == "0"


def _about(desk, message_type: str, serial: int) -> tuple[bytes, object]:
    issuer = asn1_x509.Certificate.load(
        desk.here.authority.certificate.public_bytes(serialization.Encoding.DER)
    ).subject
    payload = cms.IssuerAndSerialNumber({"issuer": issuer, "serial_number": serial}).dump()
    pair = self_signed(rsa_key("asker"))
    return enrol(payload, desk.here.ra.certificate, pair, Shape(message_type=message_type)), pair


def test_get_cert_gives_a_certificate_of_the_group(desk):
    """By serial; what is unknown or another group's is badCertId."""
    (der,) = desk.enrol(challenge=STATIC_SECRET).certificates
    serial = x509.load_der_x509_certificate(der).serial_number
    assert desk.answer(*_about(desk, "21", serial)).certificates == (der,)
    assert desk.answer(*_about(desk, "21", serial + 1)).fail_info == BAD_CERT_ID
    desk.endpoint = desk.here.endpoint(group="students")
    assert desk.answer(*_about(desk, "21", serial)).fail_info == BAD_CERT_ID


def test_get_crl_gives_the_current_crl(desk):
    """With the revocation that was made a moment ago, and only the CRL."""
    desk.enrol(challenge=STATIC_SECRET)
    (record,) = desk.store.certificates()
    desk.store.revoke(record.serial, RevocationReason.KEY_COMPROMISE, desk.now)
    reply = desk.answer(*_about(desk, "22", 1))
    (crl,) = reply.crls
    assert reply.certificates == ()
    assert x509.load_der_x509_crl(crl).get_revoked_certificate_by_serial_number(record.serial)


class NamedCrls:
    """Gives the name of the authority for its CRL."""

    def crl(self, authority: str) -> bytes:
        return scep_requests.tlv(0x30, authority.encode())


def test_in_a_rollover_get_crl_gives_that_of_the_issuer_of_the_certificate(desk):
    """A device with a certificate of the old CA asks the new RA for the CRL that says something of it."""
    desk.service = replace(desk.service, crls=NamedCrls())
    desk.store.record([an_issuance(7, issuer="old-ca", voucher=STATIC)], desk.now)
    desk.store.record([an_issuance(8, issuer="students-ca", group="students", voucher=STATIC)], desk.now)
    named = [desk.answer(*_about(desk, "22", serial)).crls[0] for serial in (7, 8, 9)]
    assert [crl[2:] for crl in named] == [b"old-ca", b"staff-ca", b"staff-ca"]


def test_a_poll_is_refused(desk):
    """Nothing is ever left pending, so a poll matches nothing (RFC 8894 §4.4)."""
    message, pair = desk.request(challenge=None, shape=Shape(message_type="20"))
    assert desk.answer(message, pair).fail_info == BAD_CERT_ID


def test_a_renewed_ra_leaves_no_device_behind(desk):
    """What was sealed to the old RA is opened, and answered by the old RA, whom that device trusts."""
    old = desk.here.ra
    new = desk.here.another_ra()
    message, pair = desk.request(challenge=STATIC_SECRET)
    desk.endpoint = desk.here.endpoint(recipients=(new, old))
    reply = desk.answer(message, pair)
    assert reply.status == "0"
    assert x509.load_der_x509_certificate(reply.signer) == old.certificate


@pytest.mark.parametrize("place", ["previous", "next"])
def test_during_a_rollover_the_recipient_chooses_the_authority(desk, place):
    """Who seals to the other CA's RA trusts that CA: it issues, its RA answers, its name is on record."""
    other = Alternate(
        authority=replace(site("ec-p256").authority, name="other-ca"), recipient=desk.here.another_ra()
    )
    alternates = {"previous": (other,)} if place == "previous" else {"next": other}
    desk.endpoint = desk.here.endpoint(**alternates)
    key, pair = rsa_key("device"), self_signed(rsa_key("device"), subject=subject_of(ADA))
    payload = scep_requests.csr(key, subject=subject_of(ADA), challenge=STATIC_SECRET)
    reply = desk.answer(enrol(payload, other.recipient.certificate, pair), pair)
    (der,) = reply.certificates
    x509.load_der_x509_certificate(der).verify_directly_issued_by(other.authority.certificate)
    assert x509.load_der_x509_certificate(reply.signer) == other.recipient.certificate
    assert [record.issuer for record in desk.store.certificates()] == ["other-ca"]
    assert desk.enrol(challenge=STATIC_SECRET).status == "0"
    assert [record.issuer for record in desk.store.certificates()] == ["other-ca", "staff-ca"]


@pytest.mark.parametrize("algorithm", ["rsa-2048", "ec-p256"])
def test_either_kind_of_ca_issues(algorithm):
    """The RA is RSA whatever the CA is."""
    desk = Desk(here=site(algorithm), store=MemoryStore())
    assert desk.enrol(challenge=STATIC_SECRET).status == "0"


def test_a_token_that_is_away_is_no_refusal():
    """The device is told to come again, the log what is wrong, and the challenge is not spent."""
    here = site()
    uri, spki = TokenUri.parse("pkcs11:token=a;object=b"), here.authority.key.public_key()
    der = spki.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    away = replace(here.authority, key=token_key(TokenAccess(), uri, der))
    desk = Desk(endpoint=here.endpoint(authority=away))
    challenge = desk.mint()
    message, _ = desk.request(challenge=challenge)
    assert isinstance(desk.ask(message), TryLater)
    assert "on a token" in desk.seen[-1].reason
    assert desk.seen[-1].remedy
    desk.endpoint = here.endpoint()
    assert desk.enrol(challenge=challenge).status == "0"
