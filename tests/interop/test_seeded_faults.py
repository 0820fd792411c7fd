"""One broken field in an artifact, and the rehearsal must say which: for each platform, down to EAP-TLS."""

from __future__ import annotations

import json
import plistlib
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
import yaml
from cryptography.hazmat.primitives.serialization import Encoding
from support.northwind import NORTHWIND
from support.scep_responder import Responder
from support.world import World, make_world

from onboard.pki import read_certificates
from onboard.radius import make_policy
from onboard.rehearse import Given, Stage, rehearse
from onboard.rehearse.from_site import current_crls, labels, server_certificate, vlans
from onboard.rehearse.radius_server import is_possible, running_radius

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not is_possible(), reason="FreeRADIUS or eapol_test is not installed"),
]
Change = Callable[[bytes], bytes]
GROUP = "staff"


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    return make_world(tmp_path_factory.mktemp("northwind"))


@pytest.fixture(scope="module")
def stage(world, tmp_path_factory) -> Stage:
    """SCEP server and RADIUS server, once for all faults."""
    radius = NORTHWIND.radius[0]
    policy = make_policy(NORTHWIND, radius, read_certificates(NORTHWIND, world.site.folder))
    crls = current_crls(world.site, policy)
    own = server_certificate(world.site, radius)
    with (
        world.stage(label=labels(NORTHWIND), vlans=vlans(NORTHWIND)) as plain,
        running_radius(policy, own, crls, tmp_path_factory.mktemp("radius")) as local,
    ):
        yield replace(plain, authenticator=local)


def text(pattern: str, new: str) -> Change:
    """Replace what the pattern's first group matches, once."""

    def change(content: bytes) -> bytes:
        found = re.search(pattern, content.decode(), re.DOTALL)
        assert found is not None, pattern
        start, end = found.span(1)
        return (content.decode()[:start] + new + content.decode()[end:]).encode()

    return change


def plist(*path: str, value: object) -> Change:
    """Set a key of the payload whose PayloadType ends in `path[0]`."""

    def change(content: bytes) -> bytes:
        tree = plistlib.loads(content)
        place = next(p for p in tree["PayloadContent"] if p["PayloadType"].endswith(path[0]))
        for step in path[1:-1]:
            place = place[step]
        place[path[-1]] = value(place[path[-1]]) if callable(value) else value
        return plistlib.dumps(tree)

    return change


def onc(*path: str | int, value: object) -> Change:
    def change(content: bytes) -> bytes:
        tree = json.loads(content)
        place = tree["NetworkConfigurations"][0]["WiFi"]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        return json.dumps(tree).encode()

    return change


def form(label: str, value: object) -> Change:
    def change(content: bytes) -> bytes:
        tree = yaml.BaseLoader(content).get_single_data()
        tree["form"][label] = value
        return yaml.safe_dump(tree).encode()

    return change


