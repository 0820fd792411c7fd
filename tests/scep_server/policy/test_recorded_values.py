"""What a recorded challenge knows of its holder narrows what may be asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.granting import EMAIL, STATIC, UNBOUND, ada, bound, refused
from support.issuance import CN, DEVICE, OU, USER, O, csr

from scep_server.messages import AltName, AltNameKind
from scep_server.policy import AltNameRule, Identity, Pattern, authorize


def test_a_missing_san_is_added_where_the_record_knows_its_value():
    """The challenge was minted for both names, so both SANs go in."""
    request = csr(subject=((CN, EMAIL), (OU, "staff"), (O, "Northwind University")))
    approval = authorize(request, USER, bound(user_email=EMAIL, user_upn="ada@corp.example"))
    assert approval.alt_names == (
        AltName(AltNameKind.RFC822, EMAIL),
        AltName(AltNameKind.UPN, "ada@corp.example"),
    )
    partly = authorize(request, USER, bound(user_email=EMAIL))
    assert partly.alt_names == (AltName(AltNameKind.RFC822, EMAIL),)


def test_a_fixed_san_is_added_for_a_recorded_device_only():
    """A SAN without variables is left out of what nothing confirms."""
    rules = replace(DEVICE, alt_names=(AltNameRule(kind=AltNameKind.DNS, pattern=Pattern(("x.example",))),))
    request = csr(subject=((CN, "d1"), (OU, "students"), (O, "Northwind University")))
    assert authorize(request, rules, STATIC).alt_names == ()
    assert authorize(request, rules, bound(device_id="d1")).alt_names == (
        AltName(AltNameKind.DNS, "x.example"),
    )


def test_the_recorded_value_must_be_asked_for():
    """A challenge minted for Ada is no use to Bob, who does not learn for whom it was minted."""
    request = csr(subject=((CN, "bob@northwind.example"), (OU, "staff"), (O, "Northwind University")))
    refusal = refused(request, USER, bound(user_email=EMAIL))
    assert f"minted for ${{user.email}} = '{EMAIL}'" in refusal.reason
    assert "ada" not in refusal.public
    assert "bob" in refusal.public
    assert refusal.remedy


def test_a_longer_value_than_the_recorded_one_is_another_value():
    """The recorded value is the whole value, not its beginning."""
    subject = ((CN, EMAIL + ".evil"), (OU, "staff"), (O, "Northwind University"))
    assert "minted for" in refused(csr(subject=subject), USER, bound(user_email=EMAIL)).reason


def test_recorded_values_that_the_profile_does_not_use_are_ignored():
    """A minted device id does not matter to a profile that names people."""
    assert authorize(ada(), USER, bound(user_email=EMAIL, device_id="x")).values["user.email"] == EMAIL


def test_recorded_values_are_held_against_a_profile_that_was_tightened_since():
    """`values` of today decides, not those of the day the challenge was minted."""
    rules = replace(USER, values={"user.email": "*@other.example"})
    assert "challenge's value" in refused(ada(), rules, bound(user_email=EMAIL)).reason


@pytest.mark.parametrize(
    ("grant", "identity"),
    [
        (STATIC, Identity.ASSERTED),
        (UNBOUND, Identity.ASSERTED),
        (bound(user_email=EMAIL), Identity.ASSERTED),
        (bound(user_email=EMAIL, user_upn=EMAIL), Identity.BOUND),
    ],
)
def test_an_identity_is_bound_when_the_record_confirms_all_of_it(grant, identity):
    """What nobody confirmed is asserted."""
    assert authorize(ada(), USER, grant).identity is identity
