"""What devices do when they get the next profile: nothing, install, enrol, keep two, or drop off."""

from __future__ import annotations

import contextlib
import plistlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.certificates import make_certificate
from support.northwind import certificates, neutral, staff_plan, students_plan

from onboard.changes import Effect, compare
from onboard.errors import PayloadError
from onboard.model import Security, Ssid
from onboard.payloads.apple import build
from onboard.secret import Secret
from onboard.signing import Signer, sign

DROP, BESIDE, ENROL, INSTALL = Effect
OLD = staff_plan()


def content(plan) -> bytes:
    return build(plan, neutral)[0].content


def to(new, old=OLD):
    return compare("old", content(old), "new", content(new))


def with_scep(**changes):
    return replace(OLD, scep=replace(OLD.scep, **changes))


def with_wifi(**changes):
    wifi, wire = OLD.networks
    return replace(OLD, networks=(replace(wifi, **changes), wire))


def edited(*path, to):
    tree = plistlib.loads(content(OLD))
    at = tree
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = to
    return compare("old", content(OLD), "new", plistlib.dumps(tree))


def test_nothing_is_nothing():
    """The same profile, signed or not, changes nothing."""
    made = make_certificate("Profiles")
    signed = sign(content(OLD), Signer(certificate=made.certificate, key=made.key, chain=()))
    for new in (content(OLD), signed):
        same = compare("old", content(OLD), "new", new)
        assert (same.changes, same.effects, same.verdict) == ((), (), "nothing changes for devices")


