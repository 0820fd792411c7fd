"""Who gets no certificate, with which failInfo, and what the log says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest
from cryptography import x509
from support import scep_requests
from support.scep_desk import ADA, BAD_ALG, BAD_MESSAGE_CHECK, BAD_REQUEST, Desk
from support.scep_requests import Shape, enrol, rsa_key, self_signed
from support.scep_site import PEPPER, POLICY, STATIC_SECRET, subject_of

from scep_server.audit import EventKind, verify
from scep_server.challenges import digest
from scep_server.messages import ChallengePassword
from scep_server.service import NotScep


@pytest.fixture
def desk():
    return Desk()


def test_a_second_use_is_refused_with_an_alarm(desk):
    """Somebody else with the same challenge gets badRequest; the audit names the challenge."""
    challenge = desk.mint()
    desk.enrol(challenge=challenge)
    reply = desk.enrol(challenge=challenge, key_name="thief")
    assert (reply.status, reply.fail_info) == ("2", BAD_REQUEST)
    event = json.loads(list(desk.store.audit())[-1].text)
    assert (event["kind"], event["challenge"]) == ("alarm", desk.store.challenges()[0].id)
    assert len(list(desk.store.certificates())) == 1


def test_an_envelope_signed_by_a_stranger_is_no_retransmission(desk):
    """A sniffed request, wrapped again under another signer, does not fetch the victim's certificate."""
    challenge = desk.mint()
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
    reply = desk.enrol(challenge=desk.mint(**changes))
    assert (reply.status, reply.fail_info) == ("2", BAD_REQUEST)
    assert words in desk.seen[-1].reason
    assert list(desk.store.certificates()) == []


def test_a_revoked_challenge_is_refused(desk):
    """What was withdrawn is worthless."""
    challenge = desk.mint()
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
    assert desk.kinds()[-1] == EventKind.ALARM


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
    assert desk.kinds() == []
    desk.now += timedelta(minutes=1)
    desk.ask(b"garbage")
    (event,) = [json.loads(link.text) for link in desk.store.audit()]
    assert (event["kind"], event["count"], event["address"]) == ("counted", 5, "192.0.2.1")


@pytest.mark.parametrize("message", [b"", b"garbage", bytes(5000), b"\x30\x80" * 500])
def test_what_is_no_scep_gets_no_reply(desk, message):
    """There is nobody to answer to."""
    assert isinstance(desk.ask(message), NotScep)


def test_the_audit_of_a_busy_day_holds(desk):
    """After all kinds of endings the chain verifies from its first event."""
    desk.enrol(challenge=desk.mint())
    desk.enrol(challenge="wrong")
    for broken in _broken(desk).values():
        desk.answer(*broken)
    desk.enrol(challenge=STATIC_SECRET, email="bob@northwind.example", key_name="other")
    verdict = verify(desk.store.audit())
    assert (verdict.fault, verdict.count) == ("", 4)


def test_the_policy_of_the_endpoint_is_the_one_that_counts():
    """A narrower `values` refuses what the form alone would take."""
    desk = Desk()
    narrow = replace(POLICY, values={"user.email": "*@staff.northwind.example"})
    desk.endpoint = desk.here.endpoint(narrow)
    assert desk.enrol(challenge=STATIC_SECRET).fail_info == BAD_REQUEST


def test_guessing_raises_an_alarm_and_locks_nobody_out(desk):
    """The tenth unknown challenge in an hour is noticed once; the right one is taken all the same."""
    for number in range(12):
        desk.enrol(challenge=f"guess {number}")
    assert desk.kinds() == ["refused"] * 10 + ["alarm"] + ["refused"] * 2
    assert desk.enrol(challenge=STATIC_SECRET).status == "0"


def test_a_spent_quota_is_an_alarm_each_time_and_signs_nothing(desk):
    """The certificate beyond `uses` is refused with an alarm that names the challenge; renewals go on."""
    static = replace(desk.here.static, uses=1)
    desk.endpoint = desk.here.endpoint(static=(static,))
    assert desk.enrol(challenge=STATIC_SECRET).status == "0"
    reply = desk.enrol(challenge=STATIC_SECRET, key_name="second", email="bob@northwind.example")
    assert (reply.fail_info, "all the certificates" in reply.fail_info_text) == (BAD_REQUEST, True)
    event = json.loads(list(desk.store.audit())[-1].text)
    assert (event["kind"], event["challenge"]) == ("alarm", static.id)
    assert event["remedy"]


def test_a_former_secret_is_taken_until_its_end(desk):
    """During a rotation both secrets enrol, each under its own id; afterwards the old one is refused."""
    former = replace(
        desk.here.static,
        id="static-former",
        digest=digest(ChallengePassword("a-former-secret-of-the-group"), PEPPER),
        expires=desk.now + timedelta(days=1),
    )
    desk.endpoint = desk.here.endpoint(static=(desk.here.static, former))
    secret = "a-former-secret-of-the-group"
    assert desk.enrol(challenge=STATIC_SECRET).status == "0"
    assert desk.enrol(challenge=secret, key_name="old", email="bob@northwind.example").status == "0"
    assert [r.challenge for r in desk.store.certificates()] == ["static-staff", "static-former"]
    desk.now += timedelta(days=1)
    reply = desk.enrol(challenge=secret, key_name="late", email="eve@northwind.example")
    assert "expired" in reply.fail_info_text


@pytest.mark.parametrize("place", ["subject", "alt_names"])
def test_a_challenge_in_a_name_is_refused(place):
    """It would stand in the certificate, the log and the trail; the refusal does not repeat it either."""
    desk = Desk()
    challenge = desk.mint()
    name = x509.DNSName(f"{challenge.lower()}.example")
    wish = {"subject": f"CN={challenge},OU=staff,O=Northwind University"}
    reply = desk.enrol(challenge=challenge, **(wish if place == "subject" else {"alt_names": [name]}))
    assert (reply.status, reply.fail_info) == ("2", BAD_REQUEST)
    assert "holds the challenge" in reply.fail_info_text
    written = [link.text for link in desk.store.audit()] + [str(event) for event in desk.seen]
    assert "holds the challenge" in written[-1]
    assert not any(challenge.lower() in text.lower() for text in (*written, reply.fail_info_text))


def test_a_short_word_is_no_secret():
    """Nothing shorter than a challenge can be is looked for: the request fails at its challenge."""
    reply = Desk().enrol(challenge="staff")
    assert "not known" in reply.fail_info_text
