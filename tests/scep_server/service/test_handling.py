"""The whole sequence: what is issued, what is refused with which failInfo, and what is left behind."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from support import scep_requests
from support.scep_desk import ADA, Desk
from support.scep_requests import Shape, enrol, rsa_key, self_signed
from support.scep_site import POLICY, STATIC_SECRET, minted, site, subject_of

from scep_server.audit import EventKind, verify
from scep_server.limits import Rate, TokenBuckets
from scep_server.memory_store import MemoryStore
from scep_server.messages import FailInfo
from scep_server.service import NotScep, TryLater
from scep_server.store import Issuance, RevocationReason, StoreUnavailableError

BAD_ALG, BAD_MESSAGE_CHECK, BAD_REQUEST, BAD_CERT_ID = (
    str(FailInfo[name].value) for name in ("BAD_ALG", "BAD_MESSAGE_CHECK", "BAD_REQUEST", "BAD_CERT_ID")
)


@pytest.fixture
def desk():
    return Desk()


def kinds(desk):
    return [json.loads(link.text)["kind"] for link in desk.store.audit()]


def give(desk, number=1, **changes):
    """Mint a challenge bound to Ada, or as the changes say; its text."""
    fields = {"user_email": ADA} | changes
    challenge, record = minted(number, desk.now, **fields)
    desk.store.add_challenges([record])
    return challenge


def test_a_one_time_challenge_gives_one_certificate_that_is_on_record(desk):
    """The reply holds the recorded certificate alone, the identity is bound, the challenge is spent on it."""
    reply = desk.enrol(challenge=give(desk))
    (der,) = reply.certificates
    (record,) = desk.store.certificates()
    assert (reply.status, record.der) == ("0", der)
    assert (record.identity, record.values) == ("bound", {"user.email": ADA})
    assert desk.store.challenges()[0].spent_by == record.serial
    assert kinds(desk) == [EventKind.MINTED, EventKind.ISSUED]
    x509.load_der_x509_certificate(der).verify_directly_issued_by(desk.here.authority.certificate)


def test_a_static_challenge_asserts_the_identity(desk):
    """Any number of devices, each identity marked as asserted."""
    for number, name in enumerate(("ada", "bob", "eve")):
        email = f"{name}@northwind.example"
        assert desk.enrol(challenge=STATIC_SECRET, email=email, key_name=f"device {number}").status == "0"
    assert {(r.identity, r.challenge) for r in desk.store.certificates()} == {("asserted", "static-staff")}


def test_a_second_use_is_refused_with_an_alarm(desk):
    """Somebody else with the same challenge gets badRequest; the audit names the challenge."""
    challenge = give(desk)
    desk.enrol(challenge=challenge)
    reply = desk.enrol(challenge=challenge, key_name="thief")
    assert (reply.status, reply.fail_info) == ("2", BAD_REQUEST)
    event = json.loads(list(desk.store.audit())[-1].text)
    assert (event["kind"], event["challenge"]) == ("alarm", desk.store.challenges()[0].id)
    assert len(list(desk.store.certificates())) == 1


def test_a_retransmission_gets_the_same_bytes(desk):
    """Three times the same message: one certificate, one spent challenge, three equal certificates."""
    message, pair = desk.request(challenge=give(desk))
    replies = [desk.answer(message, pair) for _ in range(3)]
    assert len({reply.certificates for reply in replies}) == 1
    assert len({reply.sender_nonce for reply in replies}) == 3
    assert len(list(desk.store.certificates())) == 1
    assert kinds(desk)[1:] == [EventKind.ISSUED, EventKind.REPEATED, EventKind.REPEATED]


def test_an_envelope_signed_by_a_stranger_is_no_retransmission(desk):
    """A sniffed request, wrapped again under another signer, does not fetch the victim's certificate."""
    challenge = give(desk)
    desk.enrol(challenge=challenge)
    thief = self_signed(rsa_key("thief"), subject=subject_of(ADA))
    reply = desk.enrol(challenge=challenge, signer=thief)
    assert (reply.fail_info, reply.certificates) == (BAD_REQUEST, ())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"group": "students"}, "another group"),
        ({"valid_for": timedelta(seconds=0)}, "expired"),
        ({"user_email": "bob@northwind.example"}, "user.email"),
    ],
)
def test_a_challenge_for_something_else_is_refused(desk, changes, words):
    """Another group, too late, or another name: badRequest, with the reason in the log."""
    reply = desk.enrol(challenge=give(desk, **changes))
    assert (reply.status, reply.fail_info) == ("2", BAD_REQUEST)
    assert words in desk.seen[-1].reason
    assert list(desk.store.certificates()) == []


