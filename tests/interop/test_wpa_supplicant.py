"""The parser of wpa_supplicant itself, inside eapol_test, takes every configuration."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import pytest
from support.northwind import neutral, staff_plan

from onboard.model import Security, Ssid
from onboard.payloads.linux.wpa_supplicant import build

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(shutil.which("eapol_test") is None, reason="eapoltest is not installed"),
]


def complaints(folder, content: bytes) -> list[str]:
    """What the parser says about lines it does not take; the RADIUS server is nowhere, which is enough."""
    path = folder / "wpa.conf"
    path.write_bytes(content)
    command = ["eapol_test", "-c", str(path), "-a", "127.0.0.1", "-p", "9", "-s", "x", "-t", "0", "-n"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    words = ("Line ", "unknown", "Invalid", "Failed to read", "parse")
    return [line for line in done.stdout.splitlines() if line.startswith(words)]


@pytest.mark.parametrize("position", [0, 1])
def test_both_media(tmp_path, position):
    """Wi-Fi and wire are read without a complaint."""
    assert complaints(tmp_path, build(staff_plan(), neutral)[position].content) == []


@pytest.mark.parametrize("security", Security)
@pytest.mark.parametrize("ssid", ["Northwind", 'a"b\\', "日本", " x "])
def test_every_security_and_odd_names(tmp_path, security, ssid):
    """Each key management is known, and no SSID breaks a line."""
    plan = staff_plan()
    network = replace(
        plan.networks[0], security=security, ssid=Ssid(ssid), server_names=("*.a.example", "b.example")
    )
    content = build(replace(plan, networks=(network,)), lambda _: 'ada "x"\\')[0].content
    assert complaints(tmp_path, content) == []


def test_a_bad_line_would_be_noticed(tmp_path):
    """The parser does complain about what it does not know."""
    content = build(staff_plan(), neutral)[0].content.replace(b"domain_match", b"domain_equals")
    assert complaints(tmp_path, content)
