"""`nmcli --offline` takes every profile and gives it back unchanged: it drops unknown keys without a word."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.northwind import neutral, staff_plan

from onboard.model import Security, Ssid
from onboard.payloads.linux.networkmanager import build

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(shutil.which("nmcli") is None, reason="network-manager is not installed"),
]


def round_trip(profile: bytes) -> bytes:
    """What NetworkManager writes after it has read the profile; raises where it refuses it."""
    command = ["nmcli", "--offline", "connection", "modify", "connection.autoconnect", "yes"]
    return subprocess.run(command, input=profile, capture_output=True, timeout=30, check=True).stdout


@pytest.mark.parametrize("position", [0, 1])
def test_profiles_survive(position):
    """Wi-Fi and wire come back byte for byte."""
    artifact = build(staff_plan(), neutral)[position]
    assert round_trip(artifact.content) == artifact.content


@pytest.mark.parametrize("security", Security)
@pytest.mark.parametrize("names", [("radius.example",), ("*.radius.example", "b.example")])
def test_every_security_survives(security, names):
    """Each key management, frame protection and kind of name match is known to NetworkManager."""
    plan = staff_plan()
    network = replace(plan.networks[0], security=security, server_names=names)
    artifact = build(replace(plan, networks=(network,)), neutral)[0]
    assert round_trip(artifact.content) == artifact.content


def is_ssid(text: str) -> bool:
    return 1 <= len(text.encode()) <= 32 and all(ord(c) >= 32 and ord(c) != 127 for c in text)


@settings(max_examples=60)
@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=32).filter(is_ssid),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40),
)
def test_any_ssid_and_identity_survive(ssid, identity):
    """Odd SSIDs, names and identities are escaped as NetworkManager itself would."""
    plan = staff_plan()
    plan = replace(plan, networks=(replace(plan.networks[0], ssid=Ssid(ssid)),))
    artifact = build(plan, lambda _: identity)[0]
    assert round_trip(artifact.content) == artifact.content


def test_a_lost_key_would_be_noticed():
    """The round trip does lose what NetworkManager does not know, so equality proves something."""
    artifact = build(staff_plan(), neutral)[0]
    spoilt = artifact.content.replace(b"domain-match=", b"domain-equals=")
    assert round_trip(spoilt) != spoilt
