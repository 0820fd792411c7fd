"""Bundles for Intune in words: what each system gets, to whom it goes, and nothing that is secret."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.northwind import STAFF_CHALLENGE, staff_plan

from onboard.errors import PayloadError
from onboard.explain import explain
from onboard.model import Platform
from onboard.payloads.intune import build
from onboard.payloads.intune.bundle import Assignment

_TO = Assignment(include=("WIFI-Staff",), exclude=("WIFI-Hold",))


def _spelled(name: str) -> str:
    return "{{" + name + "}}"


def _bundle(platform: Platform, *, validated: bool, to: Assignment = _TO) -> bytes:
    made = build(staff_plan(), _spelled, validated=validated, assignment=to)
    return next(a.content for a in made if a.platform is platform)


def _told(content: bytes) -> dict[str, str]:
    return {section.title: " ".join(section.sentences) for section in explain("f", content)}


@pytest.mark.parametrize(
    ("platform", "titles"),
    [
        (Platform.WINDOWS, ["Windows"]),
        (Platform.APPLE, ["iPhones and iPads", "Macs"]),
        (Platform.ANDROID, ["Android devices of the company", "work profiles on Android"]),
    ],
)
@pytest.mark.parametrize("validated", [False, True])
def test_each_system_has_a_section(platform, titles, validated):
    """Whose devices do what; then to whom it goes, by the groups' names."""
    told = _told(_bundle(platform, validated=validated))
    assert list(told)[: len(titles)] == [f"What Intune does with {title}" for title in titles]
    assert told["To whom it goes"] == "All of it goes to WIFI-Staff, but not to WIFI-Hold."


@pytest.mark.parametrize("platform", [Platform.WINDOWS, Platform.APPLE, Platform.ANDROID])
def test_a_vouched_bundle_says_trust_certificate_and_network(platform):
    """The root by name, the server that is asked, the subject, the network and whom it believes."""
    for title, words in _told(_bundle(platform, validated=True)).items():
        if title.startswith("What Intune"):
            for part in (
                "CN=Northwind Root CA",
                "https://scep.northwind.example/scep/staff (SCEP)",
                "CN={{user.email}},OU=staff",
                "the user principal name {{user.upn}}",
                "Intune makes a challenge",
                "“Northwind”",
                "radius.northwind.example",
            ):
                assert part in words, (title, part)


def test_a_custom_profile_is_told_in_its_own_words():
    """What Apple's profile does is said, its challenge is not."""
    content = _bundle(Platform.APPLE, validated=False)
    words = _told(content)["What Intune does with Macs"]
    assert "It sends the profile staff.mobileconfig:" in words
    assert "https://scep.northwind.example/scep/staff" in words
    assert STAFF_CHALLENGE.reveal() not in words


def test_networks_of_windows_are_told_from_the_xml():
    """The profile in the custom setting is put in words as a file of its own would be."""
    words = _told(_bundle(Platform.WINDOWS, validated=False))["What Intune does with Windows"]
    assert "“Northwind” with WPA2-Enterprise" in words
    assert "on the wire" in words


def test_what_is_missing_is_told():
    """Assigned to nobody, and the notes of the bundle."""
    told = _told(_bundle(Platform.ANDROID, validated=False, to=Assignment()))
    assert told["To whom it goes"] == "It is assigned to nobody yet."
    assert "trust alone" in told["What it cannot do"]


_NAMES = st.sampled_from(["key", "body", "bind", "omaSettings", "@odata.type", "payload"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(_NAMES, inner),
    max_leaves=12,
)


@given(_JSON)
def test_nonsense_is_an_error_or_words(value):
    """Whatever stands in the list of objects, the answer is words or a PayloadError."""
    text = {"collection": "/deviceManagement/deviceConfigurations", "objects": value}
    with contextlib.suppress(PayloadError):
        explain("f", json.dumps(text).encode())
