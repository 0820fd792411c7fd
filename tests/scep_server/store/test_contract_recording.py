"""What every store does with a batch: record, spend, refuse, repeat, all in one transaction."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from support.scep_records import NOW, STATIC, a_challenge, a_record, an_event, an_issuance, kinds, label

from scep_server.audit import EventKind, verify
from scep_server.store import (
    AlreadyIssued,
    Objection,
    Recorded,
    RevocationReason,
    SerialTaken,
    Spent,
    Vouch,
    Voucher,
)


def test_certificate_challenge_and_audit_are_recorded_together(store):
    """After one issuance the record reads back as it was, the challenge is spent on it, the audit says so."""
    store.add_challenges([a_challenge()])
    assert store.record([an_issuance(0x51)], NOW) == (Recorded(),)
    assert store.certificate(0x51) == a_record(0x51)
    spent = store.challenge(a_challenge().digest)
    assert (spent.spent_by, spent.spent) == (0x51, NOW)
    assert kinds(store) == [EventKind.MINTED, EventKind.ISSUED]


def test_a_challenge_is_spent_once(store):
    """The second request on one challenge is refused with an alarm and leaves no certificate."""
    store.add_challenges([a_challenge()])
    store.record([an_issuance(1)], NOW)
    assert store.record([an_issuance(2)], NOW) == (Spent(Objection.SPENT),)
    assert store.certificate(2) is None
    assert kinds(store)[-1] == EventKind.ALARM
    assert "serial" not in json.loads(list(store.audit())[-1].text)


def test_a_challenge_is_spent_once_within_a_batch(store):
    """Two requests on one challenge in the same transaction: the first wins."""
    store.add_challenges([a_challenge()])
    outcomes = store.record([an_issuance(1), an_issuance(2)], NOW)
    assert outcomes == (Recorded(), Spent(Objection.SPENT))
    assert [r.serial for r in store.certificates()] == [1]


def test_one_refusal_leaves_its_neighbours_alone(store):
    """Refused entries between good ones change nothing for the good ones, and the chain holds."""
    store.add_challenges([a_challenge("one"), a_challenge("two"), a_challenge("three")])
    store.revoke_challenge("two", NOW)
    batch = [
        an_issuance(1, challenge="one"),
        an_issuance(2, challenge="two"),
        an_issuance(1, challenge="three", request=label("other")),
        an_issuance(3, challenge="nowhere"),
        an_issuance(4, challenge="three"),
        an_event(kind=EventKind.REFUSED),
    ]
    expected = (
        Recorded(),
        Spent(Objection.REVOKED),
        SerialTaken(),
        Spent(Objection.UNKNOWN),
        Recorded(),
        Recorded(),
    )
    assert store.record(batch, NOW) == expected
    assert [r.serial for r in store.certificates()] == [1, 4]
    assert store.challenge(a_challenge("three").digest).spent_by == 4
    assert not verify(store.audit()).fault


@pytest.mark.parametrize(
    ("changes", "objection"),
    [
        ({"expires": NOW}, Objection.EXPIRED),
        ({"revoked": NOW}, Objection.REVOKED),
        ({"group": "students"}, Objection.UNKNOWN),
        ({"spent": NOW, "spent_by": 7}, Objection.SPENT),
    ],
)
def test_a_worthless_challenge_gives_no_certificate(store, changes, objection):
    """What ran out between the first look and the transaction is noticed in the transaction."""
    store.add_challenges([a_challenge(**changes)])
    assert store.record([an_issuance(1)], NOW) == (Spent(objection),)
    assert list(store.certificates()) == []


def test_a_retransmission_gets_the_same_certificate(store):
    """The same request again spends nothing and gets the first certificate, within a batch as well."""
    store.add_challenges([a_challenge()])
    again = {"request": label("same"), "challenge": "minted-1"}
    batch = [an_issuance(1, **again), an_issuance(2, **again)]
    repeated = AlreadyIssued(a_record(1).der, 1)
    assert store.record(batch, NOW) == (Recorded(), repeated)
    assert store.record([an_issuance(3, **again)], NOW) == (repeated,)
    assert store.answered(label("same"), NOW).serial == 1
    assert kinds(store)[-2:] == [EventKind.REPEATED, EventKind.REPEATED]


def test_a_request_is_not_repeated_after_a_day(store):
    """24 hours later the same bytes are a new request, which the spent challenge does not carry."""
    store.add_challenges([a_challenge()])
    store.record([an_issuance(1, request=label("same"))], NOW)
    day = NOW + timedelta(hours=24)
    assert store.answered(label("same"), day - timedelta(microseconds=1)).serial == 1
    assert store.answered(label("same"), day) is None
    assert store.record([an_issuance(2, request=label("same"))], day) == (Spent(Objection.SPENT),)


def test_a_revoked_certificate_is_not_given_again(store):
    """A retransmission after revocation finds nothing."""
    store.record([an_issuance(1, voucher=STATIC, request=label("same"))], NOW)
    store.revoke(1, RevocationReason.KEY_COMPROMISE, NOW)
    assert store.answered(label("same"), NOW) is None


def test_an_expired_certificate_is_not_given_again(store):
    """A retransmission after the certificate's end finds nothing, even within 24 hours."""
    end = NOW + timedelta(hours=1)
    store.record([an_issuance(1, voucher=STATIC, request=label("same"), not_after=end)], NOW)
    assert store.answered(label("same"), end - timedelta(seconds=1))
    assert store.answered(label("same"), end) is None


