"""What every store knows of identities: live certificates, superseded ones, names that groups had."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from support.scep_records import NOW, STATIC, a_challenge, a_record, an_issuance, kinds

from scep_server.audit import EventKind
from scep_server.store import Objection, Recorded, RevocationReason, Spent, Vouch, Voucher

WEEK = timedelta(days=7)
ADA = "CN=ada"


def renewal(serial, renewed, **changes):
    voucher = Voucher(kind=Vouch.RENEWAL, id="static-staff", serial=renewed)
    return an_issuance(serial, voucher=voucher, renews=renewed, subject=ADA, **changes)


def enrolment(serial, **changes):
    return an_issuance(serial, voucher=STATIC, subject=ADA, **changes)


def limited(issuance, number):
    return replace(issuance, max_active=number)


def test_an_identity_has_no_more_live_certificates_than_it_may(store):
    """The first beyond `max_active` is refused, and `objection` says so beforehand."""
    assert store.record([limited(enrolment(n), 2) for n in (1, 2)], NOW) == (Recorded(), Recorded(rival=True))
    third = limited(enrolment(3), 2)
    assert store.objection(third, NOW) is Objection.CROWDED
    assert store.record([third], NOW) == (Spent(Objection.CROWDED),)
    assert kinds(store)[-1] == EventKind.REFUSED
    assert store.certificate(3) is None


@pytest.mark.parametrize("end", ["revoked", "expired", "another subject", "another group"])
def test_only_live_certificates_of_the_identity_count(store, end):
    """Revoked, expired and foreign ones leave room."""
    changes = {"another subject": {"subject": "CN=bob"}, "another group": {"group": "students"}}
    fields = {"subject": ADA} | changes.get(end, {})
    if end == "expired":
        fields["not_after"] = NOW
    store.record([an_issuance(1, voucher=STATIC, **fields)], NOW)
    if end == "revoked":
        store.revoke(1, RevocationReason.UNSPECIFIED, NOW)
    assert store.record([limited(enrolment(2), 1)], NOW) == (Recorded(),)


def test_what_the_group_was_called_before_makes_no_second_identity(store):
    """A group that gets another name has its live certificates still; a renewal of one counts once."""
    store.record([enrolment(1, group="teachers"), enrolment(2, group="faculty")], NOW)
    now_staff = replace(limited(enrolment(3), 2), formerly=("faculty", "teachers"))
    assert store.objection(now_staff, NOW) is Objection.CROWDED
    assert store.record([now_staff], NOW) == (Spent(Objection.CROWDED),)
    renewed = replace(limited(renewal(4, 1), 2), formerly=("faculty", "teachers"))
    assert store.record([renewed], NOW) == (Recorded(),)
    assert store.record([replace(now_staff, max_active=3)], NOW) == (Recorded(rival=True),)


def test_a_group_name_in_the_subject_makes_no_second_identity(store):
    """Where the unit is the group's name, the old name there counts, and a unit of another kind does not."""
    old, other = "CN=ada,OU=faculty,O=x", "CN=ada,OU=faculty club,O=x"
    for serial, subject in enumerate((old, other), 1):
        store.record([an_issuance(serial, voucher=STATIC, subject=subject, group="faculty")], NOW)
    new = an_issuance(3, voucher=STATIC, subject="CN=ada,OU=staff,O=x")
    assert store.record([replace(limited(new, 1), formerly=("faculty",))], NOW) == (Spent(Objection.CROWDED),)
    assert store.record([replace(limited(new, 2), formerly=("faculty",))], NOW) == (Recorded(),)


def test_a_renewal_takes_the_place_of_what_it_renews(store):
    """With `max_active` 1 a device renews for ever; both overlap, and neither counts twice."""
    store.record([limited(enrolment(1), 1)], NOW)
    assert store.record([limited(renewal(2, 1), 1)], NOW) == (Recorded(),)
    assert store.record([limited(renewal(3, 2), 1)], NOW) == (Recorded(),)
    assert store.record([limited(enrolment(4), 1)], NOW) == (Spent(Objection.CROWDED),)


def test_a_second_renewal_of_the_same_certificate_counts(store):
    """Two heirs of one certificate are two live certificates: perhaps its key was copied."""
    store.record([limited(enrolment(1), 1), limited(renewal(2, 1), 1)], NOW)
    assert store.record([limited(renewal(3, 1), 1)], NOW) == (Spent(Objection.CROWDED),)


def test_an_heir_that_was_revoked_gives_its_place_back(store):
    """When the renewed certificate's heir is revoked, the old one counts again, and can renew again."""
    store.record([limited(enrolment(1), 1), limited(renewal(2, 1), 1)], NOW)
    store.revoke(2, RevocationReason.UNSPECIFIED, NOW)
    assert store.record([limited(enrolment(3), 1)], NOW) == (Spent(Objection.CROWDED),)
    assert store.record([limited(renewal(4, 1), 1)], NOW) == (Recorded(),)


def test_the_old_certificate_is_superseded_when_its_time_has_come(store):
    """Not before, once, with its reason, a revision and an event; the new one is left alone."""
    store.record([enrolment(1), replace(renewal(2, 1), supersede=NOW + WEEK)], NOW)
    assert store.certificate(1).supersede == NOW + WEEK
    assert store.supersede(NOW + WEEK - timedelta(seconds=1)) == 0
    assert (store.revision("staff-ca"), store.supersede(NOW + WEEK), store.supersede(NOW + WEEK)) == (0, 1, 0)
    old, new = store.certificate(1), store.certificate(2)
    assert (old.reason, old.revoked, new.revoked) == (RevocationReason.SUPERSEDED, NOW + WEEK, None)
    assert store.revision("staff-ca") == 1
    assert kinds(store)[-1] == EventKind.REVOKED


