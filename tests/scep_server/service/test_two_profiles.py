"""An endpoint that gives two kinds of certificates: a person's and a computer's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from support.issuance import FORMS
from support.scep_desk import ADA, BAD_REQUEST, Desk
from support.scep_requests import Pair, Shape, rsa_key
from support.scep_site import POLICY, STATIC_SECRET, minted, subject_of

from scep_server import oids
from scep_server.policy import Pattern, Slot

PC = "lab-pc-017"
RENEWAL, PKCS_REQ = Shape(message_type="17"), Shape(message_type="19")
MACHINE = replace(
    POLICY,
    name="device-eap-tls",
    subject=((oids.COMMON_NAME, Pattern((Slot("device.name"),))), *POLICY.subject[1:]),
    alt_names=(),
    forms=FORMS,
    renew_within=timedelta(days=90),
    supersede_after=timedelta(days=7),
    max_active=1,
)


@pytest.fixture
def desk():
    desk = Desk()
    desk.endpoint = desk.here.endpoint(more_policies=(MACHINE,))
    return desk


def enrolled(desk: Desk, name: str, **request) -> Pair:
    """An identity of a person or a computer, by the static challenge unless another is given."""
    fields = {"challenge": STATIC_SECRET, "subject": subject_of(name), "key_name": name} | request
    (der,) = desk.enrol(**fields).certificates
    return Pair(rsa_key(fields["key_name"]), x509.load_der_x509_certificate(der))


def test_one_static_challenge_gives_both_kinds(desk):
    """Each is recorded with the profile that it was granted by."""
    enrolled(desk, ADA)
    enrolled(desk, PC)
    assert [record.profile for record in desk.store.certificates()] == ["user-eap-tls", "device-eap-tls"]


def test_a_minted_challenge_gives_what_it_was_minted_for(desk):
    """Ada's challenge gives no computer's certificate; a computer's gives none of Ada's."""
    for_ada = desk.mint(1)
    for_pc, record = minted(2, desk.now, device_name=PC)
    desk.store.add_challenges([record])
    assert desk.enrol(challenge=for_ada, subject=subject_of(PC)).fail_info == BAD_REQUEST
    assert desk.enrol(challenge=for_ada).status == "0"
    assert desk.enrol(challenge=for_pc, subject=subject_of(PC), key_name=PC).status == "0"
    assert [(r.profile, r.identity) for r in desk.store.certificates()] == [
        ("user-eap-tls", "bound"),
        ("device-eap-tls", "bound"),
    ]


@pytest.mark.parametrize("shape", [RENEWAL, PKCS_REQ], ids=["RenewalReq", "PKCSReq"])
def test_a_renewal_goes_by_the_recorded_profile(desk, shape):
    """Sixty days before the end a computer may renew by its profile, and a person not yet by hers."""
    person, computer = enrolled(desk, ADA), enrolled(desk, PC)
    desk.now += timedelta(days=305)
    early = desk.enrol(challenge=None, key_name="new", signer=person, shape=shape)
    assert (early.fail_info, "can be renewed from" in early.fail_info_text) == (BAD_REQUEST, True)
    good = desk.enrol(challenge=None, subject=subject_of(PC), key_name="other", signer=computer, shape=shape)
    assert good.status == "0"
    _, old, new = desk.store.certificates()
    assert (new.profile, new.renews) == ("device-eap-tls", old.serial)
    assert old.supersede == desk.now + timedelta(days=7)


def test_a_renewal_does_not_change_the_kind(desk):
    """A computer's certificate does not vouch for a person."""
    computer = enrolled(desk, PC)
    desk.now += timedelta(days=340)
    reply = desk.enrol(challenge=None, key_name="new", signer=computer, shape=RENEWAL)
    assert reply.fail_info == BAD_REQUEST


def test_a_profile_that_was_renamed_still_renews(desk):
    """What the record says is gone; then the subject decides, as in an enrolment."""
    computer = enrolled(desk, PC)
    desk.now += timedelta(days=340)
    desk.endpoint = desk.here.endpoint(more_policies=(replace(MACHINE, name="machines"),))
    again = {"challenge": None, "key_name": "new", "signer": computer, "shape": RENEWAL}
    assert desk.enrol(subject=subject_of(PC), **again).status == "0"
    assert [record.profile for record in desk.store.certificates()] == ["device-eap-tls", "machines"]


def test_max_active_is_that_of_the_kind(desk):
    """One certificate for a computer, and any number for a person."""
    enrolled(desk, PC)
    second = desk.enrol(challenge=STATIC_SECRET, subject=subject_of(PC), key_name="second")
    assert (second.fail_info, "max_active" in second.fail_info_text) == (BAD_REQUEST, True)
    enrolled(desk, ADA)
    enrolled(desk, ADA, key_name="third")
    assert len(list(desk.store.certificates())) == 3


def test_what_fits_neither_is_refused_with_the_nearer_reason(desk):
    """A request of another group's payload hears of the group, not of the kind."""
    reply = desk.enrol(challenge=STATIC_SECRET, subject=f"CN={ADA},OU=students,O=Northwind University")
    assert (reply.fail_info, "OU 'students'" in reply.fail_info_text) == (BAD_REQUEST, True)
