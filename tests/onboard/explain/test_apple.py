"""Profiles in words: what matters is said, what is secret is not, and foreign files are told as they are."""

from __future__ import annotations

import contextlib
import datetime as dt
import plistlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.certificates import make_certificate
from support.northwind import STAFF_CHALLENGE, neutral, staff_plan, students_plan
from support.snapshots import file_type

from onboard.errors import PayloadError
from onboard.explain import explain
from onboard.payloads.apple import build
from onboard.signing import Signer, sign


def content(plan) -> bytes:
    return build(plan, neutral)[0].content


def told(document: bytes) -> str:
    return "\n".join(
        line
        for section in explain("a.mobileconfig", document)
        for line in (section.title, *section.sentences)
    )


def changed(*path, to) -> str:
    tree = plistlib.loads(content(staff_plan()))
    at = tree
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = to
    return told(plistlib.dumps(tree))


@pytest.mark.parametrize("plan", [staff_plan(), students_plan()], ids=lambda plan: plan.group)
def test_profile_in_words(plan, snapshot):
    """The whole of an emitted profile, as people read it."""
    assert told(content(plan)) == snapshot(extension_class=file_type("txt"))


def test_everything_that_matters_is_said():
    """The twin of the snapshot: names, networks, CA, server, scope."""
    words = told(content(staff_plan()))
    for part in (
        "Northwind University",
        "“Northwind”",
        "https://scep.northwind.example/scep/staff",
        "radius.northwind.example",
        "Northwind Root CA (until 2045-12-27)",
        "CN=${user.email}",
        "on the wire",
        "not signed",
    ):
        assert part in words
    assert "joins it before anyone logs in" in told(content(students_plan()))


def test_secrets_are_not_repeated():
    """A challenge is said to be there; its text is not."""
    words = told(content(staff_plan()))
    assert "challenge that stands in the profile" in words
    assert STAFF_CHALLENGE.reveal() not in words
    assert "filled in by somebody else: ${challenge}." in told(content(students_plan()))


@pytest.mark.parametrize(
    ("path", "to", "said"),
    [
        (
            ("PayloadContent", 3, "EAPClientConfiguration"),
            {"AcceptEAPTypes": [25]},
            "People are asked whether to",
        ),
        (("PayloadContent", 3, "EAPClientConfiguration"), {"AcceptEAPTypes": [25]}, "PEAP (a password)"),
        (("PayloadContent", 3, "HIDDEN_NETWORK"), True, "asking for it everywhere"),
        (("PayloadContent", 3, "AutoJoin"), False, "may be told to join"),
        (("PayloadContent", 3, "ProxyType"), "Auto", "whatever the network announces"),
        (("PayloadContent", 3, "PayloadType"), "com.apple.vpn.managed", "com.apple.vpn.managed payload"),
        (("PayloadContent", 2, "PayloadContent", "KeyIsExtractable"), True, "can be copied out"),
        (("PayloadContent", 0, "PayloadContent"), b"?", "cannot be read"),
        (("RemovalDate",), dt.datetime(2030, 1, 2), "removes itself on 2030-01-02"),  # noqa: DTZ001  # as plists do
        (("DurationUntilRemoval",), 86400.0, "1 days after"),
        (("TargetDeviceType",), 5, "meant for a Mac"),
        (("ConsentText",), {"default": "Agree."}, "must agree to"),
    ],
)
def test_what_is_unusual_is_said(path, to, said):
    """Foreign profiles are told as they are, weaknesses included."""
    assert said in changed(*path, to=to)


def test_the_signer_is_named():
    """Who signed, and whether it still holds."""
    made = make_certificate("Profiles of Northwind")
    signed = sign(content(staff_plan()), Signer(certificate=made.certificate, key=made.key, chain=()))
    assert "signed by CN=Profiles of Northwind; it shows as verified where" in told(signed)
    assert "changed after signing" in told(signed.replace(b"helpdesk@", b"helpdisk@"))


@pytest.mark.parametrize("document", [b"", b"hello", b"bplist00", b"<plist><array/></plist>"])
def test_what_cannot_be_explained_is_an_error(document):
    """Other files end in a message that names the file."""
    with pytest.raises(PayloadError, match=r"a\.mobileconfig"):
        told(document)


@given(st.integers(0, 9000), st.binary(min_size=1, max_size=4))
def test_damage_is_told_or_refused(offset, noise):
    """No damage ends in another error."""
    good = content(staff_plan())
    start = offset % len(good)
    with contextlib.suppress(PayloadError):
        told(good[:start] + noise + good[start + len(noise) :])