SCEP = ("security.scep", "PayloadContent")
EAP = ("wifi.managed", "EAPClientConfiguration")
NOWHERE = "https://elsewhere.northwind.example/scep/staff"
ANOTHER = "https://scep.northwind.example/scep/students"
FAULTS: dict[str, tuple[str, str, Change, str]] = {
    "apple: host": ("apple", "mobileconfig", plist(*SCEP, "URL", value=NOWHERE), "elsewhere"),
    "apple: no scheme": ("apple", "mobileconfig", plist(*SCEP, "URL", value="scep.example"), "URL"),
    "apple: another group's URL": ("apple", "mobileconfig", plist(*SCEP, "URL", value=ANOTHER), "refused"),
    "apple: fingerprint": (
        "apple",
        "mobileconfig",
        plist(*SCEP, "CAFingerprint", value=b"x" * 32),
        "pinned CA",
    ),
    "apple: fingerprint as text": (
        "apple",
        "mobileconfig",
        plist(*SCEP, "CAFingerprint", value="x"),
        "CAFingerprint",
    ),
    "apple: challenge": ("apple", "mobileconfig", plist(*SCEP, "Challenge", value="wrong" * 5), "refused"),
    "apple: key size": ("apple", "mobileconfig", plist(*SCEP, "Keysize", value=1024), "refused"),
    "apple: organizational unit": (
        "apple",
        "mobileconfig",
        plist(*SCEP, "Subject", value=[[["CN", "ada@northwind.example"]], [["OU", "x"]]]),
        "refused",
    ),
    "apple: server name": (
        "apple",
        "mobileconfig",
        plist(*EAP, "TLSTrustedServerNames", value=["radius.example"]),
        "RADIUS server",
    ),
    "apple: SSID": (
        "apple",
        "mobileconfig",
        plist("wifi.managed", "SSID_STR", value="Northwind-Lab"),
        "rejected",
    ),
    "apple: TLS 1.0 only": ("apple", "mobileconfig", plist(*EAP, "TLSMaximumVersion", value="1.0"), "TLS"),
    "windows: host": (
        "windows",
        "syncml",
        text(r"(https://scep\.northwind\.example/scep/staff)", NOWHERE),
        "elsewhere",
    ),
    "windows: thumbprint": (
        "windows",
        "syncml",
        text(r"CAThumbprint.*?Data>([0-9A-F]{40})", "0" * 40),
        "CAThumbprint",
    ),
    "windows: challenge": (
        "windows",
        "syncml",
        text(r"Install/Challenge.*?Data>([^<]+)<", "wrong-wrong-wrong"),
        "refused",
    ),
    "windows: key usage": ("windows", "syncml", text(r"Install/KeyUsage.*?Data>(160)<", "1"), "KeyUsage"),
    "windows: server name": (
        "windows",
        "syncml",
        text(r"ServerNames(?:&gt;|>)(radius)\.", "radiux"),
        "another profile",
    ),
    "windows: issuer filter": (
        "windows",
        "syncml",
        text(r"IssuerHash(?:&gt;|>)([0-9a-f]{2}) ", "00"),
        "another profile",
    ),
    "chromeos: host": ("chromeos", "chrome-scep-profile", form("SCEP server URL", NOWHERE), "elsewhere"),
    "chromeos: challenge": ("chromeos", "chrome-scep-profile", form("Challenge", "wrong" * 5), "refused"),
    "chromeos: unit": ("chromeos", "chrome-scep-profile", form("Organization unit", "students"), "refused"),
    "chromeos: server name": (
        "chromeos",
        "onc",
        onc("EAP", "DomainSuffixMatch", value=["example.net"]),
        "DomainSuffixMatch",
    ),
    "chromeos: system CAs": ("chromeos", "onc", onc("EAP", "UseSystemCAs", value=True), "UseSystemCAs"),
    "chromeos: pattern": (
        "chromeos",
        "onc",
        onc("EAP", "ClientCertPattern", value={"Subject": {"OrganizationalUnit": "x"}}),
        "Subject pattern",
    ),
    "chromeos: SSID": ("chromeos", "onc", onc("SSID", value="Other"), "rejected"),
    "linux: host": ("linux", "certmonger", text(r"\nscep_url='([^']+)'", NOWHERE), "elsewhere"),
    "linux: root": ("linux", "certmonger", text(r"\nroot_sha256='([^']+)'", "ab" * 32), "pinned CA"),
    "linux: challenge": (
        "linux",
        "certmonger",
        text(r"\nchallenge='([^']+)'", "wrong-wrong-wrong"),
        "refused",
    ),
    "linux: subject": ("linux", "certmonger", text(r"\nsubject='[^']*OU=(\w+)", "students"), "refused"),
    "linux: server name": (
        "linux",
        "networkmanager",
        text(r"domain-match=(radius)", "radiux"),
        "RADIUS server",
    ),
    "linux: key file": ("linux", "networkmanager", text(r"private-key=(\S+)", "/tmp/key.pem"), "private-key"),
    "linux: SSID": ("linux", "networkmanager", text(r"\nssid=(\w+)", "Other"), "rejected"),
}


def broken(world: World, platform: str, kind: str, change: Change) -> list[Given]:
    """The group's artifacts for the platform, the first of the kind changed."""
    given = [g for g in world.artifacts if (g.group, g.platform) == (GROUP, platform)]
    at = next(i for i, g in enumerate(given) if g.kind == kind)
    given[at] = replace(given[at], content=change(given[at].content))
    return given


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_each_seeded_fault_is_named(world, stage, fault):
    """The row fails and its reason says what to look at."""
    platform, kind, change, named = fault
    results = rehearse(broken(world, platform, kind, change), stage)
    failed = [r for r in results if not r.ok]
    assert failed, results
    assert any(named in r.reason for r in failed), [r.reason for r in failed]


@pytest.mark.parametrize("platform", ["apple", "windows", "chromeos", "linux"])
def test_without_a_fault_nothing_fails(world, stage, platform):
    """The faults are what fails, not the scene around them."""
    given = [g for g in world.artifacts if (g.group, g.platform) == (GROUP, platform)]
    assert all(r.ok and r.vlan == 20 for r in rehearse(given, stage))


def test_wrong_anchor_of_the_server_is_named(world, stage):
    """A profile that trusts another CA for RADIUS refuses the real server."""
    stranger = Responder().root.public_bytes(Encoding.DER)
    change = plist("security.root", "PayloadContent", value=stranger)
    results = rehearse(broken(world, "apple", "mobileconfig", change), stage)
    assert any("device refused the RADIUS server" in r.reason for r in results), results