def test_a_revoked_challenge_is_refused(desk):
    """What was withdrawn is worthless."""
    challenge = give(desk)
    desk.store.revoke_challenge(desk.store.challenges()[0].id, desk.now)
    assert desk.enrol(challenge=challenge).fail_info == BAD_REQUEST
    assert "revoked" in desk.seen[-1].reason


@pytest.mark.parametrize("challenge", [None, "", "wrong", STATIC_SECRET[:-1], STATIC_SECRET.upper()])
def test_without_the_right_challenge_there_is_no_certificate(desk, challenge):
    """Absent, empty or almost right: badRequest with a remedy, never the challenge in log or audit."""
    reply = desk.enrol(challenge=challenge)
    assert (reply.status, reply.fail_info) == ("2", BAD_REQUEST)
    assert desk.seen[-1].remedy
    assert list(desk.store.certificates()) == []
    if challenge:
        written = repr(desk.seen) + "".join(link.text for link in desk.store.audit())
        assert challenge not in written
        assert challenge not in (reply.fail_info_text or "")


@pytest.mark.parametrize(
    ("changes", "address"),
    [
        ({"expires": timedelta(0)}, "192.0.2.1"),
        ({"addresses": (ip_network("10.0.0.0/8"),)}, "192.0.2.1"),
    ],
)
def test_a_static_challenge_has_its_bounds(changes, address):
    """Past its end, or from an address that is not among its own, it opens nothing."""
    desk = Desk()
    fields = {k: desk.now + v if isinstance(v, timedelta) else v for k, v in changes.items()}
    desk.endpoint = desk.here.endpoint(static=(replace(desk.here.static, **fields),))
    message, pair = desk.request(challenge=STATIC_SECRET)
    assert desk.answer(message, pair, address).fail_info == BAD_REQUEST


def test_a_static_challenge_stops_at_its_quota():
    """With one use the second device is refused."""
    desk = Desk()
    desk.endpoint = desk.here.endpoint(static=(replace(desk.here.static, uses=1),))
    assert desk.enrol(challenge=STATIC_SECRET).status == "0"
    reply = desk.enrol(challenge=STATIC_SECRET, email="bob@northwind.example", key_name="other")
    assert reply.fail_info == BAD_REQUEST
    assert kinds(desk)[-1] == EventKind.ALARM


@pytest.mark.parametrize(
    ("request_changes", "words"),
    [
        ({"subject": "CN=ada@northwind.example,OU=admins,O=Northwind University"}, "OU"),
        ({"subject": "CN=ada@northwind.example"}, "OU"),
        ({"alt_names": [x509.DNSName("northwind.example")]}, "dns"),
        ({"alt_names": [x509.RFC822Name("bob@northwind.example")]}, "user.email"),
    ],
)
def test_the_policy_decides(desk, request_changes, words):
    """A subject or SAN that the profile does not grant is refused with the reason."""
    reply = desk.enrol(challenge=STATIC_SECRET, **request_changes)
    assert reply.fail_info == BAD_REQUEST
    assert words in desk.seen[-1].reason


def test_extensions_that_nobody_grants_are_ignored_and_logged(desk):
    """The certificate comes without them, and the audit names what was left out."""
    server_auth = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH])
    no_check = x509.OCSPNoCheck()
    (der,) = desk.enrol(challenge=STATIC_SECRET, extensions=[server_auth, no_check]).certificates
    granted = x509.load_der_x509_certificate(der).extensions
    assert no_check.oid not in {extension.oid for extension in granted}
    assert no_check.oid.dotted_string in json.loads(list(desk.store.audit())[-1].text)["ignored"].split()


def test_a_weak_key_is_refused(desk):
    """A key of 1024 bits gets badRequest although the challenge is right."""
    key = rsa_key("small", 1024)
    payload = scep_requests.csr(key, subject=subject_of(ADA), challenge=STATIC_SECRET)
    pair = self_signed(rsa_key("device"))
    reply = desk.answer(enrol(payload, desk.here.ra.certificate, pair), pair)
    assert (reply.fail_info, "1024" in desk.seen[-1].reason) == (BAD_REQUEST, True)


@pytest.mark.parametrize("shape", [Shape(digest="md5"), Shape(cipher="des"), Shape(cipher="3des")])
def test_a_forbidden_algorithm_gets_bad_alg(desk, shape):
    """Single DES, MD5 and, without the profile's word, 3DES."""
    message, pair = desk.request(challenge=STATIC_SECRET, shape=shape)
    assert desk.answer(message, pair).fail_info == BAD_ALG
    assert desk.seen[-1].remedy


