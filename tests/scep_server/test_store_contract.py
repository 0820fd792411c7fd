"""What every store does; a new backend is added to `open_store` and must pass all of it."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta

import jsonschema
import pytest
from support.scep_records import NOW, STATIC, a_challenge, a_record, an_event, an_issuance, label

from scep_server.audit import EVENT_SCHEMA, EventKind, verify
from scep_server.memory_store import MemoryStore
from scep_server.sqlite_store import SqliteStore
from scep_server.store import (
    AlreadyIssued,
    Objection,
    Recorded,
    Revocation,
    RevocationReason,
    SerialTaken,
    Spent,
    StoredCrl,
    StoreError,
    Vouch,
    Voucher,
)


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    opened = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "scep.sqlite")
    yield opened
    opened.close()


def kinds(store):
    return [json.loads(link.text)["kind"] for link in store.audit()]


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


def test_revocation_shows_once_and_moves_the_revision(store):
    """A revocation is listed for its issuer, raises the revision by one, and cannot be repeated."""
    store.record([an_issuance(n, voucher=STATIC) for n in (3, 1, 2)], NOW)
    store.record([an_issuance(4, voucher=STATIC, issuer="other")], NOW)
    assert store.revision("staff-ca") == 0
    assert store.revoke(3, RevocationReason.KEY_COMPROMISE, NOW)
    assert store.revoke(1, RevocationReason.UNSPECIFIED, NOW + timedelta(hours=1))
    assert store.revoke(4, RevocationReason.UNSPECIFIED, NOW)
    assert not store.revoke(3, RevocationReason.UNSPECIFIED, NOW)
    assert not store.revoke(77, RevocationReason.UNSPECIFIED, NOW)
    assert store.revision("staff-ca") == 2
    assert list(store.revocations("staff-ca")) == [
        Revocation(serial=1, at=NOW + timedelta(hours=1), reason=RevocationReason.UNSPECIFIED),
        Revocation(serial=3, at=NOW, reason=RevocationReason.KEY_COMPROMISE),
    ]
    assert store.certificate(3).reason is RevocationReason.KEY_COMPROMISE


def test_long_lists_come_whole(store):
    """Lists longer than a page lose and repeat nothing."""
    numbers = list(range(1, 2502))
    store.record([an_issuance(n, voucher=STATIC) for n in numbers], NOW)
    for number in numbers[::2]:
        store.revoke(number, RevocationReason.UNSPECIFIED, NOW)
    assert [r.serial for r in store.certificates("staff")] == numbers
    assert list(store.certificates("students")) == []
    assert [r.serial for r in store.revocations("staff-ca")] == numbers[::2]
    assert verify(store.audit()).count == len(numbers) + len(numbers[::2])


def test_challenges_are_listed_by_group(store):
    """The list is by age and can be narrowed to one group."""
    old = a_challenge("old", minted=NOW - timedelta(days=1), bound={"user.email": "ada@northwind.example"})
    store.add_challenges([a_challenge("new"), old, a_challenge("other", group="students")])
    assert [c.id for c in store.challenges("staff")] == ["old", "new"]
    assert len(store.challenges()) == 3
    assert store.challenge(old.digest) == old
    assert store.challenge(label("no such")) is None


def test_adding_challenges_is_all_or_nothing(store):
    """A digest that is there already is refused, and takes the others of the call with it."""
    store.add_challenges([a_challenge("one")])
    twin = a_challenge("two", digest=a_challenge("one").digest)
    with pytest.raises(StoreError, match="already"):
        store.add_challenges([a_challenge("three"), twin])
    assert [c.id for c in store.challenges()] == ["one"]


def test_only_an_unspent_challenge_can_be_revoked(store):
    """Revoking says whether there was something to revoke."""
    store.add_challenges([a_challenge("one"), a_challenge("minted-1")])
    store.record([an_issuance(1)], NOW)
    assert store.revoke_challenge("one", NOW)
    assert not store.revoke_challenge("one", NOW)
    assert not store.revoke_challenge("minted-1", NOW)
    assert not store.revoke_challenge("nowhere", NOW)
    assert kinds(store).count(EventKind.WITHDRAWN) == 1


def test_crl_numbers_follow_each_other(store):
    """Of two processes that build the next CRL, one is kept; numbers never repeat."""
    crl = StoredCrl(number=1, revision=0, this_update=NOW, next_update=NOW + timedelta(days=3), der=b"crl")
    assert store.crl("staff-ca") is None
    assert store.save_crl("staff-ca", crl)
    assert not store.save_crl("staff-ca", replace(crl, der=b"late"))
    assert not store.save_crl("staff-ca", replace(crl, number=3))
    assert store.save_crl("staff-ca", replace(crl, number=2, der=b"second"))
    assert store.crl("staff-ca").der == b"second"
    assert store.crl("other") is None


def test_audit_is_one_chain_in_the_documented_schema(store):
    """Every link validates against the schema, reads on from any point, and the chain verifies."""
    store.add_challenges([a_challenge()])
    store.record([an_issuance(1), an_issuance(2), an_event(kind=EventKind.REFUSED, reason="no")], NOW)
    store.revoke(1, RevocationReason.UNSPECIFIED, NOW)
    links = list(store.audit())
    for link in links:
        jsonschema.validate(json.loads(link.text), dict(EVENT_SCHEMA))
    assert [link.sequence for link in store.audit(after=3)] == [4, 5]
    verdict = verify(links)
    assert (verdict.fault, verdict.count, verdict.head) == ("", 5, links[-1].hash)


def test_probe_leaves_no_trace(store):
    """The health check writes nothing that stays."""
    store.probe()
    assert list(store.audit()) == []
    assert store.revision(" probe") == 0


def test_one_challenge_under_concurrency_gives_one_certificate(store):
    """Twenty threads, one challenge: exactly one certificate, nineteen alarms."""
    store.add_challenges([a_challenge()])
    outcomes = []
    gate = threading.Barrier(20)

    def enrol(number):
        gate.wait()
        outcomes.extend(store.record([an_issuance(number)], NOW))

    threads = [threading.Thread(target=enrol, args=(n,)) for n in range(1, 21)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(Recorded()) == 1
    assert outcomes.count(Spent(Objection.SPENT)) == 19
    assert len(list(store.certificates())) == 1
    assert kinds(store).count(EventKind.ALARM) == 19
    assert not verify(store.audit()).fault
