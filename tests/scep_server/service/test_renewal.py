"""Renewal by provenance: the certificate that signs must be ours, of this group, in time and in force."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from support.scep_desk import ADA, BAD_REQUEST, Desk
from support.scep_requests import Pair, Shape, rsa_key, self_signed
from support.scep_site import POLICY, STATIC_SECRET, minted, subject_of

from scep_server import oids
from scep_server.messages import AltNameKind
from scep_server.policy import AltNameRule, Pattern, Slot
from scep_server.store import RevocationReason

IN_WINDOW = timedelta(days=340)
RENEWAL, PKCS_REQ = Shape(message_type="17"), Shape(message_type="19")


@pytest.fixture
def desk():
    return Desk()


def enrolled(desk, *, challenge=None) -> Pair:
    """Ada's identity, by a one-time challenge unless another is given."""
    if challenge is None:
        challenge, record = minted(1, desk.now, user_email=ADA)
        desk.store.add_challenges([record])
    (der,) = desk.enrol(challenge=challenge).certificates
    return Pair(rsa_key("device"), x509.load_der_x509_certificate(der))


def renew(desk, current, **changes):
    fields = {"challenge": None, "key_name": "new", "signer": current, "shape": RENEWAL} | changes
    return desk.enrol(**fields)


@pytest.mark.parametrize("shape", [RENEWAL, PKCS_REQ], ids=["RenewalReq", "PKCSReq"])
def test_a_certificate_in_its_window_renews_without_a_challenge(desk, shape):
    """By either message type; identity, values and challenge id are carried on."""
    current = enrolled(desk)
    desk.now += IN_WINDOW
    assert renew(desk, current, shape=shape).status == "0"
    old, new = desk.store.certificates()
    assert (new.renews, new.identity, new.values) == (old.serial, "bound", old.values)
    assert new.challenge == old.challenge


def test_a_renewed_certificate_renews_again(desk):
    """Provenance goes on from certificate to certificate."""
    current = enrolled(desk)
    for number in range(3):
        desk.now += IN_WINDOW
        (der,) = renew(desk, current, key_name=f"key {number}").certificates
        current = Pair(rsa_key(f"key {number}"), x509.load_der_x509_certificate(der))
    assert len(list(desk.store.certificates())) == 4


def test_the_spent_challenge_in_the_payload_does_no_harm(desk):
    """MacOS and certmonger renew with the challenge that they were given once."""
    challenge, record = minted(1, desk.now, user_email=ADA)
    desk.store.add_challenges([record])
    current = enrolled(desk, challenge=challenge)
    desk.now += IN_WINDOW
    assert renew(desk, current, challenge=challenge, shape=PKCS_REQ).status == "0"


def test_an_asserted_identity_stays_asserted(desk):
    """Renewal confirms nothing that was not confirmed before."""
    current = enrolled(desk, challenge=STATIC_SECRET)
    desk.now += IN_WINDOW
    assert renew(desk, current, challenge=STATIC_SECRET, shape=PKCS_REQ).status == "0"
    assert [(r.identity, r.renews is None) for r in desk.store.certificates()] == [
        ("asserted", True),
        ("asserted", False),
    ]


def test_outside_the_window_the_date_is_named(desk):
    """Too early: refused, and the log says from when on."""
    current = enrolled(desk)
    reply = renew(desk, current)
    opens = current.certificate.not_valid_after_utc - POLICY.renew_within
    assert reply.fail_info == BAD_REQUEST
    assert f"{opens:%Y-%m-%d}" in desk.seen[-1].reason


def test_an_expired_certificate_does_not_renew(desk):
    """Its end is the end."""
    current = enrolled(desk)
    desk.now = current.certificate.not_valid_after_utc
    assert renew(desk, current).fail_info == BAD_REQUEST
    assert "expired" in desk.seen[-1].reason


def test_a_revoked_certificate_does_not_renew(desk):
    """Revocation ends the line."""
    current = enrolled(desk)
    desk.store.revoke(current.certificate.serial_number, RevocationReason.KEY_COMPROMISE, desk.now)
    desk.now += IN_WINDOW
    assert renew(desk, current).fail_info == BAD_REQUEST
    assert "revoked" in desk.seen[-1].reason


def test_another_group_does_not_renew_it(desk):
    """The recorded group counts, even where groups share an authority."""
    current = enrolled(desk)
    desk.now += IN_WINDOW
    desk.endpoint = desk.here.endpoint(group="students")
    assert renew(desk, current).fail_info == BAD_REQUEST
    assert "staff" in desk.seen[-1].reason


def test_another_identity_is_refused(desk):
    """A renewal cannot change who it is for."""
    current = enrolled(desk)
    desk.now += IN_WINDOW
    assert renew(desk, current, email="bob@northwind.example").fail_info == BAD_REQUEST
    assert len(list(desk.store.certificates())) == 1


def test_a_look_alike_of_our_certificate_renews_nothing(desk):
    """The same issuer name, subject and serial under another key is not the recorded certificate."""
    current = enrolled(desk)
    desk.now += IN_WINDOW
    forged = self_signed(rsa_key("forger"), subject=subject_of(ADA), serial=current.certificate.serial_number)
    assert renew(desk, forged).fail_info == BAD_REQUEST