def _broken(desk) -> dict[str, tuple[bytes, object]]:
    key, ra = rsa_key("device"), desk.here.ra.certificate
    pair = self_signed(key, subject=subject_of(ADA))
    good = scep_requests.csr(key, subject=subject_of(ADA), challenge=STATIC_SECRET)
    false = scep_requests.csr(key, subject=subject_of(ADA), challenge=STATIC_SECRET, false_signature=True)
    shape = Shape()
    envelope = scep_requests.envelope
    wrap = scep_requests.message
    return {
        "outer signature": (wrap(envelope(good, ra, shape), pair, shape, false_signature=True), pair),
        "wrapped key": (wrap(envelope(good, ra, shape, wrapped_key=bytes(256)), pair, shape), pair),
        "padding": (wrap(envelope(good, ra, shape, bad_padding=True), pair, shape), pair),
        "no CSR": (enrol(b"nonsense", ra, pair), pair),
        "CSR signature": (enrol(false, ra, pair), pair),
    }


def test_nobody_learns_how_far_a_broken_request_came(desk):
    """Whatever fails before possession is proven gets the same failInfo and the same text."""
    replies = [desk.answer(*broken) for broken in _broken(desk).values()]
    assert {(r.status, r.fail_info) for r in replies} == {("2", BAD_MESSAGE_CHECK)}
    assert len({r.fail_info_text for r in replies}) == 1
    assert len({event.reason for event in desk.seen}) > 1


def test_failures_before_possession_are_one_event_a_minute(desk):
    """Five of one address in a minute are five log lines and one audit event with their number."""
    for broken in _broken(desk).values():
        desk.answer(*broken)
    assert kinds(desk) == []
    desk.now += timedelta(minutes=1)
    desk.ask(b"garbage")
    (event,) = [json.loads(link.text) for link in desk.store.audit()]
    assert (event["kind"], event["count"], event["address"]) == ("counted", 5, "192.0.2.1")


@pytest.mark.parametrize("message", [b"", b"garbage", bytes(5000), b"\x30\x80" * 500])
def test_what_is_no_scep_gets_no_reply(desk, message):
    """There is nobody to answer to."""
    assert isinstance(desk.ask(message), NotScep)


class Full:
    """A recorder whose disk is full."""

    async def record(self, entry):
        if isinstance(entry, Issuance):
            raise StoreUnavailableError("the disk is full", remedy="free space")


def test_no_certificate_leaves_without_its_record():
    """If the record cannot be written, the device is told to try later, and the log says what to do."""
    desk = Desk(recorder=Full())
    challenge = give(desk)
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
        desk.here.authority.certificate.public_bytes(scep_requests.serialization.Encoding.DER)
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


def test_a_poll_is_refused(desk):
    """Nothing is ever left pending, so a poll matches nothing (RFC 8894 §4.4)."""
    message, pair = desk.request(challenge=None, shape=Shape(message_type="20"))
    assert desk.answer(message, pair).fail_info == BAD_CERT_ID


def test_the_audit_of_a_busy_day_holds(desk):
    """After all kinds of endings the chain verifies from its first event."""
    desk.enrol(challenge=give(desk))
    desk.enrol(challenge="wrong")
    for broken in _broken(desk).values():
        desk.answer(*broken)
    desk.enrol(challenge=STATIC_SECRET, email="bob@northwind.example", key_name="other")
    verdict = verify(desk.store.audit())
    assert (verdict.fault, verdict.count) == ("", 4)


def test_a_renewed_ra_leaves_no_device_behind(desk):
    """What was sealed to the old RA is opened, and answered by the old RA, whom that device trusts."""
    old = desk.here.ra
    new = desk.here.another_ra()
    message, pair = desk.request(challenge=STATIC_SECRET)
    desk.endpoint = desk.here.endpoint(recipients=(new, old))
    reply = desk.answer(message, pair)
    assert reply.status == "0"
    assert x509.load_der_x509_certificate(reply.signer) == old.certificate


@pytest.mark.parametrize("algorithm", ["rsa-2048", "ec-p256"])
def test_either_kind_of_ca_issues(algorithm):
    """The RA is RSA whatever the CA is."""
    desk = Desk(here=site(algorithm), store=MemoryStore())
    assert desk.enrol(challenge=STATIC_SECRET).status == "0"


def test_the_policy_of_the_endpoint_is_the_one_that_counts():
    """A narrower `values` refuses what the form alone would take."""
    desk = Desk()
    narrow = replace(POLICY, values={"user.email": "*@staff.northwind.example"})
    desk.endpoint = desk.here.endpoint(narrow)
    assert desk.enrol(challenge=STATIC_SECRET).fail_info == BAD_REQUEST
