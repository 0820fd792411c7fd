"""Which of an endpoint's policies judges a request."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.issuance import CN, DEVICE, OU, USER, O, csr

from scep_server.errors import RequestRejectedError
from scep_server.messages import Csr
from scep_server.policy import Grant, Identity, IssuancePolicy, Pattern, authorize, authorize_any

STATIC = Grant(challenge_id="static", asserted=True)
EMAIL = "ada@northwind.example"
STAFF = (OU, Pattern(("staff",)))
MACHINE = replace(DEVICE, subject=(DEVICE.subject[0], STAFF, DEVICE.subject[2]))
BOTH = (USER, MACHINE)


def request(name: str, *, unit: str = "staff", key_bits: int = 2048, **changes) -> Csr:
    """A request for a certificate of a name in a group."""
    subject = ((CN, name), (OU, unit), (O, "Northwind University"))
    return csr(subject=subject, key_bits=key_bits, **changes)


def refused(asked: Csr, policies=BOTH, grant: Grant = STATIC) -> str:
    """Why a request is refused that must be."""
    with pytest.raises(RequestRejectedError) as caught:
        authorize_any(asked, policies, grant)
    return str(caught.value.reason)


@pytest.mark.parametrize("policies", [BOTH, BOTH[::-1]])
@pytest.mark.parametrize(("name", "profile"), [(EMAIL, USER.name), ("9f8b6a1e-3c52", MACHINE.name)])
def test_a_request_goes_to_the_policy_that_it_fits(policies, name, profile):
    """The subject says which kind of certificate is asked for, in whatever order the policies stand."""
    assert authorize_any(request(name), policies, STATIC).profile == profile


def test_of_policies_that_both_fit_the_first_decides():
    """Where the subject tells nothing, the order of the org definition does."""
    long = replace(MACHINE, name="long")
    assert authorize_any(request("9f8b"), (long, MACHINE), STATIC).profile == "long"
    assert authorize_any(request("9f8b"), (MACHINE, long), STATIC).profile == MACHINE.name


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (request(EMAIL, unit="students"), "OU 'students' is not 'staff'"),
        (request("ada@nowhere"), "the CN value 'ada@nowhere' does not have the form"),
        (request(EMAIL, alt_names=(("uri", "x:y"),)), "the uri name 'x:y', which the profile lacks"),
        (request(EMAIL, key_bits=1024), "1024 bits"),
        (request("9f8b", alt_names=(("upn", EMAIL),)), "the upn name 'ada@northwind.example', which"),
    ],
)
def test_the_nearest_policy_gives_the_reason(asked, said):
    """What is told to the administrator is about the certificate that the device meant."""
    assert said in refused(asked)


def test_of_equally_near_policies_the_first_gives_the_reason():
    """The same request gets the same reason every time."""
    asked = csr(subject=((CN, "??"),))
    assert refused(asked, BOTH) == refused(asked, BOTH)
    assert "user-eap-tls" in refused(asked, BOTH)
    assert "device-eap-tls" in refused(asked, BOTH[::-1])


def test_a_challenge_for_a_person_gives_no_computers_certificate():
    """Whoever holds a challenge that was minted for Ada gets Ada's certificate, and no other kind."""
    for_ada = Grant(challenge_id="c1", bound={"user.email": EMAIL, "user.upn": EMAIL}, asserted=False)
    assert authorize_any(request(EMAIL), BOTH, for_ada).identity is Identity.BOUND
    assert "9f8b" in refused(request("9f8b"), BOTH, for_ada)
    assert "9f8b" in refused(request("9f8b"), BOTH[::-1], for_ada)


def test_a_challenge_for_a_group_gives_either():
    """A challenge that binds the group only says nothing about the kind."""
    unbound = Grant(challenge_id="c1", asserted=False)
    assert authorize_any(request(EMAIL), BOTH, unbound).profile == USER.name
    assert authorize_any(request("9f8b"), BOTH, unbound).profile == MACHINE.name


@pytest.mark.parametrize("policies", [BOTH, BOTH[::-1]])
def test_a_challenge_for_a_part_of_an_identity_gives_that_kind(policies):
    """One that knows a sign-in name alone does not let its holder call himself any computer."""
    for_ada = Grant(challenge_id="c1", bound={"user.upn": EMAIL}, asserted=False)
    assert authorize_any(request(EMAIL), policies, for_ada).profile == USER.name
    assert "9f8b" in refused(request("9f8b"), policies, for_ada)


def test_a_challenge_that_knows_no_whole_subject_is_asked_of_all():
    """What was minted for a thing that no subject holds binds as much as it can."""
    grant = Grant(challenge_id="c1", bound={"user.name": "Ada Lovelace"}, asserted=False)
    assert authorize_any(request(EMAIL), BOTH, grant).profile == USER.name


@given(st.sampled_from([EMAIL, "9f8b", "ada@nowhere", ""]), st.sampled_from([USER, MACHINE, DEVICE]))
def test_one_policy_is_judged_as_ever(name: str, policy: IssuancePolicy):
    """An endpoint of one kind knows no difference."""
    outcomes = []
    for judge in (lambda asked: authorize(asked, policy, STATIC), _alone(policy)):
        try:
            outcomes.append(judge(request(name)))
        except RequestRejectedError as refusal:
            outcomes.append((refusal.reason, refusal.remedy))
    assert outcomes[0] == outcomes[1]


def _alone(policy: IssuancePolicy):
    return lambda asked: authorize_any(asked, (policy,), STATIC)
