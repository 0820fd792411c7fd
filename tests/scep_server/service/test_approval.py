"""The approval queue through the service: PENDING, polls, decisions by another process, floods, rollover."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest
from cryptography import x509
from support.scep_desk import ADA, BAD_CERT_ID, BAD_REQUEST, Desk
from support.scep_requests import Pair, Shape, enrol, rsa_key, self_signed, tlv
from support.scep_site import POLICY, STATIC_SECRET, site, subject_of

from scep_server.audit import EventKind, verify
from scep_server.challenges import StaticChallenge, digest
from scep_server.messages import ChallengePassword
from scep_server.service import ApprovalQueue
from scep_server.service.ledger import PER_SOURCE
from scep_server.sqlite_store import SqliteStore
from scep_server.store import PendingState, RevocationReason

SUCCESS, FAILURE, PENDING = "0", "2", "3"
GUARD = "open-sesame-open-sesame"
OPEN = ApprovalQueue(lasts=timedelta(days=7), room=3)
GUARDED = replace(
    OPEN,
    guards=(StaticChallenge(id="static-guard", digest=digest(ChallengePassword(GUARD), bytes(range(32)))),),
)


def desk_with(queue: ApprovalQueue | None, store=None, policy=POLICY) -> Desk:
    fields = {} if store is None else {"store": store}
    return Desk(endpoint=site().endpoint(policy, approval=queue, static=()), **fields)


@pytest.fixture(params=["memory", "sqlite"])
def desk(request, tmp_path):
    if request.param == "memory":
        yield desk_with(OPEN)
        return
    store = SqliteStore(tmp_path / "store.sqlite3")
    yield desk_with(OPEN, store)
    store.close()


def ask(desk, *, key_name="device", address="192.0.2.1", challenge=None, **request):
    message, pair = desk.request(challenge=challenge, key_name=key_name, **request)
    return desk.answer(message, pair, address)


def poll(desk, *, key_name="device", transaction=None, serial=7, payload=None, recipient=None):
    """A CertPoll; its certificate is a new one of the same key, and its issuer the RA, as Apple has it."""
    pair = self_signed(rsa_key(key_name), subject=subject_of(ADA), serial=serial)
    ra = desk.here.ra.certificate
    names = ra.subject.public_bytes() + pair.certificate.subject.public_bytes()
    shape = Shape(message_type="20", **({} if transaction is None else {"transaction_id": transaction}))
    return desk.answer(enrol(payload or tlv(0x30, names), recipient or ra, pair, shape), pair)


def only(desk):
    (request,) = desk.store.pending(desk.now)
    return request


def approve(desk):
    assert desk.store.approve(only(desk).id, desk.now, desk.now + timedelta(days=7))


def test_a_request_waits_is_approved_and_is_fetched_by_a_poll(desk):
    """PENDING with the transactionID until somebody approves; then the poll gets the certificate."""
    first = ask(desk)
    assert (first.status, first.certificates, first.fail_info) == (PENDING, (), None)
    assert poll(desk).status == PENDING
    assert list(desk.store.certificates()) == []
    approve(desk)
    done = poll(desk)
    (record,) = desk.store.certificates()
    assert (done.status, done.certificates) == (SUCCESS, (record.der,))
    assert (record.identity, record.challenge) == ("bound", f"approval-{only(desk).id}")
    assert (only(desk).state, only(desk).serial) == (PendingState.ISSUED, record.serial)
    assert desk.kinds() == [EventKind.QUEUED, EventKind.APPROVED, EventKind.ISSUED]
    assert not verify(desk.store.audit()).fault


def test_the_same_request_again_is_as_good_as_a_poll(desk):
    """A client that never polls but asks again (RFC 8894 §5.2) waits once and gets one certificate."""
    assert [ask(desk).status for _ in range(3)] == [PENDING] * 3
    assert desk.kinds() == [EventKind.QUEUED]
    approve(desk)
    first, again, polled = ask(desk), ask(desk), poll(desk)
    assert first.status == SUCCESS
    assert first.certificates == again.certificates == polled.certificates
    assert len(list(desk.store.certificates())) == 1


def test_a_poll_of_another_key_or_transaction_gets_nothing(desk):
    """Who does not hold the key that asked learns nothing, not even that somebody waits."""
    ask(desk)
    approve(desk)
    for reply in (poll(desk, key_name="stranger"), poll(desk, transaction="0000")):
        assert (reply.status, reply.fail_info) == (FAILURE, BAD_CERT_ID)
        assert "waiting" in reply.fail_info_text
    assert list(desk.store.certificates()) == []


def test_what_a_poll_holds_is_not_looked_at(desk):
    """Any content gets the same answer, so a poll cannot be used to learn what an envelope holds."""
    ask(desk)
    answers = [poll(desk, payload=payload) for payload in (b"", b"\x30\x00", b"garbage", bytes(64))]
    assert {(reply.status, reply.fail_info_text) for reply in answers} == {(PENDING, None)}


def test_a_rejection_is_told(desk):
    """The device hears the reason; the same request is not queued again, another key may ask anew."""
    ask(desk)
    assert desk.store.reject(only(desk).id, "not one of ours", desk.now)
    for reply in (poll(desk), ask(desk)):
        assert (reply.status, reply.fail_info) == (FAILURE, BAD_REQUEST)
        assert "not one of ours" in reply.fail_info_text
    assert ask(desk, key_name="another").status == PENDING


def test_a_rejection_without_a_reason_is_told_as_such(desk):
    """The text ends where the reason would begin."""
    ask(desk)
    desk.store.reject(only(desk).id, "", desk.now)
    assert poll(desk).fail_info_text == "the request was rejected"


def test_a_queue_may_be_open_to_some_addresses_only():
    """Requests from elsewhere are refused with the remedy, and take no place."""
    desk = desk_with(replace(OPEN, addresses=(ip_network("10.0.0.0/8"),)))
    assert ask(desk).status == FAILURE
    assert "addresses" in desk.seen[-1].remedy
    assert ask(desk, address="10.1.2.3").status == PENDING


def test_an_approval_can_be_taken_back_until_it_is_used(desk):
    """Reject after approve counts, as long as the certificate is not made."""
    ask(desk)
    approve(desk)
    assert desk.store.reject(only(desk).id, "on second thoughts", desk.now)
    assert poll(desk).status == FAILURE
    assert list(desk.store.certificates()) == []


def test_another_csr_under_the_same_transaction_has_to_be_approved_anew(desk):
    """Nobody approves what he did not see: a changed request has another id and waits."""
    ask(desk)
    seen = only(desk).id
    ask(desk, email="eve@northwind.example")
    assert only(desk).id != seen
    assert not desk.store.approve(seen, desk.now, desk.now + timedelta(days=1))
    assert poll(desk).status == PENDING


def test_what_waits_too_long_is_gone(desk):
    """After its time a request matches no poll, and an approval that was not collected ends likewise."""
    ask(desk)
    desk.now += timedelta(days=7)
    assert poll(desk).fail_info == BAD_CERT_ID
    assert desk.store.pending(desk.now) == ()
    ask(desk)
    approve(desk)
    desk.now += timedelta(days=7)
    assert poll(desk).fail_info == BAD_CERT_ID


def test_a_policy_that_changed_meanwhile_decides(desk):
    """What is approved is judged again when it is issued."""
    ask(desk)
    approve(desk)
    stricter = replace(POLICY, values={"user.email": "*@elsewhere.example"})
    desk.endpoint = replace(desk.endpoint, policy=stricter)
    reply = poll(desk)
    assert (reply.status, reply.fail_info) == (FAILURE, BAD_REQUEST)


def test_what_the_policy_refuses_is_not_queued(desk):
    """A person is asked about requests only that would be granted."""
    assert ask(desk, subject="CN=ada@northwind.example,OU=students,O=Northwind University").status == FAILURE
    assert ask(desk, key_name="weak", subject="CN=ada").status == FAILURE
    assert desk.store.pending(desk.now) == ()


def test_a_flood_displaces_itself(desk):
    """In a full queue the busiest source gives way, so one address cannot keep others out."""
    for number in range(5):
        ask(desk, key_name=f"flood {number}", address="203.0.113.9", shape=Shape(transaction_id=f"F{number}"))
    full = desk.seen[-1]
    assert (full.kind, full.fail_info) == (EventKind.REFUSED, "badRequest")
    assert full.remedy
    honest = [
        ask(desk, key_name=f"honest {number}", address=f"192.0.2.{number}").status for number in range(2)
    ]
    assert honest == [PENDING, PENDING]
    sources = [request.source for request in desk.store.pending(desk.now)]
    assert sorted(sources) == ["192.0.2.0", "192.0.2.1", "203.0.113.9"]
    assert EventKind.REJECTED in desk.kinds()


def test_who_changes_his_request_all_the_time_is_stopped(desk):
    """Each change is an event, so one address may make only so many of them in a while."""
    for number in range(PER_SOURCE.burst + 5):
        last = ask(desk, email=f"user{number}@northwind.example").status
    assert last == FAILURE
    assert desk.seen[-1].remedy
    assert desk.kinds().count(EventKind.QUEUED) == PER_SOURCE.burst
    assert (
        ask(desk, key_name="other", address="198.51.100.1", shape=Shape(transaction_id="O")).status == PENDING
    )


def test_minted_challenges_are_taken_at_once(desk):
    """Every endpoint takes minted challenges, and nobody waits with one."""
    assert ask(desk, challenge=desk.mint()).status == SUCCESS
    assert desk.store.pending(desk.now) == ()


def test_a_wrong_challenge_is_refused_and_does_not_wait(desk):
    """Who brings a challenge and fails with it is told so; he is no matter for a person."""
    assert ask(desk, challenge="A" * 26).status == FAILURE
    spent = desk.mint()
    ask(desk, challenge=spent)
    assert ask(desk, challenge=spent, key_name="thief").status == FAILURE
    assert desk.store.pending(desk.now) == ()


def test_without_a_queue_nobody_is_ever_told_to_wait():
    """An endpoint of any other type never answers PENDING: Intune takes that for a failure for good."""
    desk = desk_with(None)
    for challenge in (None, "", STATIC_SECRET, "A" * 26):
        assert ask(desk, challenge=challenge).status == FAILURE
    assert poll(desk).fail_info == BAD_CERT_ID


def test_a_queue_that_was_closed_answers_no_poll(desk):
    """When a group leaves the approval type, what waited is refused."""
    ask(desk)
    desk.endpoint = replace(desk.endpoint, approval=None)
    assert poll(desk).fail_info == BAD_CERT_ID


def test_a_guarded_queue_takes_the_secret_only():
    """With a secret before it, the queue is closed to whoever does not know it."""
    desk = desk_with(GUARDED)
    assert ask(desk).status == FAILURE
    assert ask(desk, challenge="A" * 26).status == FAILURE
    assert desk.store.pending(desk.now) == ()
    assert ask(desk, challenge=GUARD).status == PENDING


def test_a_revoked_certificate_does_not_get_into_the_queue(desk):
    """Who signs with a certificate that we took away is refused, not offered to a person."""
    message, pair = desk.request(challenge=desk.mint())
    (der,) = desk.answer(message, pair).certificates
    (record,) = desk.store.certificates()
    desk.store.revoke(record.serial, RevocationReason.KEY_COMPROMISE, desk.now)

    current = Pair(rsa_key("device"), x509.load_der_x509_certificate(der))
    assert ask(desk, key_name="new", signer=current).status == FAILURE
    assert desk.store.pending(desk.now) == ()
