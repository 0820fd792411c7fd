"""What every store keeps and lists: challenges, certificates, revocations, CRLs, the audit chain."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta

import jsonschema
import pytest
from support.scep_records import NOW, STATIC, a_challenge, an_event, an_issuance, kinds, label

from scep_server.audit import EVENT_SCHEMA, GENESIS, EventKind, verify
from scep_server.store import (
    GroupEnding,
    Objection,
    Recorded,
    Revocation,
    RevocationReason,
    Spent,
    StoredCrl,
    StoreError,
)


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


def test_endings_count_what_was_not_renewed(store):
    """For each group: subjects whose newest certificate is in force, and when the first of those ends."""
    day = timedelta(days=1)
    ends = {1: ("ada", 10), 2: ("ada", 300), 3: ("bob", 20), 4: ("eve", 5), 5: ("old", -1)}
    for serial, (name, days) in ends.items():
        store.record([an_issuance(serial, voucher=STATIC, subject=name, not_after=NOW + days * day)], NOW)
    other = an_issuance(6, voucher=STATIC, group="students", subject="ada", not_after=NOW + 7 * day)
    store.record([other], NOW)
    store.revoke(4, RevocationReason.UNSPECIFIED, NOW)
    assert store.endings(NOW) == (
        GroupEnding(group="staff", count=2, first=NOW + 20 * day),
        GroupEnding(group="students", count=1, first=NOW + 7 * day),
    )


def test_the_audit_head_is_the_newest_link(store):
    """What a checkpoint says: how many links there are, and the hash of the last."""
    assert store.audit_head() == (0, GENESIS)
    store.record([an_event(), an_event()], NOW)
    verdict = verify(store.audit())
    assert store.audit_head() == (verdict.count, verdict.head)
