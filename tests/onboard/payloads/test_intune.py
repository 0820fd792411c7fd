"""Intune bundles: what goes where, what refers to what, and what honestly cannot be done."""

from __future__ import annotations

import base64
import json
import plistlib
from dataclasses import replace

import pytest
from support.intune import bodies, bundles, device_plan, spelled
from support.northwind import STAFF_CHALLENGE, certificates, neutral, staff_plan, students_plan
from support.snapshots import file_type

from onboard.apple_options import AppleOptions, AppleSystem
from onboard.errors import VariableError
from onboard.lint import lint
from onboard.model import Platform, Security
from onboard.payloads.intune import build
from onboard.payloads.intune.bundle import Assignment
from onboard.payloads.windows.elements import compact
from onboard.payloads.windows.lan import lan_profile
from onboard.payloads.windows.wlan import wlan_profile
from onboard.secret import Secret


@pytest.mark.parametrize("validated", [False, True])
@pytest.mark.parametrize("plan", [staff_plan, device_plan])
def test_bundles_pass_lint(plan, validated):
    """Every bundle is judged good, with what it carries."""
    for artifact in build(plan(), spelled, validated=validated):
        assert artifact.kind == "graph"
        assert lint(artifact.path, artifact.content) == ()


def test_one_bundle_for_each_platform_that_intune_manages():
    """Linux and ChromeOS are not Intune's."""
    paths = [artifact.path for artifact in build(staff_plan(), spelled)]
    assert paths == [f"staff/{p}/staff.graph.json" for p in ("windows", "apple", "android")]
    only = replace(staff_plan(), platforms=(Platform.APPLE, Platform.LINUX))
    assert [artifact.platform for artifact in build(only, spelled)] == [Platform.APPLE]


def test_without_intunes_word_windows_gets_trust_and_wifi_and_is_told_why():
    """Trust and networks without SCEP; the notes name the two ways out."""
    bundle = bundles(staff_plan(), validated=False)["windows"]
    assert list(bodies(bundle)) == [
        "windows-root-208aac62",
        "windows-root-9ec4c395",
        "windows-wifi-campus",
        "windows-wired-desk",
    ]
    assert "challenge: {type: intune}" in " ".join(bundle["notes"])
    assert "PowerShell" in " ".join(bundle["notes"])


def test_without_intunes_word_apple_gets_the_whole_profile():
    """The custom profile is our mobileconfig, its static challenge included, and the file is secret."""
    plan = staff_plan()
    secret = {artifact.platform: artifact.secret for artifact in build(plan, spelled)}
    assert secret == {Platform.WINDOWS: False, Platform.APPLE: True, Platform.ANDROID: False}
    for body in bodies(bundles(plan, validated=False)["apple"]).values():
        profile = plistlib.loads(base64.b64decode(body["payload"]))
        scep = next(p for p in profile["PayloadContent"] if p["PayloadType"] == "com.apple.security.scep")
        assert scep["PayloadContent"]["Challenge"] == STAFF_CHALLENGE.reveal()
        assert "{{EmailAddress}}" in str(scep)


def test_a_one_time_challenge_leaves_apple_trust():
    """Intune cannot fetch a challenge of ours, so there is trust and a note, and no broken profile."""
    bundle = bundles(students_plan(), validated=False)["apple"]
    types = {entry["body"]["@odata.type"].rpartition(".")[2] for entry in bundle["objects"]}
    assert types == {"iosTrustedRootCertificate", "macOSTrustedRootCertificate"}
    assert "one-time" in bundle["notes"][0]


def test_a_refused_variable_leaves_apple_trust_and_the_reason():
    """What the caller could not spell is in no object; why, and the cure, is in the notes."""
    refusal = VariableError("Intune has no spelling for ${user.email}", ["user.email"], hint="use another")
    (artifact,) = build(replace(staff_plan(), platforms=(Platform.APPLE,)), spelled, refusal=refusal)
    bundle = json.loads(artifact.content)
    assert not artifact.secret
    assert all("-root-" in entry["key"] for entry in bundle["objects"])
    (note,) = bundle["notes"]
    assert "has no spelling for ${user.email}. Use another, or give the target 'challenge" in note


