"""Texts and variables in one name: every reading is tried, and none for long."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from support.granting import EMAIL, STATIC, refused
from support.issuance import CN, OU, USER, O, csr, policy

from scep_server.errors import RequestRejectedError
from scep_server.messages import AltNameKind
from scep_server.policy import AltNameRule, Pattern, Slot, authorize


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
