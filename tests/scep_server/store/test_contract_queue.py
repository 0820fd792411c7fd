"""What every store does with requests that wait: queue once, replace, make room, forget, decide once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from support.scep_records import NOW, an_event, an_issuance, kinds, label

from scep_server.audit import EventKind, verify
from scep_server.messages import TransactionID
from scep_server.store import (
    Objection,
    PendingRequest,
    PendingState,
    Queued,
    QueueFull,
    Recorded,
    Spent,
    Submission,
    Vouch,
    Voucher,
)

WEEK = timedelta(days=7)


def a_pending(identifier="one", **changes) -> PendingRequest:
    fields = {
        "id": identifier,
        "group": "staff",
        "transaction": TransactionID(f"T-{identifier}"),
        "signer": label("signer"),
        "request": label(f"request {identifier}"),
        "csr": b"csr",
        "subject": "CN=ada",
        "values": {"user.email": "ada@northwind.example"},
        "spki": label("key"),
        "source": "192.0.2.1",
        "received": NOW,
        "expires": NOW + WEEK,
    }
    return PendingRequest(**(fields | changes))


def a_submission(identifier="one", *, room=10, **changes) -> Submission:
    request = a_pending(identifier, **changes)
    return Submission(request=request, room=room, event=an_event(kind=EventKind.QUEUED))


def approved(serial=1, identifier="one", **changes):
    return an_issuance(serial, voucher=Voucher(kind=Vouch.APPROVAL, id=identifier), **changes)


def test_a_request_is_queued_once(store):
    """The same request in the same moment, by two connections perhaps, is one row and one event."""
    twice = [a_submission(), replace(a_submission(), request=replace(a_pending(), id="two"))]
    assert store.record(twice, NOW) == (Queued("one", fresh=True), Queued("one", fresh=False))
    assert store.pending(NOW) == (a_pending(),)
    assert store.pending_of("staff", TransactionID("T-one"), label("signer"), NOW) == a_pending()
    assert kinds(store) == [EventKind.QUEUED]


def test_another_request_under_the_same_transaction_replaces_it(store):
    """The new one has another id and waits; the old id can no longer be approved."""
    store.record([a_submission()], NOW)
    newer = replace(a_pending(), id="two", request=label("another"))
    (outcome,) = store.record([replace(a_submission(), request=newer)], NOW)
    assert outcome == Queued("two", fresh=True)
    assert store.pending(NOW) == (newer,)
    assert not store.approve("one", NOW, NOW + WEEK)


def test_only_group_transaction_and_signer_together_find_a_request(store):
    """None of the three alone is enough, and after its time nothing is found."""
    store.record([a_submission()], NOW)
    key = ("staff", TransactionID("T-one"), label("signer"))
    for other in (
        ("students", *key[1:]),
        (key[0], TransactionID("T-two"), key[2]),
        (*key[:2], label("else")),
    ):
        assert store.pending_of(*other, NOW) is None
    assert store.pending_of(*key, NOW + WEEK - timedelta(microseconds=1)) is not None
    assert store.pending_of(*key, NOW + WEEK) is None
    assert store.pending(NOW + WEEK) == ()


def test_groups_have_queues_of_their_own(store):
    """The room of one group is not another's, and the list can be of one."""
    store.record([a_submission(room=1), a_submission("two", room=1, group="students")], NOW)
    assert [p.id for p in store.pending(NOW)] == ["one", "two"]
    assert [p.id for p in store.pending(NOW, "students")] == ["two"]


def test_the_busiest_source_makes_room(store):
    """Its oldest request goes, with an event; whoever is the busiest source himself gets no place."""
    for number in range(3):
        store.record([a_submission(f"flood-{number}", source="203.0.113.9", room=4)], NOW)
    store.record([a_submission("honest", room=4)], NOW)
    assert store.record([a_submission("more", source="203.0.113.9", room=4)], NOW) == (QueueFull(),)
    assert store.record([a_submission("second", room=4)], NOW) == (Queued("second", fresh=True),)
    assert [p.id for p in store.pending(NOW)] == ["flood-1", "flood-2", "honest", "second"]
    assert kinds(store)[-2:] == [EventKind.REJECTED, EventKind.QUEUED]
    # now both sources have two: of equals the one that came first makes room
    assert store.record([a_submission("third", source="192.0.2.3", room=4)], NOW) == (
        Queued("third", fresh=True),
    )
    assert [p.id for p in store.pending(NOW)] == ["flood-2", "honest", "second", "third"]


def test_what_was_decided_takes_no_room(store):
    """Only what waits is counted."""
    store.record([a_submission(room=1)], NOW)
    store.approve("one", NOW, NOW + WEEK)
    assert store.record([a_submission("two", room=1)], NOW) == (Queued("two", fresh=True),)
    store.reject("two", "", NOW)
    assert store.record([a_submission("three", room=1)], NOW) == (Queued("three", fresh=True),)


def test_what_expired_is_forgotten_at_the_next_request(store):
    """A queue does not grow with what nobody decided."""
    store.record([a_submission()], NOW)
    store.record([a_submission("two", expires=NOW + 2 * WEEK)], NOW + WEEK)
    assert [p.id for p in store.pending(NOW)] == ["two"]


def test_a_decision_is_made_once(store):
    """Approve a waiting one, reject a waiting or approved one, nothing after its time; each is an event."""
    store.record([a_submission(), a_submission("two")], NOW)
    assert store.approve("one", NOW, NOW + 2 * WEEK)
    assert not store.approve("one", NOW, NOW + 2 * WEEK)
    (one, two) = store.pending(NOW)
    assert (one.state, one.decided, one.expires) == (PendingState.APPROVED, NOW, NOW + 2 * WEEK)
    assert store.reject("one", "on second thoughts", NOW)
    assert not store.reject("one", "again", NOW)
    assert not store.approve("one", NOW, NOW + WEEK)
    assert store.pending(NOW)[0].reason == "on second thoughts"
    assert not store.approve(two.id, NOW + WEEK, NOW + 2 * WEEK)
    assert not store.reject(two.id, "", NOW + WEEK)
    assert not store.approve("nobody", NOW, NOW + WEEK)
    assert kinds(store)[2:] == [EventKind.APPROVED, EventKind.REJECTED]
    assert not verify(store.audit()).fault


def test_only_an_approved_request_gets_its_certificate(store):
    """Unknown, waiting, rejected, expired or of another group: nothing is recorded. Approved: once."""
    assert store.record([approved()], NOW) == (Spent(Objection.UNKNOWN),)
    store.record([a_submission()], NOW)
    assert store.record([approved()], NOW) == (Spent(Objection.UNDECIDED),)
    store.approve("one", NOW, NOW + WEEK)
    assert store.record([approved(group="students")], NOW) == (Spent(Objection.UNKNOWN),)
    assert store.record([approved()], NOW + WEEK) == (Spent(Objection.EXPIRED),)
    assert store.record([approved(7)], NOW) == (Recorded(),)
    assert (store.pending(NOW)[0].state, store.pending(NOW)[0].serial) == (PendingState.ISSUED, 7)
    assert store.record([approved(8, request=label("other"))], NOW) == (Spent(Objection.UNKNOWN),)
    assert [record.serial for record in store.certificates()] == [7]


def test_a_rejected_request_gets_none(store):
    """Whatever was approved before."""
    store.record([a_submission()], NOW)
    store.approve("one", NOW, NOW + WEEK)
    store.reject("one", "", NOW)
    assert store.record([approved()], NOW) == (Spent(Objection.REVOKED),)
    assert not store.reject("one", "", NOW)