def test_without_intunes_word_android_gets_trust():
    """Both ways to manage Android get the roots, and a note says what else there is."""
    bundle = bundles(staff_plan(), validated=False)["android"]
    assert {entry["body"]["@odata.type"].rpartition(".")[2] for entry in bundle["objects"]} == {
        "androidDeviceOwnerTrustedRootCertificate",
        "androidWorkProfileTrustedRootCertificate",
    }
    assert {base64.b64decode(body["trustedRootCertificate"]) for body in bodies(bundle).values()} == {
        certificate.der for certificate in staff_plan().anchors
    }
    assert "challenge: {type: intune}" in bundle["notes"][0]


@pytest.mark.parametrize(
    ("systems", "families"),
    [
        ((AppleSystem.MACOS,), {"macos"}),
        ((AppleSystem.IPADOS,), {"ios"}),
        ((AppleSystem.IOS, AppleSystem.MACOS), {"ios", "macos"}),
        ((AppleSystem.TVOS,), set()),
    ],
)
@pytest.mark.parametrize("validated", [False, True])
def test_only_systems_of_the_group_get_objects(systems, families, validated):
    """A group of Macs has nothing for iPhones; what Intune does not manage is said."""
    plan = replace(staff_plan(), apple=AppleOptions(systems=dict.fromkeys(systems, ())))
    bundle = bundles(plan, validated=validated)["apple"]
    assert {key.partition("-")[0] for key in bodies(bundle)} == families
    assert bool(families) or "Intune manages iOS" in bundle["notes"][0]


@pytest.mark.parametrize(
    ("platform", "names"), [("apple", ("ios", "macos")), ("android", ("android-owner",))]
)
def test_networks_say_what_the_org_says(platform, names):
    """Hidden, joined by hand, hardware address, outer identity and port: each in its property."""
    plan = staff_plan()
    asked = {"AutoJoin": False, "DisableAssociationMACRandomization": True}
    wifi = replace(plan.networks[0], hidden=True, outer_identity="x@northwind.example", apple=asked)
    wire = replace(
        plan.networks[1], outer_identity="x@northwind.example", apple={"Interface": "FirstEthernet"}
    )
    found = bodies(bundles(replace(plan, networks=(wifi, wire)), validated=True)[platform])
    for name in names:
        body = found[f"{name}-wifi-campus"]
        assert body["connectWhenNetworkNameIsHidden"] is True
        assert body["outerIdentityPrivacyTemporaryValue"] == "x@northwind.example"
    if platform == "apple":
        assert found["ios-wifi-campus"]["disableMacAddressRandomization"] is True
        assert found["macos-wifi-campus"]["wifiRequirePhysicalMacAddressEnabled"] is True
        assert not any(found[f"{name}-wifi-campus"]["connectAutomatically"] for name in names)
        assert found["macos-wired-desk"]["networkInterface"] == "firstEthernet"
        assert found["ios-wired-desk"]["networkInterface"] == "anyEthernet"
        assert found["ios-wired-desk"]["outerIdentityPrivacyMaskValue"] == "x@northwind.example"


def test_one_server_root_where_intune_takes_one_is_said():
    """While one root takes the place of another, the work profile and the wire know the first alone."""
    plan = staff_plan()
    both = (certificates()["root"], certificates()["staff"])
    plan = replace(plan, networks=tuple(replace(n, anchors=both) for n in plan.networks))
    made = bundles(plan, validated=True)
    assert "campus trusts" in " ".join(made["android"]["notes"])
    assert "desk trusts" in " ".join(made["apple"]["notes"])


def test_objects_come_after_what_they_refer_to():
    """An uploader may create in order: every reference is to an earlier object of the same system."""
    for bundle in bundles(staff_plan(), validated=True).values():
        seen = set()
        for entry in bundle["objects"]:
            targets = {t for v in entry["bind"].values() for t in (v if isinstance(v, list) else [v])}
            assert targets <= seen
            assert all(t.rsplit("-", 2)[0].startswith(entry["key"].split("-")[0]) for t in targets)
            seen.add(entry["key"])


