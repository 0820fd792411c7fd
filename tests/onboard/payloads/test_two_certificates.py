"""Payloads of a group with a certificate for the person and one for the computer."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from support.northwind import NORTHWIND, STAFF_CHALLENGE, certificates

from onboard.apple_options import AppleOptions, Scope
from onboard.compose import compose
from onboard.compose.for_mdm import compose_for
from onboard.compose.spelling import neutral
from onboard.dialects import DIALECTS
from onboard.errors import PayloadError, VariableError
from onboard.model import Platform
from onboard.options import EapMethod
from onboard.payloads import intune
from onboard.payloads.chromeos import tenant
from onboard.payloads.windows.onex import auth_mode
from onboard.payloads.windows.syncml import SYNCML
from onboard.plan import GroupPlan, make_plan
from onboard.secret import Secret
from onboard.variables import Holder

STAFF = NORTHWIND.group("staff")
BOTH = replace(STAFF, second_profile=NORTHWIND.group("students").profile)


def plan(challenge: Secret | None = STAFF_CHALLENGE, **changes) -> GroupPlan:
    """The plan of Northwind's staff with both certificates."""
    return make_plan(NORTHWIND, replace(BOTH, **changes), certificates(), challenge)


def made(whole: GroupPlan, *platforms: Platform) -> dict[str, bytes]:
    """Contents by kind; of several of a kind the last."""
    found = compose(whole, neutral, platforms=platforms)
    return {one.artifact.kind: one.artifact.content for one in found}


def uris(syncml: bytes) -> list[str]:
    """Every LocURI in document order."""
    root = ET.fromstring(syncml)
    return [element.text or "" for element in root.iter(f"{{{SYNCML}}}LocURI")]


def test_a_syncml_enrols_in_the_computers_store_then_in_the_persons():
    """Each enrolment is atomic, in the scope of its holder, and both stand before the networks."""
    found = made(plan(), Platform.WINDOWS)["syncml"]
    root = ET.fromstring(found)
    blocks = root.findall(f".//{{{SYNCML}}}Atomic")
    scopes = [uris(ET.tostring(block))[0].partition("/ClientCertificateInstall")[0] for block in blocks]
    assert scopes == ["./Device/Vendor/MSFT", "./User/Vendor/MSFT"]
    order = [uri for uri in uris(found) if "/Enroll" in uri or "WlanXml" in uri]
    assert [uri.rpartition("/")[2] for uri in order] == ["Enroll", "Enroll", "WlanXml"]


def test_networks_are_the_computers_and_take_either_certificate():
    """The profile is there before anybody signs in, and says machineOrUser."""
    whole = plan()
    found = made(whole, Platform.WINDOWS)
    (wifi,) = [uri for uri in uris(found["syncml"]) if uri.endswith("WlanXml")]
    assert wifi.startswith("./Device/")
    for kind in ("wlan-profile", "lan-profile"):
        assert b"<authMode>machineOrUser</authMode>" in found[kind]


@pytest.mark.parametrize("eap", [EapMethod.TLS, EapMethod.TEAP])
def test_one_certificate_alone_is_offered_as_ever(eap):
    """Only TEAP, which needs another group for the second, says machineOrUser then."""
    alone = plan(second_profile=None)
    network = replace(alone.networks[0], eap=eap)
    assert auth_mode(alone, network) == ("user" if eap is EapMethod.TLS else "machineOrUser")


def test_teap_chains_the_two_of_one_group():
    """A group with both needs no second group."""
    network = replace(BOTH.networks[0], eap=EapMethod.TEAP)
    group = replace(BOTH, networks=(network,))
    organization = replace(NORTHWIND, groups=(group,))
    whole = make_plan(organization, group, certificates(), STAFF_CHALLENGE)
    assert {h: [c.name for c in found] for h, found in whole.networks[0].chained.items()} == {
        Holder.DEVICE: ["staff"],
        Holder.USER: ["staff"],
    }


def test_each_holder_has_a_script_and_the_computers_brings_the_networks():
    """They keep apart what they bring, and whoever runs one is told of the other."""
    found = {k: v.decode() for k, v in made(plan(), Platform.WINDOWS).items() if k.startswith("script")}
    assert sorted(found) == ["script", "script-device"]
    assert "$ForMachine = $false" in found["script"]
    assert "$ForMachine = $true" in found["script-device"]
    assert ["WLANProfile" in text for text in found.values()] == [False, True]
    places = [line for text in found.values() for line in text.splitlines() if line.startswith("$Place")]
    assert places == ["$Place = 'edu.northwind.staff'", "$Place = 'edu.northwind.staff-device'"]
    assert all("joins again with the certificate of that person" in text for text in found.values())


