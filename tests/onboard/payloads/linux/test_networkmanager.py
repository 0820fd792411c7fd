"""NetworkManager profiles: what each key says, and how odd SSIDs are written."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.northwind import neutral, staff_plan
from support.snapshots import file_type

from onboard.lint import keyfile as judge
from onboard.model import Security, Ssid
from onboard.payloads.linux.networkmanager import build, connection_uuid


def profiles(plan, spelling=neutral):
    return [judge.parse(artifact.content.decode()) for artifact in build(plan, spelling)]


def with_network(**change):
    plan = staff_plan()
    return replace(plan, networks=(replace(plan.networks[0], **change),))


@pytest.mark.parametrize("position", [0, 1])
def test_profile_as_file(position, snapshot):
    """The profile of a network is this file, and lint has nothing to say about it."""
    artifact = build(staff_plan(), neutral)[position]
    assert judge.lint(artifact.path, artifact.content) == ()
    assert not artifact.secret
    assert artifact.content.decode() == snapshot(extension_class=file_type("nmconnection"))


def test_server_and_certificate():
    """The server is pinned by file and exact name; the certificate is the one that the script enrols."""
    wifi, wired = (profile["802-1x"] for profile in profiles(staff_plan()))
    assert wifi["ca-cert"] == "/etc/onboard/staff/trust-campus.pem"
    assert wired["ca-cert"] == "/etc/onboard/staff/trust-desk.pem"
    assert wifi["domain-match"] == "radius.northwind.example"
    assert wifi["client-cert"] == wired["client-cert"] == "/etc/onboard/staff/certificate.pem"
    assert "ca-path" not in wifi


def test_wildcards_are_suffixes():
    """NetworkManager knows no wildcards: one makes all names suffixes."""
    (profile,) = profiles(with_network(server_names=("a.example", "*.radius.example")))
    assert profile["802-1x"]["domain-suffix-match"] == "a.example;radius.example"
    assert "domain-match" not in profile["802-1x"]


def test_order_of_preference():
    """The first network of the group is tried first."""
    priorities = [int(profile["connection"]["autoconnect-priority"]) for profile in profiles(staff_plan())]
    assert priorities == sorted(priorities, reverse=True)
    assert 0 not in priorities


@pytest.mark.parametrize(
    ("security", "management", "frames"),
    [
        (Security.WPA2_ENTERPRISE, "wpa-eap", "2"),
        (Security.WPA2_WPA3_ENTERPRISE, "wpa-eap", "2"),
        (Security.WPA3_ENTERPRISE, "wpa-eap", "3"),
        (Security.WPA3_ENTERPRISE_192, "wpa-eap-suite-b-192", "3"),
    ],
)
def test_security(security, management, frames):
    """WPA3 requires protected management frames; 192-bit has a suite of its own."""
    (profile,) = profiles(with_network(security=security))
    assert dict(profile["wifi-security"]) == {"key-mgmt": management, "pmf": frames}


@pytest.mark.parametrize(
    ("ssid", "written"),
    [
        ("Plain Net", "Plain Net"),
        ("a;b", "a\\\\;b"),
        (" lead", "\\slead"),
        ("back\\slash", "back\\\\slash"),
        ("café", "99;97;102;195;169;"),
        ("12;", "12\\\\;"),
    ],
)
def test_ssid_as_networkmanager_writes_it(ssid, written):
    """Text where it is ASCII, bytes in decimal where it is not, escapes doubled."""
    artifact = build(with_network(ssid=Ssid(ssid)), neutral)[0]
    assert f"\nssid={written}\n" in artifact.content.decode()


def test_identity_is_spelled():
    """The identity is the person's address; a backslash in it is escaped."""
    (first, _) = profiles(staff_plan(), {"user.email": "a\\b@northwind.example"}.__getitem__)
    assert first["802-1x"]["identity"] == "a\\b@northwind.example"


def test_identifiers_are_stable():
    """A profile keeps its UUID when its content changes."""
    plan, changed = staff_plan(), with_network(server_names=("other.example",))
    assert connection_uuid(plan, plan.networks[0]) == connection_uuid(changed, changed.networks[0])
