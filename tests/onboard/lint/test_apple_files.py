"""Apple profiles as files: signed, binary, damaged, or something else altogether."""

from __future__ import annotations

import datetime as dt
import plistlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.apple_profiles import (
    EVERY_KEY,
    WIFI,
    content,
    final_content,
    holder,
    judged,
    profile,
    put,
    rules,
    scep,
    signer,
)

from onboard.errors import Severity
from onboard.lint import lint
from onboard.lint.apple import recognises
from onboard.signing import sign


def test_old_kinds_of_file_are_judged_too():
    """A binary property list is the same profile."""
    tree = profile()
    assert lint("a", plistlib.dumps(tree, fmt=plistlib.FMT_BINARY)) == ()
    put(WIFI, "SSID_STR", to="a\x07b")(tree)
    assert {"apple-E26", "apple-E35"} == {
        f.rule for f in lint("a", plistlib.dumps(tree, fmt=plistlib.FMT_BINARY))
    }


def test_the_clock_is_asked_only_when_given():
    """Expired or soon expiring certificates and past dates are found with `now`, and never without it."""
    tree = profile()
    put("RemovalDate", to=dt.datetime(2030, 1, 1))(tree)  # noqa: DTZ001  # property lists know naive UTC only
    assert rules(tree) == set()
    assert rules(tree, now=dt.datetime(2029, 1, 1, tzinfo=dt.UTC)) == set()
    assert rules(tree, now=dt.datetime(2030, 11, 15, tzinfo=dt.UTC)) == {"E34", "E23"}
    late = judged(tree, now=dt.datetime(2046, 1, 1, tzinfo=dt.UTC))
    assert {
        place for rule, place, severity in late if rule == "apple-E23" and severity is Severity.ERROR
    } == {
        "PayloadContent[0].PayloadContent",
        "PayloadContent[1].PayloadContent",
    }
    assert "apple-E23" in {rule for rule, _, _ in judged(tree, now=dt.datetime(2025, 1, 1, tzinfo=dt.UTC))}


def test_signed_profile_passes():
    """A signed profile is judged by what is inside, and by its signature."""
    assert lint("a", sign(final_content(), signer())) == ()


def test_variables_in_a_signed_profile_are_refused():
    """Whoever fills them in would break the signature."""
    found = lint("a", sign(content("staff"), signer()))
    assert {f.rule for f in found} == {"apple-E22"}
    assert any("${user.upn}" in f.message for f in found)


def test_a_macs_own_variables_may_be_signed():
    """%SerialNumber% is filled in by macOS itself, after the signature was checked."""
    tree = plistlib.loads(final_content())
    scep("Subject", [[["CN", "%SerialNumber%"]]])(tree)
    assert lint("a", sign(plistlib.dumps(tree), signer())) == ()


def test_signature_without_chain_is_a_warning():
    """Devices show such a profile as not verified, unless they know the issuer."""
    (finding,) = lint("a", sign(final_content(), signer(chain=False)))
    assert (finding.rule, finding.severity) == ("apple-E36", Severity.WARNING)


def test_expired_signer_is_found_with_the_clock():
    """The certificates in the signature end in 2036."""
    signed = sign(final_content(), signer())
    late = lint("a", signed, now=dt.datetime(2037, 1, 1, tzinfo=dt.UTC))
    assert "apple-E36" in {f.rule for f in late}
    early = lint("a", signed, now=dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
    assert "apple-E36" in {f.rule for f in early if f.severity is Severity.ERROR}


def test_change_after_signing_is_found():
    """One letter of the content changed breaks the signature."""
    signed = sign(final_content(), signer()).replace(b"helpdesk@", b"helpdisk@")
    assert "apple-E36" in {f.rule for f in lint("a", signed)}


@pytest.mark.parametrize(
    "content",
    [
        b"-----BEGIN PKCS7-----\nMIIB\n-----END PKCS7-----\n",
        b'MIME-Version: 1.0\nContent-Type: multipart/signed\n\n<plist version="1.0">',
        sign(b"x", signer())[:-20],
        sign(b"x", signer()) + b"\n",
    ],
    ids=["PEM", "S/MIME", "cut off", "a line end too many"],
)
def test_broken_signatures_are_named(content):
    """What is no attached DER signature is refused under E36."""
    (finding,) = lint("a", content)
    assert (finding.rule, finding.severity) == ("apple-E36", Severity.ERROR)


@pytest.mark.parametrize(
    "content",
    [
        b"<?xml version='1.0'?><plist version='1.0'><dict><key>a</key></dict></plist>",
        b"<?xml version='1.0'?><plist version='1.0'><array/></plist>",
        b"<plist><dict><key>RemovalDate</key><date>tomorrow</date></dict></plist>",
        b'<!DOCTYPE plist [<!ENTITY a "b">]><plist><string>&a;</string></plist>',
        b"bplist00",
        sign(b"no property list", signer()),
    ],
)
def test_unreadable_profiles_are_one_error(content):
    """Damage ends in one finding, never in an exception."""
    (finding,) = lint("a", content)
    assert (finding.rule, finding.severity) == ("apple-E35", Severity.ERROR)


def test_what_is_no_payload_is_said():
    """Neither emptiness nor noise is taken for a profile."""
    assert [f.message for f in lint("a", b"")] == ["the file is empty"]
    assert lint("a", b"\x00\x01\x02")[0].rule == "lint-01"


@given(st.binary(max_size=400))
def test_noise_never_raises(noise):
    """Any bytes, alone or behind the beginning of a real file, give findings or nothing."""
    for damaged in (noise, b"bplist00" + noise, b"<plist>" + noise + b"</plist>", _SIGNED[:60] + noise):
        lint("a", damaged)
        recognises(damaged)


@given(st.integers(0, 3000), st.binary(min_size=1, max_size=4))
def test_damage_never_raises(offset, bytes_):
    """A good file with some bytes overwritten gives findings or nothing."""
    for good in (content("staff"), _SIGNED, _BINARY):
        start = offset % len(good)
        lint("a", good[:start] + bytes_ + good[start + len(bytes_) :])


_plain = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 3000) | st.text(max_size=8) | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(EVERY_KEY), _plain.filter(lambda value: value is not None))
def test_any_value_anywhere_never_raises(place, value):
    """Whatever a foreign tool writes under a key we know, lint answers."""
    group, path = place
    tree = profile(group)
    holder(tree, path)[path[-1]] = value
    try:
        content = plistlib.dumps(tree, fmt=plistlib.FMT_BINARY)
    except (TypeError, ValueError):  # None deep inside, or lone surrogates
        return
    lint("a", content)


_SIGNED = sign(final_content(), signer())
_BINARY = plistlib.dumps(profile(), fmt=plistlib.FMT_BINARY)