def test_wifi_on_windows_is_our_own_profile():
    """The value is the WLAN profile byte for byte, at the node of its name in the holder's scope."""
    plan = staff_plan()
    body = bodies(bundles(plan, validated=True)["windows"])["windows-wifi-campus"]
    (setting,) = body["omaSettings"]
    assert setting["omaUri"] == "./User/Vendor/MSFT/WiFi/Profile/Northwind/WlanXml"
    assert setting["value"] == compact(wlan_profile(plan, plan.networks[0]))


def test_the_wire_on_windows_is_our_own_profile():
    """Intune's own wired object has no filter by issuer, so the LAN profile goes to the WiredNetwork CSP."""
    plan = staff_plan()
    body = bodies(bundles(plan, validated=True)["windows"])["windows-wired-desk"]
    (setting,) = body["omaSettings"]
    assert setting["omaUri"] == "./User/Vendor/MSFT/WiredNetwork/LanXML"
    assert setting["value"] == compact(lan_profile(plan, plan.networks[1]))


def test_trust_goes_to_the_right_store():
    """The root to the root store, the issuing CA to the intermediate store."""
    stores = {
        base64.b64decode(body["trustedRootCertificate"]): body["destinationStore"]
        for key, body in bodies(bundles(staff_plan(), validated=False)["windows"]).items()
        if "root" in key
    }
    assert stores == {
        certificates()["root"].der: "computerCertStoreRoot",
        certificates()["staff"].der: "computerCertStoreIntermediate",
    }


@pytest.mark.parametrize(("plan", "channel"), [(staff_plan, "userChannel"), (device_plan, "deviceChannel")])
def test_every_macos_object_of_a_group_uses_one_channel(plan, channel):
    """The channel decides the keychain; mixed, the network finds no certificate."""
    found = {
        body["deploymentChannel"]
        for key, body in bodies(bundles(plan(), validated=True)["apple"]).items()
        if key.startswith("macos")
    }
    assert found == {channel}


def test_markers_change_with_what_a_device_gets_and_with_nothing_else():
    """A new support address or display name is no reason to push; a new SCEP URL is one, for SCEP alone."""

    def markers(plan) -> dict[str, str]:
        return {k: b["description"] for k, b in bodies(bundles(plan, validated=True)["windows"]).items()}

    plan = staff_plan()
    before = markers(plan)
    assert before == markers(replace(plan, organization_name="Other"))
    assert before == markers(replace(plan, scep=replace(plan.scep, challenge=Secret("z" * 20))))
    moved = markers(replace(plan, scep=replace(plan.scep, url="https://other.example/scep/staff")))
    assert {key for key in before if before[key] != moved[key]} == {"windows-scep"}
    assert all(text.startswith("onboard:edu.northwind/staff/") for text in before.values())


def test_192_bit_is_left_out_where_intune_cannot_say_it_and_said():
    """Native Apple and Android objects have no 192-bit; the notes name the network."""
    plan = staff_plan()
    strong = replace(plan.networks[0], security=Security.WPA3_ENTERPRISE_192)
    plan = replace(plan, networks=(strong,), platforms=(Platform.APPLE, Platform.ANDROID))
    for bundle in bundles(plan, validated=True).values():
        assert not any("wifi" in key for key in bodies(bundle))
        assert "campus" in " ".join(bundle["notes"])


@pytest.mark.parametrize("platform", ["windows", "apple", "android"])
def test_validated_bundle_as_recorded(platform, snapshot):
    """The bundles of the staff group, where Intune vouches, are what was recorded."""
    (artifact,) = [a for a in build(staff_plan(), spelled, validated=True) if a.platform.value == platform]
    assert artifact.content.decode() == snapshot.use_extension(file_type("json"))


def test_all_objects_are_assigned_together():
    """Whatever is created goes to the groups of the target, in no more than one assignment."""
    to = Assignment(include=("WIFI-Staff",), exclude=("WIFI-Hold",))
    for artifact in build(staff_plan(), spelled, validated=True, assignment=to):
        bundle = json.loads(artifact.content)
        assert bundle["assignment"] == {
            "keys": [entry["key"] for entry in bundle["objects"]],
            "include": ["WIFI-Staff"],
            "exclude": ["WIFI-Hold"],
        }


def test_same_plan_same_bytes():
    """Two builds agree, whatever the spelling is."""
    assert build(staff_plan(), spelled) == build(staff_plan(), spelled)
    assert build(staff_plan(), neutral) == build(staff_plan(), neutral)
