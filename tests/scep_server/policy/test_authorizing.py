"""What the server demands of a request, rule by rule."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.granting import EMAIL, STATIC, UNBOUND, ada, bound, refused
from support.issuance import CN, OU, USER, O, csr, policy

from scep_server.messages import AltName, AltNameKind, Attribute
from scep_server.policy import AltNameRule, IssuancePolicy, Pattern, Slot, authorize


def test_the_payloads_request_is_granted_as_asked():
    """A request that says what the payload says is approved, in the policy's order."""
    approval = authorize(ada(), USER, STATIC)
    assert approval.subject == (
        Attribute(CN, EMAIL),
        Attribute(OU, "staff"),
        Attribute(O, "Northwind University"),
    )
    assert approval.alt_names == (AltName(AltNameKind.RFC822, EMAIL), AltName(AltNameKind.UPN, EMAIL))
    assert approval.values == {"user.email": EMAIL, "user.upn": EMAIL}
    assert approval.challenge_id == "static"
    assert (approval.valid_for, approval.key_bits) == (timedelta(days=365), 2048)


def test_order_and_repetition_do_not_matter():
    """Names are sets: any order, and the same attribute twice is once."""
    request = csr(
        subject=((O, "Northwind University"), (CN, EMAIL), (OU, "staff"), (CN, EMAIL)),
        alt_names=(("upn", EMAIL), ("rfc822", EMAIL), ("upn", EMAIL)),
    )
    assert authorize(request, USER, STATIC).subject == authorize(ada(), USER, STATIC).subject


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        (((CN, EMAIL), (OU, "staff")), "lacks O"),
        (((OU, "staff"), (O, "Northwind University")), "lacks CN"),
        ((), "lacks CN"),
        (((CN, EMAIL), (OU, "students"), (O, "Northwind University")), "OU 'students' is not 'staff'"),
        (((CN, EMAIL), (OU, "Staff"), (O, "Northwind University")), "OU 'Staff' is not 'staff'"),
        (((CN, EMAIL), (OU, "staff"), (O, "Northwind")), "O 'Northwind' is not"),
        (((CN, EMAIL), (OU, "staff"), (O, "Northwind University!")), "O 'Northwind University!' is not"),
        (((CN, EMAIL), (OU, "staff"), (O, "Northwind University"), ("2.5.4.7", "Oslo")), "has the L 'Oslo'"),
        (((CN, EMAIL), (OU, "staff"), (O, "Northwind University"), ("1.2.3", "x")), "has the 1.2.3 'x'"),
        (
            ((CN, EMAIL), (OU, "staff"), (OU, "admins"), (O, "Northwind University")),
            "2 values of OU ('staff', 'admins')",
        ),
        (
            ((CN, "a"), (CN, "b"), (CN, "c"), (OU, "staff"), (O, "Northwind University")),
            "3 values of CN ('a', 'b', …)",
        ),
        (((CN, "Ada"), (OU, "staff"), (O, "Northwind University")), "form of ${user.email}"),
        (((CN, ""), (OU, "staff"), (O, "Northwind University")), "form of ${user.email}"),
    ],
)
def test_a_subject_that_differs_is_refused_with_the_difference(subject, reason):
    """Every subject attribute of the profile, fixed parts equal, and nothing more."""
    assert reason in refused(csr(subject=subject)).reason


@pytest.mark.parametrize(
    ("alt_names", "reason"),
    [
        ((("dns", "host.example"),), "has the dns name 'host.example', which the profile lacks"),
        ((("other", "1.2.3"),), "has the other name '1.2.3'"),
        ((("rfc822", EMAIL), ("rfc822", "bob@northwind.example")), "2 values of rfc822 name"),
        ((("rfc822", "bob@northwind.example"),), "${user.email} has two values"),
        ((("upn", "not a upn"),), "form of ${user.upn}"),
    ],
)
def test_a_san_that_the_profile_lacks_is_refused(alt_names, reason):
    """A SAN is what the profile says, or the request is refused."""
    subject = ((CN, EMAIL), (OU, "staff"), (O, "Northwind University"))
    assert reason in refused(csr(subject=subject, alt_names=alt_names)).reason