def test_the_administrators_texts_name_both_scripts():
    """In the order in which they are run, with the steps counted on."""
    whole = plan()
    texts = {
        one.artifact.path.rpartition("/")[2]: one.artifact.content.decode()
        for one in compose(whole, neutral, platforms=[Platform.WINDOWS])
        if one.artifact.path.endswith(".md")
    }
    assert texts["checklist.md"].index("`staff-device.ps1` as a computer startup script") < texts[
        "checklist.md"
    ].index("`staff.ps1` as a user logon script")
    steps = [line[:2] for line in texts["README.md"].splitlines() if line[:1].isdigit()]
    assert steps == ["1.", "2.", "3.", "4.", "5."]


def test_chromeos_has_user_and_device_policy():
    """Every file once for each level; those of the second profile apart from those of the first."""
    found = compose(plan(), neutral, platforms=[Platform.CHROMEOS])
    paths = {one.artifact.kind: one.artifact.path for one in found}
    assert paths["onc"] == "staff/chromeos/staff.onc"
    assert paths["onc-device"] == "staff/chromeos/device/staff.onc"
    contents = made(plan(), Platform.CHROMEOS)
    levels = {k: json.loads(v)["level"] for k, v in contents.items() if k.startswith("chrome-policy")}
    assert levels == {"chrome-policy": "user", "chrome-policy-device": "device"}
    identities = {
        kind: json.loads(contents[kind])["NetworkConfigurations"][0]["WiFi"]["EAP"]["Identity"]
        for kind in ("onc", "onc-device")
    }
    assert identities == {"onc": "${CERT_SAN_EMAIL}", "onc-device": "${CERT_SUBJECT_COMMON_NAME}"}


def test_a_tenant_has_both_levels_and_no_single_profile_id():
    """The id that Google gave is of one profile, so it cannot be for both."""
    kinds = [artifact.kind for artifact in tenant.build(plan())]
    assert {"onc", "onc-device", "chrome-provisioning", "chrome-provisioning-device"} <= set(kinds)
    with pytest.raises(PayloadError, match="cannot be for its people and for its devices"):
        tenant.build(plan(), profile_id="abc")


@pytest.mark.parametrize("platform", [Platform.LINUX, Platform.ANDROID, Platform.APPLE])
def test_who_holds_one_certificate_gets_what_the_group_had_before(platform):
    """Byte for byte: a second profile changes nothing there."""
    assert made(plan(), platform) == made(plan(second_profile=None), platform)


def test_a_mac_of_system_scope_asks_for_the_computers():
    """In the one profile of the group."""
    found = made(plan(apple=AppleOptions(scope=Scope.SYSTEM)), Platform.APPLE)
    assert b"<string>System</string>" in found["mobileconfig"]
    assert b"device.id" in found["mobileconfig"]
    assert b"user.email" not in found["mobileconfig"]


def test_an_mdm_spells_the_variables_of_what_it_carries():
    """Jamf cannot spell the person's sign-in name, and a Mac of system scope does not need it."""
    with pytest.raises(VariableError, match=r"user\.upn"):
        compose_for(plan(), DIALECTS["jamf-pro"])
    (found,) = compose_for(plan(apple=AppleOptions(scope=Scope.SYSTEM)), DIALECTS["jamf-pro"])
    assert b"$UDID" in found.artifact.content


def test_fleet_has_a_file_for_each_certificate():
    """It takes one SCEP node in a profile."""
    found = compose_for(plan(), DIALECTS["fleet"], platforms=[Platform.WINDOWS])
    names = [one.artifact.path.rpartition("/")[2] for one in found]
    assert names == [
        "fleet-1-trust.xml",
        "fleet-2-certificate-device.xml",
        "fleet-2-certificate.xml",
        "fleet-3-networks.xml",
    ]


def test_intune_has_a_native_profile_for_each_store():
    """Where it vouches for requests, machine and user each get a certificate profile."""
    spelling = {"user.email": "{{EmailAddress}}", "user.upn": "{{UserPrincipalName}}", "device.id": "{{x}}"}
    whole = replace(plan(), platforms=(Platform.WINDOWS,))
    (bundle,) = intune.build(whole, spelling.__getitem__, validated=True)
    found = {
        entry["key"]: entry["body"]["certificateStore"]
        for entry in json.loads(bundle.content)["objects"]
        if entry["key"].startswith("windows-scep")
    }
    assert found == {"windows-scep-device": "machine", "windows-scep": "user"}


def test_intune_has_one_certificate_where_a_profile_holds_one():
    """Apple's and Android's native objects are those of their platform's plan, whoever asks."""
    both = plan(platforms=(Platform.APPLE, Platform.ANDROID))
    for bundle in intune.build(both, "{{{}}}".format, validated=True):
        kinds = [entry["body"]["@odata.type"] for entry in json.loads(bundle.content)["objects"]]
        assert sum(kind.endswith("ScepCertificateProfile") for kind in kinds) == 2  # one for each family
        alone = intune.build(both.on(bundle.platform), "{{{}}}".format, validated=True)
        assert bundle in alone