def test_a_later_renewal_puts_the_end_off(store):
    """A device that renews with the old certificate again has not got the new one yet."""
    store.record([enrolment(1), replace(renewal(2, 1), supersede=NOW + WEEK)], NOW)
    later = NOW + timedelta(days=6)
    store.record([replace(renewal(3, 1), supersede=later + WEEK)], later)
    assert store.supersede(NOW + WEEK) == 0
    assert store.supersede(later + WEEK) == 1


def test_without_a_date_nothing_is_superseded(store):
    """A profile that says nothing lets the old certificate live to its end."""
    store.record([enrolment(1), renewal(2, 1)], NOW)
    assert store.supersede(NOW + 1000 * WEEK) == 0


def test_certificates_and_challenges_of_a_former_name_vouch(store):
    """A renamed group takes what was given under its old name, and nothing of anybody else's."""
    store.add_challenges([a_challenge(group="employees")])
    store.record([an_issuance(1, voucher=STATIC, subject=ADA, group="employees")], NOW)
    for issuance in (an_issuance(2), renewal(3, 1)):
        assert store.record([issuance], NOW) == (Spent(Objection.UNKNOWN),)
        named = replace(issuance, formerly=("clerks", "employees"))
        assert store.record([named], NOW) == (Recorded(),)
    assert store.certificate(3) == a_record(3, subject=ADA, renews=1, challenge="minted-1")


def test_the_quota_of_a_static_challenge_counts_enrolments(store):
    """`uses` certificates are given; renewals are not counted; `objection` knows beforehand."""
    voucher = Voucher(kind=Vouch.STATIC, id="static-staff", uses=2)

    def counted(serial):
        return an_issuance(serial, voucher=voucher, subject=f"CN={serial}", challenge="static-staff")

    assert store.record([counted(1), counted(2)], NOW) == (Recorded(), Recorded())
    renewed = Voucher(kind=Vouch.RENEWAL, id="static-staff", serial=1)
    store.record([an_issuance(3, voucher=renewed, renews=1, challenge="static-staff")], NOW)
    assert store.objection(counted(4), NOW) is Objection.EXHAUSTED
    assert store.record([counted(4)], NOW) == (Spent(Objection.EXHAUSTED),)
    assert kinds(store)[-1] == EventKind.ALARM


def test_only_what_ends_late_enough_is_listed(store):
    """Revocations of certificates that ended before a moment can be left out."""
    for serial, days in ((1, 10), (2, 20), (3, 30)):
        store.record([an_issuance(serial, voucher=STATIC, not_after=NOW + timedelta(days=days))], NOW)
        store.revoke(serial, RevocationReason.UNSPECIFIED, NOW)
    since = NOW + timedelta(days=20)
    assert [r.serial for r in store.revocations("staff-ca", since)] == [2, 3]
    assert [r.serial for r in store.revocations("staff-ca")] == [1, 2, 3]


def test_two_heirs_under_two_keys_raise_an_alarm(store):
    """Whoever copied a device's key renews beside it; a device that asks again with the same key is none."""
    store.record([enrolment(1)], NOW)
    assert store.record([renewal(2, 1)], NOW) == (Recorded(rival=False),)
    assert store.record([renewal(3, 1, spki=a_record(2).spki)], NOW) == (Recorded(rival=False),)
    assert store.record([renewal(4, 1)], NOW) == (Recorded(rival=True),)
    assert kinds(store)[-2:] == [EventKind.ISSUED, EventKind.ALARM]
    for serial in (2, 3, 4):
        store.revoke(serial, RevocationReason.UNSPECIFIED, NOW)
    assert store.record([renewal(5, 1)], NOW) == (Recorded(rival=False),)


def test_letter_case_makes_no_other_identity(store):
    """Who writes a name in capitals gets no certificate more by it, and raises the same alarm."""
    store.record([enrolment(1)], NOW)
    other = an_issuance(2, voucher=STATIC, subject=ADA.upper())
    assert store.record([limited(other, 1)], NOW) == (Spent(Objection.CROWDED),)
    assert store.record([other], NOW) == (Recorded(rival=True),)
    (ending,) = store.endings(NOW)
    assert ending.count == 1


@pytest.mark.parametrize("vouches", [None, STATIC, Voucher(kind=Vouch.RENEWAL, id="static-staff", serial=2)])
def test_a_compromised_key_is_never_certified_again(store, vouches):
    """Not by a replay, and whatever vouches for it; a key revoked for another reason may come back."""
    store.add_challenges([a_challenge()])
    key = a_record(1).spki
    store.record([enrolment(1), enrolment(2)], NOW)
    again = an_issuance(3, voucher=vouches, spki=key)
    store.revoke(1, RevocationReason.KEY_COMPROMISE, NOW)
    assert store.objection(again, NOW) is Objection.COMPROMISED
    assert store.record([again], NOW) == (Spent(Objection.COMPROMISED),)
    assert kinds(store)[-1] == EventKind.ALARM
    store.revoke(2, RevocationReason.SUPERSEDED, NOW)
    assert store.record([an_issuance(4, voucher=STATIC, spki=a_record(2).spki)], NOW) == (Recorded(),)