CASES = {
    "another group": (
        lambda: to(students_plan()),
        {BESIDE, ENROL, INSTALL},
        "stays until somebody removes it",
    ),
    "SSID": (
        lambda: to(with_wifi(ssid=Ssid("Northwind-2"))),
        {DROP, INSTALL},
        "leave the Wi-Fi network Northwind",
    ),
    "network gone": (
        lambda: to(replace(OLD, networks=OLD.networks[:1])),
        {DROP, INSTALL},
        "leave the wired network (globalethernet)",
    ),
    "network added": (
        lambda: to(OLD, old=replace(OLD, networks=OLD.networks[:1])),
        {INSTALL},
        "join the wired network",
    ),
    "WPA3 only": (
        lambda: to(with_wifi(security=Security.WPA3_ENTERPRISE)),
        {DROP, INSTALL},
        "'WPA2' becomes 'WPA3'",
    ),
    "WPA3 to both": (
        lambda: to(OLD, old=with_wifi(security=Security.WPA3_ENTERPRISE)),
        {INSTALL},
        "'WPA3' becomes 'WPA2'",
    ),
    "server added": (
        lambda: to(with_wifi(server_names=("radius.northwind.example", "radius2.northwind.example"))),
        {INSTALL},
        "radius2.northwind.example is accepted",
    ),
    "server renamed": (
        lambda: to(with_wifi(server_names=("radius2.northwind.example",))),
        {DROP, INSTALL},
        "radius.northwind.example is refused",
    ),
    "other anchor": (
        lambda: to(with_wifi(anchors=(certificates()["students"],))),
        {DROP, INSTALL},
        "RADIUS certificates from Northwind Root CA",
    ),
    "anchor beside": (
        lambda: to(with_wifi(anchors=(OLD.root, certificates()["students"]))),
        {INSTALL},
        "Northwind Student Issuing CA is trusted from now on",
    ),
    "challenge": (
        lambda: to(with_scep(challenge=Secret("a-new-and-long-secret"))),
        {ENROL, INSTALL},
        "Challenge changes",
    ),
    "SCEP URL": (
        lambda: to(with_scep(url="https://new.example/scep")),
        {ENROL, INSTALL},
        "https://new.example",
    ),
    "key size": (lambda: to(with_scep(key_bits=4096)), {ENROL, INSTALL}, "Keysize: 2048 becomes 4096"),
    "issuing CA": (
        lambda: to(replace(OLD, issuing=certificates()["students"])),
        {INSTALL},
        "Northwind Staff Issuing CA is trusted no longer",
    ),
    "name": (lambda: edited("PayloadDisplayName", to="Staff"), {INSTALL}, "becomes 'Staff'"),
    "scope": (lambda: edited("PayloadScope", to="System"), {BESIDE, ENROL, INSTALL}, "User becomes System"),
    "UUID alone": (lambda: edited("PayloadUUID", to="X"), {INSTALL}, "says the same"),
    "network UUID": (
        lambda: edited("PayloadContent", 3, "PayloadUUID", to="X"),
        {INSTALL},
        "removed and added again",
    ),
    "identity UUID": (
        lambda: edited("PayloadContent", 2, "PayloadUUID", to="X"),
        {ENROL, INSTALL},
        "another one fetched",
    ),
    "identity gone": (
        lambda: edited("PayloadContent", 2, "PayloadType", to="x.y"),
        {DROP, INSTALL},
        "is removed",
    ),
    "TLS raised": (
        lambda: edited("PayloadContent", 3, "EAPClientConfiguration", "TLSMinimumVersion", to="1.3"),
        {DROP, INSTALL},
        "'1.2' becomes '1.3'",
    ),
    "method": (
        lambda: edited("PayloadContent", 3, "EAPClientConfiguration", "AcceptEAPTypes", to=[25]),
        {DROP, INSTALL},
        "EAP method 13 is refused",
    ),
    "setup mode": (
        lambda: edited("PayloadContent", 3, "SetupModes", to=["System"]),
        {INSTALL},
        "moment at which a Mac joins",
    ),
    "hidden": (
        lambda: edited("PayloadContent", 3, "HIDDEN_NETWORK", to=True),
        {INSTALL},
        "false becomes true",
    ),
    "outer identity": (
        lambda: edited("PayloadContent", 3, "EAPClientConfiguration", "OuterIdentity", to="anonymous"),
        {INSTALL},
        "OuterIdentity is now 'anonymous'",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_change_has_its_effect(name):
    """A change is told in words, with exactly the effects that devices will feel."""
    make, effects, said = CASES[name]
    comparison = make()
    assert set(comparison.effects) == effects, comparison.changes
    assert any(said in change.what for change in comparison.changes), comparison.changes


def test_the_worst_comes_first():
    """Effects and verdict begin with what hurts most."""
    comparison = to(replace(with_wifi(ssid=Ssid("N2")), scep=replace(OLD.scep, key_bits=4096)))
    assert comparison.effects == (DROP, ENROL, INSTALL)
    assert comparison.verdict == "devices drop off a network, devices enrol again, devices install again"


def test_an_mdms_push_always_enrols():
    """The remark is there whenever something must be installed and the profile enrols by SCEP."""
    assert any("MDM" in remark for remark in to(with_wifi(security=Security.WPA3_ENTERPRISE)).remarks)
    assert to(OLD).remarks == ()


def test_a_mac_that_loses_system_mode_drops():
    """Without SetupModes System a Mac is off the network until somebody logs in."""
    tree = plistlib.loads(content(students_plan()))
    del tree["PayloadContent"][3]["SetupModes"]
    comparison = compare("old", content(students_plan()), "new", plistlib.dumps(tree))
    assert comparison.effects == (DROP, INSTALL)


def test_secrets_are_not_shown():
    """Neither the old nor the new challenge is in any word of the comparison."""
    words = repr(to(with_scep(challenge=Secret("a-new-and-long-secret"))))
    assert "a-new-and-long-secret" not in words
    assert "correct-horse" not in words


def test_an_ra_or_signer_is_no_part():
    """Two signatures by different signers of the same content are the same profile."""
    files = []
    for name in ("One", "Two"):
        made = make_certificate(name)
        files.append(sign(content(OLD), Signer(certificate=made.certificate, key=made.key, chain=())))
    assert compare("old", files[0], "new", files[1]).changes == ()


@pytest.mark.parametrize(("old", "new"), [(b"", b""), (b"<plist/>", b"{}"), (b"<plist>", b"bplist00")])
def test_other_files_are_refused(old, new):
    """What is not two readable payloads of one format ends in a message with their names."""
    with pytest.raises(PayloadError, match="old"):
        compare("old", old, "new", new)


@given(st.integers(0, 9000), st.binary(min_size=1, max_size=4))
def test_damage_is_compared_or_refused(offset, noise):
    """No damage of the new file ends in another error."""
    good = content(OLD)
    start = offset % len(good)
    with contextlib.suppress(PayloadError):
        compare("old", good, "new", good[:start] + noise + good[start + len(noise) :])
