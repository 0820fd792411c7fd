"""What an org asks of its Apple devices ends up in the profile, under Apple's names, and lint agrees."""

from __future__ import annotations

import plistlib
from dataclasses import replace
from datetime import timedelta

import pytest
from support.northwind import certificates, neutral, staff_plan, students_plan

from onboard.apple_options import AppleOptions, AppleSystem, Scope, TlsVersions
from onboard.devices.apple.profile import read_profile
from onboard.errors import PayloadError
from onboard.lint import lint
from onboard.orgfile import loads
from onboard.payloads.apple import build
from onboard.plan import GroupPlan, make_plan
from onboard.provision import issuance_policy
from onboard.secret import Secret

ORG = """
organization: {name: Northwind University, identifier: edu.northwind}
authorities:
  root: {common_name: Root, key: ec-p384, valid_for: 20y}
  staff: {issuer: root, common_name: Staff, key: ec-p256, valid_for: 5y}
radius:
  campus:
    type: ise
    server_names: [radius.northwind.example]
    trust: [root]
    tls: {min: "1.3", max: "1.3", ocsp_stapling: true}
networks:
  campus:
    ssid: Northwind
    security: wpa2-enterprise
    radius: campus
    hidden: true
    outer_identity: anonymous@northwind.example
    passpoint: {domain: northwind.example, roaming_consortiums: [5a03ba0000, 001bc5]}
    apple:
      AutoJoin: true
      DisableAssociationMACRandomization: true
      EnableIPv6: true
      ProxyType: Auto
      ProxyPACURL: http://proxy.northwind.example/proxy.pac
      ProxyPACFallbackAllowed: false
      QoSMarkingPolicy:
        QoSMarkingEnabled: true
        QoSMarkingAppleAudioVideoCalls: true
        QoSMarkingAllowListAppIdentifiers: [com.example.phone]
      SetupModes: [System, Loginwindow]
  first:
    type: ethernet
    radius: campus
    outer_identity: anonymous@northwind.example
    apple:
      Interface: FirstActiveEthernet
      ProxyType: Manual
      ProxyServer: proxy.example
      ProxyServerPort: 3128
  second:
    type: ethernet
    radius: campus
    outer_identity: anonymous@northwind.example
    apple: {Interface: SecondEthernet}
groups:
  staff:
    authority: staff
    profile: device-eap-tls
    networks: [campus, first, second]
    platforms:
      macos: {minimum: "14", scope: system}
    access_for: 90d
    apple:
      ConsentText: {default: You agree., de: Sie stimmen zu.}
      PayloadRemovalDisallowed: true
    challenge: {type: static, secret: "env:X"}
scep: {url: "https://scep.northwind.example"}
"""


def plan_of(text: str) -> GroupPlan:
    organization = loads(text)
    return make_plan(
        organization, organization.groups[0], certificates(), Secret("correct-horse-battery-staple")
    )


def profile(plan: GroupPlan) -> dict:
    (artifact,) = build(plan, neutral)
    assert not [f for f in lint(artifact.path, artifact.content) if f.severity.value == "error"]
    return plistlib.loads(artifact.content)


def networks(tree: dict) -> list[dict]:
    return [payload for payload in tree["PayloadContent"] if "EAPClientConfiguration" in payload]


def test_every_option_arrives_under_its_own_name():
    """From org.yaml to the keys of the profile."""
    tree = profile(plan_of(ORG))
    wifi, hotspot, first, second = networks(tree)
    for key, value in {
        "HIDDEN_NETWORK": True,
        "AutoJoin": True,
        "DisableAssociationMACRandomization": True,
        "EnableIPv6": True,
        "ProxyType": "Auto",
        "ProxyPACURL": "http://proxy.northwind.example/proxy.pac",
        "ProxyPACFallbackAllowed": False,
        "QoSMarkingPolicy": {
            "QoSMarkingEnabled": True,
            "QoSMarkingAppleAudioVideoCalls": True,
            "QoSMarkingAllowListAppIdentifiers": ["com.example.phone"],
        },
        "SetupModes": ["System", "Loginwindow"],
    }.items():
        assert wifi[key] == value, key
    eap = wifi["EAPClientConfiguration"]
    assert (eap["TLSMinimumVersion"], eap["TLSMaximumVersion"]) == ("1.3", "1.3")
    assert eap["OuterIdentity"] == "anonymous@northwind.example"
    assert (hotspot["IsHotspot"], hotspot["DomainName"]) == (True, "northwind.example")
    assert hotspot["RoamingConsortiumOIs"] == ["5A03BA0000", "001BC5"]
    assert "SSID_STR" not in hotspot
    assert first["PayloadType"] == "com.apple.firstactiveethernet.managed"
    assert (first["ProxyServer"], first["ProxyServerPort"]) == ("proxy.example", 3128)
    assert second["PayloadType"] == "com.apple.secondethernet.managed"
    assert tree["DurationUntilRemoval"] == 90 * 86400.0
    assert tree["ConsentText"] == {"default": "You agree.", "de": "Sie stimmen zu."}
    assert tree["PayloadRemovalDisallowed"] is True
    assert (tree["PayloadScope"], tree["TargetDeviceType"]) == ("System", 5)


