"""A group with a certificate for the person and one for the computer: plan, policies, challenges."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.northwind import NORTHWIND, certificates

from onboard.apple_options import AppleOptions, Scope
from onboard.model import Platform
from onboard.plan import GroupPlan, make_plan
from onboard.provision import issuance_policies
from onboard.provision.minting import profile_for
from onboard.secret import Secret
from onboard.variables import Holder

PERSON, COMPUTER = NORTHWIND.group("staff").profile, NORTHWIND.group("students").profile
BOTH = replace(NORTHWIND.group("staff"), second_profile=COMPUTER)


def plan(group=BOTH, challenge: Secret | None = None) -> GroupPlan:
    """The plan of a group of Northwind."""
    return make_plan(NORTHWIND, group, certificates(), challenge)


def test_the_endpoint_grants_both_with_the_groups_name():
    """One policy for each profile, in the order of org.yaml."""
    policies = issuance_policies(NORTHWIND, BOTH)
    assert [policy.name for policy in policies] == [PERSON.name, COMPUTER.name]
    assert all("staff" in {str(pattern) for _, pattern in policy.subject} for policy in policies)


def test_a_second_profile_leaves_the_identifiers_of_the_first():
    """Who adds a computer's certificate to a group does not make its people enrol again."""
    alone, (first, second) = plan(NORTHWIND.group("staff")), plan().certificates
    assert first.uuid("windows", "scep") == alone.uuid("windows", "scep")
    assert first.identifier("apple") == alone.identifier("apple")
    assert second.uuid("windows", "scep") != first.uuid("windows", "scep")
    assert second.identifier("apple") == "edu.northwind.onboard.staff.device.apple"


def test_each_certificate_is_asked_for_by_its_own_profile():
    """The plan of one certificate knows nothing of the other."""
    first, second = plan().certificates
    assert [(p.holder, p.profile, p.second) for p in (first, second)] == [
        (Holder.USER, PERSON, None),
        (Holder.DEVICE, COMPUTER, None),
    ]
    assert second.variables == COMPUTER.variables
    assert set(plan().variables) == {*PERSON.variables, *COMPUTER.variables}


@pytest.mark.parametrize("platform", [Platform.LINUX, Platform.ANDROID, Platform.APPLE])
def test_who_holds_one_certificate_gets_the_first(platform):
    """With identifiers as if there were no second."""
    assert plan().on(platform) == plan(NORTHWIND.group("staff")).on(platform)


@pytest.mark.parametrize("platform", [Platform.WINDOWS, Platform.CHROMEOS])
def test_who_holds_two_gets_both(platform):
    """Windows has a store for each, ChromeOS a policy."""
    assert plan().on(platform) == plan()


@pytest.mark.parametrize(("scope", "holder"), [(Scope.SYSTEM, Holder.DEVICE), (Scope.USER, Holder.USER)])
def test_the_scope_of_a_mac_says_whose_certificate(scope, holder):
    """In the profile that stays the one it was: identifiers are those of the group."""
    own = plan(replace(BOTH, apple=AppleOptions(scope=scope))).on(Platform.APPLE)
    assert (own.holder, own.second) == (holder, None)
    assert own.identifier("apple") == plan().identifier("apple")


def test_each_certificate_can_have_a_challenge_of_its_own():
    """One that is minted for a person is spent by her certificate."""
    given = plan().with_challenges({Holder.USER: Secret("a" * 16), Holder.DEVICE: Secret("b" * 16)})
    shown = [c.scep.challenge.reveal() if c.scep.challenge else "" for c in given.certificates]
    assert shown == ["a" * 16, "b" * 16]


def test_usages_are_what_every_certificate_has():
    """A network offers whichever is there, so it filters by what both are for."""
    person = replace(PERSON, extended_key_usages=("email-protection", "client-auth"))
    assert plan(replace(BOTH, profile=person)).usages == ("client-auth",)
    assert plan(replace(NORTHWIND.group("staff"), profile=person)).usages == person.extended_key_usages


@pytest.mark.parametrize(
    ("name", "assigned", "profile"),
    [
        ("ada@northwind.example", {}, PERSON),
        ("Ada Lovelace", {}, COMPUTER),  # which needs an id alone, and that is minted
        (None, {"device.id": "9f8b"}, COMPUTER),
        (None, {"user.email": "ada@northwind.example"}, PERSON),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_challenge_is_minted_for_the_profile_that_its_values_fill_in(name, assigned, profile, swapped):
    """Whatever stands first, where the values say whose certificate is meant."""
    group = replace(BOTH, profile=COMPUTER, second_profile=PERSON) if swapped else BOTH
    assert profile_for(group, name, assigned) == profile


@pytest.mark.parametrize(("name", "assigned"), [(None, {}), ("ada@northwind.example", {"device.id": "9f8b"})])
def test_where_values_say_nothing_or_both_the_first_profile_is_meant(name, assigned):
    """So the order of org.yaml decides, and nothing else."""
    assert profile_for(BOTH, name, assigned) == PERSON
    assert profile_for(replace(BOTH, profile=COMPUTER, second_profile=PERSON), name, assigned) == COMPUTER