def test_a_missing_san_is_left_out_under_a_static_challenge():
    """Nobody confirmed its value, so it is not added, although the subject says it."""
    request = csr(subject=((CN, EMAIL), (OU, "staff"), (O, "Northwind University")))
    assert authorize(request, USER, STATIC).alt_names == ()


def test_a_san_that_is_not_optional_is_demanded():
    """A policy may insist on a SAN."""
    rule = AltNameRule(kind=AltNameKind.RFC822, pattern=Pattern((Slot("user.email"),)), optional=False)
    request = csr(subject=((CN, EMAIL), (OU, "staff"), (O, "Northwind University")))
    assert "rfc822 name is missing" in refused(request, replace(USER, alt_names=(rule,))).reason


def test_the_domain_of_an_address_has_no_letter_case():
    """The recorded spelling goes into the certificate; the local part must be the same to the letter."""
    shouting = "ada@NORTHWIND.example"
    request = csr(subject=((CN, shouting), (OU, "staff"), (O, "Northwind University")))
    assert authorize(request, USER, bound(user_email=EMAIL)).subject[0].value == EMAIL
    assert authorize(request, USER, STATIC).subject[0].value == shouting
    other = csr(subject=((CN, "Ada@northwind.example"), (OU, "staff"), (O, "Northwind University")))
    assert "minted for" in refused(other, USER, bound(user_email=EMAIL)).reason


def test_values_narrow_the_form():
    """A glob decides which values a variable may have, the case of a domain aside."""
    rules = replace(USER, values={"user.email": "*@Northwind.example"})
    assert authorize(ada(), rules, STATIC)
    stranger = csr(subject=((CN, "eve@evil.example"), (OU, "staff"), (O, "Northwind University")))
    refusal = refused(stranger, rules)
    assert "not among the values of ${user.email} (*@Northwind.example)" in refusal.reason
    assert "widen `values`" in refusal.remedy


@pytest.mark.parametrize(("bits", "reason"), [(0, "not RSA"), (1024, "1024 bits"), (16384, "16384 bits")])
def test_keys_outside_the_profile_are_refused(bits, reason):
    """Small keys are weak, huge ones slow everybody down, and SCEP devices make RSA."""
    assert reason in refused(ada(key_bits=bits)).reason


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_a_stronger_key_than_the_profile_says_is_taken(bits):
    """A client that insists on 3072 bits harms nobody."""
    assert authorize(ada(key_bits=bits), USER, STATIC).key_bits == bits


def test_several_names_of_one_kind_are_paired_with_the_profiles():
    """Two dns rules take two requested names in either order; one missing is left out."""
    rules = policy(
        subject=((CN, Pattern((Slot("device.id"),))),),
        alt_names=(
            AltNameRule(kind=AltNameKind.DNS, pattern=Pattern((Slot("device.id"), ".a.example"))),
            AltNameRule(kind=AltNameKind.DNS, pattern=Pattern((Slot("device.id"), ".b.example"))),
        ),
    )
    both = csr(subject=((CN, "d1"),), alt_names=(("dns", "d1.b.example"), ("dns", "d1.a.example")))
    assert [n.value for n in authorize(both, rules, STATIC).alt_names] == ["d1.a.example", "d1.b.example"]
    one = csr(subject=((CN, "d1"),), alt_names=(("dns", "d1.b.example"),))
    assert [n.value for n in authorize(one, rules, STATIC).alt_names] == ["d1.b.example"]
    foreign = csr(subject=((CN, "d1"),), alt_names=(("dns", "d1.c.example"),))
    assert "dns name 'd1.c.example'" in refused(foreign, rules).reason


def test_every_requested_name_needs_a_rule_of_its_own_value():
    """Two rules that may take one name do not let a second one slip through."""
    slot = Pattern((Slot("device.id"),))
    rules = policy(subject=((CN, slot), (CN, slot)))
    assert refused(csr(subject=((CN, "d1"), (CN, "d2"))), rules).reason
    assert authorize(csr(subject=((CN, "d1"),)), rules, STATIC).values == {"device.id": "d1"}