def test_without_options_nothing_is_different():
    """An org that says only 'apple' gets the same bytes as before there were options."""
    (plain,) = build(staff_plan(), neutral)
    plan = replace(staff_plan(), apple=AppleOptions(systems={}, scope=None, keys={}))
    assert build(plan, neutral)[0].content == plain.content


@pytest.mark.parametrize("system", AppleSystem)
@pytest.mark.parametrize("plan", [staff_plan, students_plan])
def test_a_profile_for_one_system_has_no_key_that_it_lacks(system, plan):
    """TargetDeviceType is written, so lint refuses what this system does not know."""
    made = replace(plan(), apple=AppleOptions(systems={system: ()}))
    tree = profile(made)
    assert tree["TargetDeviceType"] in {1, 2, 4, 5, 6}
    wired = [p for p in networks(tree) if p["PayloadType"].endswith("ethernet.managed")]
    expected = plan is staff_plan and system not in {AppleSystem.WATCHOS, AppleSystem.VISIONOS}
    assert bool(wired) is expected


def test_captive_bypass_can_be_turned_off():
    """It is on for all but Macs, and an org may want portal pages on its own network."""
    plan = staff_plan()
    assert networks(profile(plan))[0]["CaptiveBypass"] is True
    network = replace(plan.networks[0], apple={"CaptiveBypass": False})
    assert networks(profile(replace(plan, networks=(network,))))[0]["CaptiveBypass"] is False
    macs = replace(plan, apple=AppleOptions(systems={AppleSystem.MACOS: ()}))
    assert "CaptiveBypass" not in networks(profile(macs))[0]


@pytest.mark.parametrize(
    ("system", "oldest", "length"),
    [
        (AppleSystem.IOS, (15, 8), 20),
        (AppleSystem.IOS, (16,), 32),
        (AppleSystem.MACOS, (12,), 20),
        (AppleSystem.MACOS, (13, 1), 32),
        (AppleSystem.IOS, (), 32),
    ],
)
def test_old_versions_get_the_digest_that_they_know(system, oldest, length):
    """SHA-1 is pinned exactly where a version before iOS 16 or macOS 13 is admitted."""
    tree = profile(replace(staff_plan(), apple=AppleOptions(systems={system: oldest})))
    scep = next(p for p in tree["PayloadContent"] if p["PayloadType"] == "com.apple.security.scep")
    assert len(scep["PayloadContent"]["CAFingerprint"]) == length


def test_scope_can_be_turned_round():
    """A person's certificate in the System keychain, a device's in the login keychain without SetupModes."""
    person = profile(replace(staff_plan(), apple=AppleOptions(scope=Scope.SYSTEM)))
    assert person["PayloadScope"] == "System"
    device = profile(replace(students_plan(), apple=AppleOptions(scope=Scope.USER)))
    assert device["PayloadScope"] == "User"
    assert all("SetupModes" not in network for network in networks(device))


def test_two_wires_on_one_interface_are_refused():
    """A device takes one payload of each Ethernet type."""
    plan = staff_plan()
    wire = plan.networks[1]
    with pytest.raises(PayloadError, match="all wired"):
        build(replace(plan, networks=(wire, replace(wire, name="other"))), neutral)


def test_no_network_is_left_for_a_watch_on_the_wire():
    """A profile that joins nothing is not made."""
    plan = replace(staff_plan(), apple=AppleOptions(systems={AppleSystem.WATCHOS: ()}))
    with pytest.raises(PayloadError, match="no other network is left"):
        build(replace(plan, networks=plan.networks[1:]), neutral)


def test_outer_identity_is_written_where_it_is_read():
    """Only TLS 1.3 from the first message on makes the supplicant say it."""
    plan = staff_plan()
    for tls, expected in ((TlsVersions(), False), (TlsVersions(minimum="1.3", maximum="1.3"), True)):
        network = replace(plan.networks[0], outer_identity="x@y.example", tls=tls)
        (found,) = networks(profile(replace(plan, networks=(network,))))
        assert ("OuterIdentity" in found["EAPClientConfiguration"]) is expected


def test_a_device_installs_it_and_joins_the_network():
    """The simulated device reads what the options say."""
    plan = staff_plan()
    network = replace(plan.networks[0], hidden=True, tls=TlsVersions(minimum="1.2", maximum="1.3"))
    (artifact,) = build(replace(plan, networks=(network,)), neutral)
    assert read_profile(artifact.content).networks[0].ssid == b"Northwind"


def test_access_ends_certificates_too():
    """What removes the profile also caps the certificate's life, on every platform."""
    organization = loads(ORG)
    policy = issuance_policy(organization, organization.groups[0])
    assert policy.valid_for == timedelta(days=90)
    assert policy.renew_within <= policy.valid_for