def test_serials_are_unique_across_issuers(store):
    """A serial is taken once, whoever issues; the loser's challenge stays unspent."""
    store.record([an_issuance(1, voucher=STATIC)], NOW)
    store.add_challenges([a_challenge()])
    taken = an_issuance(1, issuer="other", request=label("other"))
    assert store.record([taken], NOW) == (SerialTaken(),)
    assert store.challenge(a_challenge().digest).spent is None


def test_a_static_challenge_stops_at_its_quota(store):
    """With `uses` 2 the third certificate is refused with an alarm; renewals do not count."""
    twice = Voucher(kind=Vouch.STATIC, id="kiosk", uses=2)
    store.record([an_issuance(9, voucher=STATIC, challenge="kiosk", renews=8)], NOW)
    outcomes = store.record([an_issuance(n, voucher=twice, challenge="kiosk") for n in (1, 2, 3)], NOW)
    assert outcomes == (Recorded(), Recorded(), Spent(Objection.EXHAUSTED))
    assert kinds(store)[-1] == EventKind.ALARM


def test_a_revoked_certificate_does_not_renew(store):
    """Revocation between the signature check and the transaction stops the renewal."""
    store.record([an_issuance(1, voucher=STATIC)], NOW)
    renewal = Voucher(kind=Vouch.RENEWAL, id="static-staff", serial=1)
    assert store.record([an_issuance(2, voucher=renewal, renews=1)], NOW) == (Recorded(),)
    store.revoke(1, RevocationReason.SUPERSEDED, NOW)
    assert store.record([an_issuance(3, voucher=renewal, renews=1)], NOW) == (Spent(Objection.REVOKED),)


@pytest.mark.parametrize("change", [{"serial": 99}, {"serial": None}])
def test_a_certificate_that_is_not_ours_does_not_renew(store, change):
    """No record, no renewal."""
    renewal = replace(Voucher(kind=Vouch.RENEWAL, id="x", serial=1), **change)
    assert store.record([an_issuance(2, voucher=renewal)], NOW) == (Spent(Objection.UNKNOWN),)


def test_a_second_live_key_of_an_asserted_identity_raises_an_alarm(store):
    """The certificate is given, since devices do get re-installed, and somebody is told."""
    same = {"subject": "CN=ada", "voucher": STATIC}
    assert store.record([an_issuance(1, **same)], NOW) == (Recorded(rival=False),)
    assert store.record([an_issuance(2, spki=label("key 1"), **same)], NOW) == (Recorded(rival=False),)
    assert store.record([an_issuance(3, **same)], NOW) == (Recorded(rival=True),)
    assert kinds(store)[-2:] == [EventKind.ISSUED, EventKind.ALARM]


def test_a_rival_that_is_dead_raises_no_alarm(store):
    """A revoked certificate of the same subject does not count."""
    same = {"subject": "CN=ada", "voucher": STATIC}
    store.record([an_issuance(1, **same)], NOW)
    store.revoke(1, RevocationReason.UNSPECIFIED, NOW)
    assert store.record([an_issuance(2, **same)], NOW) == (Recorded(rival=False),)