@pytest.mark.parametrize(
    ("subject", "alt_names", "problem"),
    [
        ((("2.5.4.3", Pattern((Slot("user.name"),))),), (), "CN holds 1 to 64 characters"),
        ((("0.9.2342.19200300.100.1.25", Pattern((Slot("user.name"),))),), (), "DC holds"),
        ((("2.5.4.3", Pattern(("x",))),), ("rfc822", "rfc822 name 'é"), "no rfc822 name"),
    ],
)
def test_what_no_certificate_can_hold_is_refused(subject, alt_names, problem):
    """A lax profile does not make the certificate builder fail."""
    rules = policy(subject=subject)
    value = "é" * 65
    if alt_names:
        pattern = Pattern((Slot("user.name"),))
        rules = replace(rules, alt_names=(AltNameRule(kind=AltNameKind.RFC822, pattern=pattern),))
        request = csr(subject=((CN, "x"),), alt_names=(("rfc822", value),))
    else:
        request = csr(subject=((subject[0][0], value),))
    assert problem in refused(request, rules).reason


def test_non_ascii_where_only_ascii_fits_is_refused():
    """E-mail attributes are IA5String."""
    rules = policy(subject=(("1.2.840.113549.1.9.1", Pattern((Slot("user.name"),))),))
    assert "ASCII only" in refused(csr(subject=(("1.2.840.113549.1.9.1", "é"),)), rules).reason


def test_a_policy_without_a_form_for_a_variable_cannot_be_made():
    """A missing form would let anything through."""
    with pytest.raises(ValueError, match=re.escape("without a form: user.nickname")):
        policy(subject=((CN, Pattern((Slot("user.nickname"),))),))


def test_a_long_value_is_cut_in_the_reason():
    """A reason fits a log line whatever the request says."""
    subject = ((CN, "x" * 10_000), (OU, "staff"), (O, "Northwind University"))
    assert len(refused(csr(subject=subject)).reason) < 300


LABEL = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789", min_size=2, max_size=12)
ADDRESS = st.builds("{}@{}.example".format, LABEL, LABEL)


@given(email=ADDRESS, upn=ADDRESS, order=st.randoms(use_true_random=False), data=st.data())
def test_whatever_the_payload_fills_in_is_granted_and_nothing_else(email, upn, order, data):
    """Any rendered request is granted in any order, and with any one value changed it is not."""
    subject = [(CN, email), (OU, "staff"), (O, "Northwind University")]
    order.shuffle(subject)
    alt_names = [("rfc822", email), ("upn", upn)]
    order.shuffle(alt_names)
    grant = bound(user_email=email, user_upn=upn)
    approval = authorize(csr(subject=tuple(subject), alt_names=tuple(alt_names)), USER, grant)
    assert approval.values == {"user.email": email, "user.upn": upn}
    names = [*subject, *alt_names]
    index = data.draw(st.integers(0, len(names) - 1))
    kind, value = names[index]
    names[index] = (kind, data.draw(st.sampled_from(("x" + value, value + "x", value[1:], value[:-1], ""))))
    refused(csr(subject=tuple(names[:3]), alt_names=tuple(names[3:])), USER, grant)


def test_the_approval_never_prints_a_key():
    """Approvals are logged."""
    assert "spki" not in repr(authorize(ada(), USER, STATIC))


def test_rules_are_usable_in_isolation():
    """Defaults make a policy of three lines."""
    rules = IssuancePolicy(
        name="p",
        subject=((CN, Pattern((Slot("v"),))),),
        forms={"v": "[a-z]+"},
        valid_for=timedelta(days=1),
        renew_within=timedelta(0),
        extended_key_usages=("1.3.6.1.5.5.7.3.2",),
    )
    assert authorize(csr(subject=((CN, "abc"),)), rules, UNBOUND).backdate == timedelta(hours=1)
