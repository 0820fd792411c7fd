"""What the server demands of a request, rule by rule."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.issuance import CN, DEVICE, OU, USER, O, csr, policy

from scep_server.errors import RequestRejectedError
from scep_server.messages import AltName, AltNameKind, Attribute, FailInfo
from scep_server.policy import AltNameRule, Grant, Identity, IssuancePolicy, Pattern, Slot, authorize

STATIC = Grant(challenge_id="static", asserted=True)
UNBOUND = Grant(challenge_id="c1", asserted=False)
EMAIL = "ada@northwind.example"


def bound(**values: str) -> Grant:
    """A minted challenge that recorded values; `user_email` stands for `user.email`."""
    return Grant(challenge_id="c2", asserted=False, bound={k.replace("_", "."): v for k, v in values.items()})


def refused(request, rules=USER, grant=STATIC) -> RequestRejectedError:
    """The refusal of a request that must be refused."""
    with pytest.raises(RequestRejectedError) as caught:
        authorize(request, rules, grant)
    assert caught.value.fail_info is FailInfo.BAD_REQUEST
    return caught.value


def ada(**changes) -> object:
    """Ada's request as the payload makes it."""
    return csr(
        subject=((CN, EMAIL), (OU, "staff"), (O, "Northwind University")),
        alt_names=(("rfc822", EMAIL), ("upn", EMAIL)),
        **changes,
    )


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


def test_a_san_that_is_not_optional_is_demanded():
    """A policy may insist on a SAN."""
    rule = AltNameRule(kind=AltNameKind.RFC822, pattern=Pattern((Slot("user.email"),)), optional=False)
    request = csr(subject=((CN, EMAIL), (OU, "staff"), (O, "Northwind University")))
    assert "rfc822 name is missing" in refused(request, replace(USER, alt_names=(rule,))).reason


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


@pytest.mark.parametrize(("bits", "reason"), [(0, "not RSA"), (1024, "1024 bits"), (16384, "16384 bits")])
def test_keys_outside_the_profile_are_refused(bits, reason):
    """Small keys are weak, huge ones slow everybody down, and SCEP devices make RSA."""
    assert reason in refused(ada(key_bits=bits)).reason


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_a_stronger_key_than_the_profile_says_is_taken(bits):
    """A client that insists on 3072 bits harms nobody."""
    assert authorize(ada(key_bits=bits), USER, STATIC).key_bits == bits


def test_text_and_variables_mix():
    """The fixed text around a variable must be there, and the variable is what stands between."""
    pattern = Pattern(("tag:microsoft.com,2022-09-14:sid:", Slot("user.sid")))
    rules = replace(USER, alt_names=(AltNameRule(kind=AltNameKind.URI, pattern=pattern),))
    subject = ((CN, EMAIL), (OU, "staff"), (O, "Northwind University"))
    good = "tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-512"
    approval = authorize(csr(subject=subject, alt_names=(("uri", good),)), rules, STATIC)
    assert approval.values["user.sid"] == "S-1-5-21-1-2-3-512"
    for bad in (good + "x", "x" + good, "tag:microsoft.com,2022-09-14:sid:"):
        assert refused(csr(subject=subject, alt_names=(("uri", bad),)), rules).reason


def test_two_variables_in_one_name_are_told_apart_by_the_rest_of_the_request():
    """CN mixes two variables; the SAN settles one of them, and with it the other."""
    rules = policy(
        subject=((CN, Pattern((Slot("user.name"), " ", Slot("device.name")))),),
        alt_names=(AltNameRule(kind=AltNameKind.DNS, pattern=Pattern((Slot("device.name"), ".example"))),),
    )
    request = csr(subject=((CN, "Ada Lovelace old mac"),), alt_names=(("dns", "mac.example"),))
    assert authorize(request, rules, STATIC).values == {
        "user.name": "Ada Lovelace old",
        "device.name": "mac",
    }


def test_separators_that_overlap_are_all_tried():
    """In x---y the separator -- stands in two places, and the SAN says which one is meant."""
    rules = policy(
        subject=((CN, Pattern((Slot("device.name"), "--", Slot("device.serial")))),),
        alt_names=(AltNameRule(kind=AltNameKind.DNS, pattern=Pattern((Slot("device.name"), ".example"))),),
    )
    for name, serial in (("x", "-y"), ("x-", "y")):
        request = csr(subject=((CN, "x---y"),), alt_names=(("dns", f"{name}.example"),))
        assert authorize(request, rules, STATIC).values == {"device.name": name, "device.serial": serial}
    alone = replace(
        rules,
        alt_names=(),
        subject=(*rules.subject, (OU, Pattern((Slot("device.serial"), "!", Slot("device.name"))))),
    )
    request = csr(subject=((CN, "x---y"), (OU, "-y!x")))
    assert authorize(request, alone, STATIC).values == {"device.name": "x", "device.serial": "-y"}


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


@settings(deadline=500)
@given(
    parts=st.lists(
        st.sampled_from((Slot("user.name"), Slot("device.name"), Slot("device.serial"), "a", " ", "-")),
        min_size=1,
        max_size=8,
    ),
    value=st.text("a -", min_size=1, max_size=255),
    glob=st.text("a*", max_size=30),
)
def test_no_request_makes_the_server_think_for_long(parts, value, glob):
    """The worst mixtures of variables and the worst globs are decided within the deadline."""
    rules = policy(
        subject=((CN, Pattern(tuple(parts))), (OU, Pattern((*parts, Slot("user.upn"))))),
        values={"user.name": glob},
    )
    try:
        approval = authorize(csr(subject=((CN, value), (OU, value + "x@x.example"))), rules, STATIC)
    except RequestRejectedError:
        return
    assert approval.subject[0].value == value


def test_a_hopeless_mixture_is_refused_for_what_it_is():
    """The budget of the search has a reason of its own."""
    slots = tuple(Slot(name) for name in ("user.name", "device.name", "device.serial"))
    rules = policy(subject=((CN, Pattern((*slots, "!"))),))
    assert "too many ways" in refused(csr(subject=((CN, "a" * 60 + "?!?"),)), rules).reason


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