def test_a_new_variable_of_the_profile_is_not_vouched_for(desk):
    """What the profile got since, the old certificate cannot confirm."""
    current = enrolled(desk)
    desk.now += IN_WINDOW
    rule = AltNameRule(kind=AltNameKind.UPN, pattern=Pattern((Slot("user.upn"),)))
    desk.endpoint = desk.here.endpoint(replace(POLICY, alt_names=(*POLICY.alt_names, rule)))
    name = b"boss@northwind.example"
    upn = x509.OtherName(x509.ObjectIdentifier(oids.USER_PRINCIPAL_NAME), bytes((0x0C, len(name))) + name)
    reply = renew(desk, current, alt_names=[upn])
    assert (reply.fail_info, "user.upn" in desk.seen[-1].reason) == (BAD_REQUEST, True)
    assert renew(desk, current, key_name="other").status == "0"


def test_a_fresh_challenge_outranks_the_old_certificate(desk):
    """A device that is given to somebody else enrols anew, although its old certificate signs."""
    current = enrolled(desk)
    desk.now += IN_WINDOW
    challenge, record = minted(2, desk.now, user_email="bob@northwind.example")
    desk.store.add_challenges([record])
    reply = renew(desk, current, challenge=challenge, email="bob@northwind.example", shape=PKCS_REQ)
    assert reply.status == "0"
    assert [r.renews for r in desk.store.certificates()] == [None, None]


def test_a_renewal_is_retransmitted_like_anything_else(desk):
    """The same renewal again gets the same certificate."""
    current = enrolled(desk)
    desk.now += IN_WINDOW
    message, _ = desk.request(challenge=None, key_name="new", signer=current, shape=RENEWAL)
    first, second = desk.answer(message, current), desk.answer(message, current)
    assert first.certificates == second.certificates


def test_grace_after_expiry(desk):
    """A profile may let a certificate renew for a while after its end; to the moment, and not longer."""
    current = enrolled(desk)
    (record,) = desk.store.certificates()
    desk.endpoint = desk.here.endpoint(replace(POLICY, renew_after_expiry=timedelta(days=14)))
    desk.now = record.not_after + timedelta(days=14)
    refused = renew(desk, current)
    assert (refused.fail_info, "expired" in refused.fail_info_text) == (BAD_REQUEST, True)
    desk.now -= timedelta(seconds=1)
    assert renew(desk, current).status == "0"


def test_without_grace_the_end_is_the_end(desk):
    """In the very moment of its end a certificate renews no more."""
    current = enrolled(desk)
    (record,) = desk.store.certificates()
    desk.now = record.not_after
    assert renew(desk, current).fail_info == BAD_REQUEST
    desk.now -= timedelta(seconds=1)
    assert renew(desk, current).status == "0"


def test_the_window_opens_to_the_moment(desk):
    """A renewal is taken from `renew_within` before the end on, and not earlier."""
    current = enrolled(desk)
    (record,) = desk.store.certificates()
    desk.now = record.not_after - POLICY.renew_within - timedelta(seconds=1)
    assert "can be renewed from" in renew(desk, current).fail_info_text
    desk.now += timedelta(seconds=1)
    assert renew(desk, current).status == "0"


def test_the_old_certificate_is_superseded_after_the_profiles_delay(desk):
    """From then on it is revoked as superseded, and the new one goes on."""
    current = enrolled(desk)
    desk.endpoint = desk.here.endpoint(replace(POLICY, supersede_after=timedelta(days=7)))
    desk.now += IN_WINDOW
    renew(desk, current)
    old, new = desk.store.certificates()
    assert (old.supersede, new.supersede) == (desk.now + timedelta(days=7), None)
    assert desk.store.supersede(desk.now + timedelta(days=7)) == 1
    old, new = desk.store.certificates()
    assert (old.reason, new.revoked) == (RevocationReason.SUPERSEDED, None)


def test_an_enrolment_supersedes_nothing(desk):
    """Only a renewal replaces a certificate; a second device of the same person does not."""
    desk.endpoint = desk.here.endpoint(replace(POLICY, supersede_after=timedelta(days=7)))
    enrolled(desk)
    desk.enrol(challenge=desk.mint(2), key_name="second")
    assert [record.supersede for record in desk.store.certificates()] == [None, None]


def test_max_active_refuses_with_the_remedy_and_lets_renewals_pass(desk):
    """The certificate beyond the number is refused before it is made; a renewal takes the old one's place."""
    desk.endpoint = desk.here.endpoint(replace(POLICY, max_active=1))
    current = enrolled(desk)
    reply = desk.enrol(challenge=desk.mint(2), key_name="second")
    assert (reply.fail_info, "max_active" in reply.fail_info_text) == (BAD_REQUEST, True)
    assert "onboard cert list" in desk.seen[-1].remedy
    assert desk.store.challenges()[1].spent is None
    desk.now += IN_WINDOW
    assert renew(desk, current).status == "0"


def test_a_renamed_group_takes_what_its_old_name_gave(desk):
    """Certificates and minted challenges of a former key go on; those of a stranger's do not."""
    current = enrolled(desk)
    desk.now += IN_WINDOW
    late = desk.mint(5)
    renamed = {"group": "personnel", "formerly": ("staff",)}
    desk.endpoint = desk.here.endpoint(group="personnel")
    assert renew(desk, current).fail_info == BAD_REQUEST
    desk.endpoint = desk.here.endpoint(**renamed)
    assert renew(desk, current).status == "0"
    assert desk.enrol(challenge=late, key_name="late").status == "0"
    assert [record.group for record in desk.store.certificates()] == ["staff", "personnel", "personnel"]
