"""Windows files compared: what devices notice, and what they do."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.northwind import STAFF_CHALLENGE, certificates, neutral, staff_plan, students_plan

from onboard.changes import Effect, compare
from onboard.errors import PayloadError
from onboard.model import Security, Ssid
from onboard.payloads.windows import build
from onboard.secret import Secret


def file(kind: str, plan=None) -> bytes:
    (artifact,) = [a for a in build(plan or staff_plan(), neutral) if a.kind == kind]
    return artifact.content


def changed(**network):
    plan = staff_plan()
    return replace(plan, networks=(replace(plan.networks[0], **network), plan.networks[1]))


def effects(old: bytes, new: bytes) -> tuple[Effect, ...]:
    return compare("old", old, "new", new).effects


@pytest.mark.parametrize("kind", ["wlan-profile", "lan-profile", "syncml"])
def test_the_same_file_changes_nothing(kind):
    """No change is found between a file and itself, and the verdict says so."""
    comparison = compare("old", file(kind), "new", file(kind))
    assert comparison.changes == ()
    assert comparison.remarks == ()
    assert "nothing" in comparison.verdict


_ROOT = certificates()["root"]


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (
            changed(server_names=("radius.northwind.example", "radius2.northwind.example")),
            (Effect.REINSTALL,),
        ),
        (changed(server_names=("radius2.northwind.example",)), (Effect.DROP, Effect.REINSTALL)),
        (changed(security=Security.WPA3_ENTERPRISE), (Effect.DROP, Effect.REINSTALL)),
        (changed(ssid=Ssid("Southwind")), (Effect.BESIDE, Effect.REINSTALL)),
        (replace(staff_plan(), issuing=_ROOT), (Effect.DROP, Effect.REINSTALL)),
        (replace(staff_plan(), profile=students_plan().profile), (Effect.DROP, Effect.REINSTALL)),
    ],
    ids=["one more server", "another server", "WPA3", "another SSID", "another CA", "another holder"],
)
def test_what_a_change_of_the_org_does_to_wifi(plan, expected):
    """Devices drop off where they stop believing or being believed, and take the rest in passing."""
    assert effects(file("wlan-profile"), file("wlan-profile", plan)) == expected


def test_from_wpa3_to_wpa2_nobody_drops():
    """A laxer network takes everybody that the stricter one took."""
    strict = file("wlan-profile", changed(security=Security.WPA3_ENTERPRISE))
    assert effects(strict, file("wlan-profile")) == (Effect.REINSTALL,)


def test_a_rollover_of_the_root_in_two_steps():
    """A second pinned root is harmless; taking the first one away is not."""
    one = file("wlan-profile").decode()
    pin = f"<TrustedRootCA>{_ROOT.sha1.hex(' ')}</TrustedRootCA>"
    other = pin.replace("20 8a", "00 00")
    assert pin in one
    both, two = one.replace(pin, pin + other).encode(), one.replace(pin, other).encode()
    assert effects(one.encode(), both) == (Effect.REINSTALL,)
    assert effects(both, two) == (Effect.DROP, Effect.REINSTALL)


def test_spelling_of_a_thumbprint_is_no_change():
    """Blanks and capitals in hex mean nothing to Windows."""
    text = file("wlan-profile").decode()
    pin = _ROOT.sha1.hex(" ")
    assert effects(text.encode(), text.replace(pin, pin.replace(" ", "").upper()).encode()) == ()


def test_the_wire_is_compared_too():
    """The LAN profile has no name and is compared all the same."""
    old, new = file("lan-profile"), file("lan-profile").replace(b"<OneXEnforced>false", b"<OneXEnforced>true")
    (change,) = compare("old", old, "new", new).changes
    assert change.what == "OneXEnforced: 'false' becomes 'true'"


@pytest.mark.parametrize(
    "plan",
    [
        replace(staff_plan(), scep=replace(staff_plan().scep, key_bits=4096)),
        replace(staff_plan(), scep=replace(staff_plan().scep, url="https://other.example/scep/staff")),
        replace(staff_plan(), scep=replace(staff_plan().scep, challenge=Secret("another-secret-of-staff"))),
    ],
    ids=["key", "url", "challenge"],
)
def test_a_change_of_the_enrolment_enrols_again(plan):
    """The node must be deleted to take a new setting, and the certificate goes with it."""
    comparison = compare("old", file("syncml"), "new", file("syncml", plan))
    assert comparison.effects == (Effect.RE_ENROL, Effect.REINSTALL)
    assert "418" in comparison.remarks[0]


def test_a_challenge_is_never_shown():
    """Old and new secret stay out of the words."""
    plan = replace(staff_plan(), scep=replace(staff_plan().scep, challenge=Secret("another-secret-of-staff")))
    words = str(compare("old", file("syncml"), "new", file("syncml", plan)))
    assert "Challenge changes" in words
    assert "another-secret" not in words
    assert STAFF_CHALLENGE.reveal() not in words


def test_another_group_is_beside():
    """Certificates and profiles of the old file stay until somebody deletes their nodes."""
    found = effects(file("syncml"), file("syncml", students_plan()))
    assert Effect.BESIDE in found
    assert Effect.RE_ENROL in found


def test_a_network_inside_syncml_is_compared():
    """The profile inside is compared like a file."""
    new = file("syncml", changed(server_names=("radius2.northwind.example",)))
    assert effects(file("syncml"), new) == (Effect.DROP, Effect.REINSTALL)


def test_a_password_is_never_shown():
    """A network key that changes throws devices off, and is not repeated."""

    def keyed(key: str) -> bytes:
        return file("wlan-profile").replace(
            b"</authEncryption>",
            b"</authEncryption><sharedKey><keyType>passPhrase</keyType><protected>false</protected>"
            b"<keyMaterial>" + key.encode() + b"</keyMaterial></sharedKey>",
        )

    comparison = compare("old", keyed("first-password"), "new", keyed("second-password"))
    assert comparison.effects == (Effect.DROP, Effect.REINSTALL)
    assert "-password" not in str(comparison)


def test_different_kinds_cannot_be_compared():
    """A wired and a wireless profile have nothing to compare."""
    with pytest.raises(PayloadError, match="LANProfile"):
        compare("old", file("wlan-profile"), "new", file("lan-profile"))
    with pytest.raises(PayloadError):
        compare("old", file("wlan-profile"), "new", file("syncml"))


_FILES = [file(kind) for kind in ("wlan-profile", "lan-profile", "syncml")]


@given(st.data())
def test_damage_is_an_error_or_a_comparison(data):
    """No damage ends in anything but a PayloadError or an answer."""
    content = data.draw(st.sampled_from(_FILES))
    at = data.draw(st.integers(0, len(content)))
    damaged = content[:at] + data.draw(st.binary(max_size=6)) + content[at + data.draw(st.integers(0, 30)) :]
    with contextlib.suppress(PayloadError):
        compare("old", content, "new", damaged)
