"""From the EnrollmentProfile to what the SCEP server grants."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from support.issuance import CN, OU, O, csr
from support.northwind import NORTHWIND, STAFF, STUDENTS, USER_EAP_TLS, certificates

from onboard.model import KeyKind, Platform
from onboard.plan import make_plan
from onboard.provision import issuance_policy
from onboard.variables import VARIABLES
from scep_server.errors import RequestRejectedError
from scep_server.policy import Grant, Pattern, Slot, authorize

STATIC = Grant(challenge_id="static", asserted=True)


def test_the_policy_is_the_profile_with_the_groups_values_filled_in():
    """Order, fixed text, variables, forms and terms."""
    policy = issuance_policy(NORTHWIND, STAFF)
    assert policy.subject == (
        (CN, Pattern((Slot("user.email"),))),
        (OU, Pattern(("staff",))),
        (O, Pattern(("Northwind University",))),
    )
    assert [(rule.kind.value, str(rule.pattern)) for rule in policy.alt_names] == [
        ("rfc822", "${user.email}"),
        ("upn", "${user.upn}"),
    ]
    assert policy.forms["user.email"] == VARIABLES["user.email"].form
    assert (policy.valid_for, policy.renew_within) == (timedelta(days=365), timedelta(days=30))
    assert policy.extended_key_usages == ("1.3.6.1.5.5.7.3.2",)
    assert policy.minimum_key_bits == 2048


@pytest.mark.parametrize(
    ("platforms", "backdate", "sha1"),
    [((Platform.WINDOWS,), 24, True), ((Platform.APPLE, Platform.LINUX), 1, False)],
)
def test_windows_gets_what_windows_needs(platforms, backdate, sha1):
    """SHA-1 requests and a day of slow clock, for groups with Windows only."""
    policy = issuance_policy(NORTHWIND, replace(STAFF, platforms=platforms))
    assert policy.backdate == timedelta(hours=backdate)
    assert policy.algorithms.allow_sha1 is sha1
    assert policy.algorithms.allow_3des is False


def test_3des_is_taken_where_a_profile_says_so():
    """And SHA-1 with it, whichever of the group's profiles says it."""
    old = replace(USER_EAP_TLS, name="old", legacy=True)
    for group in (replace(STAFF, profile=old), replace(STAFF, second_profile=old)):
        algorithms = issuance_policy(NORTHWIND, replace(group, platforms=(Platform.LINUX,))).algorithms
        assert (algorithms.allow_sha1, algorithms.allow_3des) == (True, True)


def test_a_larger_key_is_demanded_where_the_profile_says_so():
    """A profile of rsa-4096 does not take 2048."""
    profile = replace(USER_EAP_TLS, key=KeyKind.RSA_4096)
    assert issuance_policy(NORTHWIND, replace(STAFF, profile=profile)).minimum_key_bits == 4096


def test_values_go_along():
    """Globs of variables that the profile uses."""
    profile = replace(USER_EAP_TLS, values={"user.upn": "*@northwind.example", "device.id": "x*"})
    policy = issuance_policy(NORTHWIND, replace(STAFF, profile=profile))
    assert policy.values == {"user.upn": "*@northwind.example"}


@pytest.mark.parametrize("group", [STAFF, STUDENTS])
def test_what_the_plan_asks_for_is_granted(group):
    """Payload and policy come from one profile: a device that fills in the examples is let in."""
    plan = make_plan(NORTHWIND, group, certificates(), None)

    def spell(template) -> str:
        return template.spell(lambda name: VARIABLES[name].example)

    request = csr(
        subject=tuple((part.type.oid, spell(part.value)) for part in plan.scep.subject),
        alt_names=tuple((part.kind.value, spell(part.value)) for part in plan.scep.subject_alt_names),
    )
    approval = authorize(request, issuance_policy(NORTHWIND, group), STATIC)
    assert approval.subject == request.subject
    other = STUDENTS if group is STAFF else STAFF
    with pytest.raises(RequestRejectedError):
        authorize(request, issuance_policy(NORTHWIND, other), STATIC)
