"""One fault at a time in each of the smaller formats: its rule fires, and the file as built is silent."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.northwind import neutral, staff_plan, students_plan

from onboard.errors import Severity
from onboard.lint import (
    FORMATS,
    amapi,
    certmonger,
    chrome_policy,
    eap_config,
    keyfile,
    lint,
    netplan,
    provisioning_sheet,
    scep_page,
    scep_sheet,
    wpa_supplicant,
)
from onboard.model import Security
from onboard.payloads import android, chromeos, linux

ARTIFACTS = {
    artifact.path.partition("/")[2]: artifact
    for platform in (chromeos, android, linux)
    for artifact in platform.build(staff_plan(), neutral)
}
WIFI, DESK = "linux/staff-campus.nmconnection", "linux/staff-desk.nmconnection"
IWD, WPA = "linux/iwd/Northwind.8021x", "linux/wpa_supplicant.conf"
EAP, SHEET, SCRIPT = "android/staff.eap-config", "chromeos/staff.scep-profile.yaml", "linux/staff.sh"
NETPLAN = "linux/90-onboard-staff.yaml"
PROVISIONING = "chromeos/staff.provisioning.yaml"
PAGE = "chromeos/staff.scep-profile.html"
AMAPI, POLICY = "android/staff.amapi.json", "chromeos/staff.policy.json"
ROOMS = (
    amapi,
    certmonger,
    chrome_policy,
    eap_config,
    keyfile,
    netplan,
    provisioning_sheet,
    scep_page,
    scep_sheet,
    wpa_supplicant,
)


def told(content: bytes) -> dict[str, Severity]:
    return {finding.rule: finding.severity for finding in lint("x", content)}


@pytest.mark.parametrize("name", ARTIFACTS)
def test_as_built_it_is_silent(name):
    """What the builders make has nothing wrong with it, and one format alone recognises it."""
    content = ARTIFACTS[name].content
    assert told(content) == {}
    assert sum(known.recognises(content) for known in FORMATS) == 1


TEXT_FAULTS: list[tuple[str, str, bytes, bytes]] = [
    ("keyfile-01", WIFI, b"\n[wifi]\n", b"\n[wifi]\nnonsense\n"),
    ("keyfile-01", WIFI, b"\nmode=", b"\nssid=again\nssid="),
    ("keyfile-01", WIFI, b"ssid=Northwind", b"ssid=North\\xwind"),
    ("networkmanager-01", WIFI, b"uuid=", b"uuid=x"),
    ("networkmanager-02", WIFI, b"id=Northwind\n", b"id=\n"),
    ("networkmanager-03", DESK, b"type=ethernet", b"type=vpn"),
    ("networkmanager-04", WIFI, b"[802-1x]", b"[8021x]"),
    ("networkmanager-05", WIFI, b"eap=tls;", b"eap=peap;"),
    ("networkmanager-06", WIFI, b"identity=", b"anonymous-identity="),
    ("networkmanager-06", WIFI, b"client-cert=", b"phase2-client-cert="),
    ("networkmanager-07", WIFI, b"ssid=Northwind", b"ssid="),
    ("networkmanager-08", WIFI, b"key-mgmt=wpa-eap", b"key-mgmt=wpa-psk"),
    ("networkmanager-09", WIFI, b"key-mgmt=wpa-eap", b"key-mgmt=wpa-eap-suite-b-192"),
    ("networkmanager-10", WIFI, b"eap=tls;", b"eap=tls;\nca-path=/etc/ssl/certs"),
    ("networkmanager-11", WIFI, b"eap=tls;", b"eap=tls;\nsystem-ca-certs=true"),
    ("networkmanager-12", WIFI, b"ca-cert=", b"phase2-ca-cert="),
    ("networkmanager-13", WIFI, b"domain-match=", b"phase2-domain-match="),
    ("networkmanager-14", WIFI, b"eap=tls;", b"eap=tls;\nsubject-match=radius"),
    ("networkmanager-15", WIFI, b"eap=tls;", b"eap=tls;\nprivate-key-password=x"),
    ("iwd-01", IWD, b"EAP-Method=TLS", b"EAP-Method=PEAP"),
    ("iwd-02", IWD, b"EAP-TLS-ClientKey=", b"EAP-TLS-ClientKeyX="),
    ("iwd-03", IWD, b"EAP-TLS-CACert=", b"EAP-TLS-CA="),
    ("iwd-04", IWD, b"EAP-TLS-ServerDomainMask=radius.northwind.example", b"EAP-TLS-ServerDomainMask="),
    ("iwd-05", IWD, b"AutoConnect=true", b"AutoConnect=false"),
    ("wpa-supplicant-01", WPA, b"\n}\n", b"\n"),
    ("wpa-supplicant-01", WPA, b"    eap=TLS\n", b"    eap TLS\n"),
    ("wpa-supplicant-02", WPA, b"key_mgmt=WPA-EAP WPA-EAP-SHA256", b"key_mgmt=WPA-PSK"),
    ("wpa-supplicant-03", WPA, b'ssid="Northwind"', b'ssid="Northwind'),
    ("wpa-supplicant-04", WPA, b"eap=TLS", b"eap=TLS PEAP"),
    ("wpa-supplicant-05", WPA, b"private_key=", b"private_key2="),
    ("wpa-supplicant-06", WPA, b"ca_cert=", b"ca_cert2="),
    ("wpa-supplicant-07", WPA, b"domain_match=", b"domain_match2="),
    ("wpa-supplicant-08", WPA, b"eap=TLS", b'eap=TLS\n    password="x"'),
    ("wpa-supplicant-09", WPA, b"key_mgmt=WPA-EAP ", b"key_mgmt=WPA-EAP-SUITE-B-192 "),
    ("netplan-01", NETPLAN, b"  version: 2", b"  version: [2"),
    ("netplan-02", NETPLAN, b"renderer: NetworkManager", b"renderer: networkd"),
    ("netplan-03", NETPLAN, b"version: 2", b"version: 1"),
    ("netplan-04", NETPLAN, b"key-management: eap", b"key-management: psk"),
    ("netplan-04", NETPLAN, b"auth:", b"authentication:"),
    ("netplan-05", NETPLAN, b"method: tls", b"method: peap"),
    ("netplan-06", NETPLAN, b"client-key:", b"key:"),
    ("netplan-07", NETPLAN, b"ca-certificate:", b"ca:"),
    ("netplan-08", NETPLAN, b"802-1x.domain-match", b"802-1x.domain"),
    ("netplan-09", NETPLAN, b"\n            identity", b"\n            password: x\n            identity"),
    ("eap-config-01", EAP, b"</ProviderInfo>", b""),
    ("eap-config-01", EAP, b"<EAPIdentityProviderList>", b"<!DOCTYPE x><EAPIdentityProviderList>"),
    ("eap-config-02", EAP, b"EAPIdentityProviderList", b"EAPIdentityProviderListX"),
    ("eap-config-03", EAP, ARTIFACTS[EAP].content, b"<EAPIdentityProviderList/>"),
    ("eap-config-04", EAP, b' namespace="urn:RFC4282:realm"', b""),
    ("eap-config-05", EAP, b"ProviderInfo>", b"ProviderData>"),
    ("eap-config-06", EAP, b"AuthenticationMethod>", b"Method>"),
    ("eap-config-07", EAP, b"CredentialApplicability>", b"VendorSpecific>"),
    ("eap-config-08", EAP, b"<Type>13<", b"<Type>TLS<"),
    ("eap-config-09", EAP, b"ServerSideCredential>", b"ServerSide>"),
    ("eap-config-10", EAP, b"ServerID>", b"ServerName>"),
    ("eap-config-11", EAP, b">radius.northwind", b">*.northwind"),
    (
        "eap-config-12",
        EAP,
        b"<ClientSideCredential />",
        b"<ClientSideCredential><Password/></ClientSideCredential>",
    ),
    ("eap-config-13", EAP, b'encoding="base64"', b'encoding="base16"'),
    ("eap-config-14", EAP, b">MII", b">MIJ"),
    ("eap-config-15", EAP, b"SSID>", b"Name>"),
    ("eap-config-16", EAP, b">Northwind<", b">" + b"x" * 33 + b"<"),
    ("eap-config-17", EAP, b"CCMP", b"TKIP"),
    ("scep-sheet-01", SHEET, b"form:", b"form: [\n"),
    ("scep-sheet-01", SHEET, b"group: staff", b"group: staff\ngroup: staff"),
    ("scep-sheet-01", SHEET, b"group: staff", b"group: &a staff\nagain: *a"),
    ("scep-sheet-02", SHEET, b"form:", b"fields:"),
    ("scep-sheet-03", SHEET, b"Template name:", b"Template:"),
    ("scep-sheet-04", SHEET, b"notices:", b"remarks:"),
    ("scep-sheet-05", SHEET, b"Chromebook (user)", b"Chromebook"),
    ("scep-sheet-06", SHEET, b": https://scep", b": scep"),
    ("scep-sheet-07", SHEET, b"(bits): 2048", b"(bits): 1024"),
    ("scep-sheet-08", SHEET, b"type: Static", b"type: Dynamic"),
    ("scep-sheet-09", SHEET, b"  - Signing\n", b""),
    ("scep-sheet-10", SHEET, b"SHA256withRSA", b"SHA1withRSA"),
    ("scep-sheet-11", SHEET, b"days: 30", b"days: a month"),
    ("scep-sheet-12", SHEET, b"certificates:", b"chain:"),
    ("scep-sheet-13", SHEET, b"sha256: d7", b"sha256: d8"),
    ("scep-sheet-14", SHEET, b"authority: Northwind Staff", b"authority: Northwind"),
    ("scep-sheet-16", SHEET, b"Common name:", b"Name:"),
    ("provisioning-sheet-01", PROVISIONING, b"profile:", b"profile: [\n"),
    ("provisioning-sheet-02", PROVISIONING, b"\nca_connection:", b"\nconnection:"),
    ("provisioning-sheet-02", PROVISIONING, b"\nissued:", b"\nissues:"),
    ("provisioning-sheet-03", PROVISIONING, b"reference: edu.northwind", b"reference: Northwind"),
    ("provisioning-sheet-04", PROVISIONING, b"projects/PROJECT/topics/", b"topics/"),
    ("provisioning-sheet-04", PROVISIONING, b"topics/onboard", b"topics/goog-onboard"),
    ("provisioning-sheet-05", PROVISIONING, b"reference: staff", b"reference: Staff"),
    ("provisioning-sheet-06", PROVISIONING, b"to: Users", b"to: Everybody"),
    ("provisioning-sheet-07", PROVISIONING, b"type: RSA", b"type: EC"),
    ("provisioning-sheet-08", PROVISIONING, b"(days): 30", b"(days): a month"),
    ("provisioning-sheet-09", PROVISIONING, b"  subscription: projects/", b"  subscription: project/"),
    ("provisioning-sheet-09", PROVISIONING, b"--subscription projects/P", b"--subscription projects/p"),
    ("provisioning-sheet-10", PROVISIONING, b"certprov.", b"reports."),
    ("provisioning-sheet-11", PROVISIONING, b"\ncertificates:", b"\nchain:"),
    ("provisioning-sheet-12", PROVISIONING, b"sha256: d7", b"sha256: d8"),
    ("provisioning-sheet-13", PROVISIONING, b"by: Northwind Staff", b"by: Northwind"),
    ("scep-page-01", PAGE, b"<h1>", b"<h1>\xff"),
    ("scep-page-02", PAGE, b"Template name", b"Template"),
    ("scep-page-02", PAGE, b"<td>Static</td>", b"<td></td>"),
    ("scep-page-03", PAGE, b"<h1>", b"<h1>{{ title }}"),
    ("scep-page-04", PAGE, b"<h1>", b"<script>1</script><h1>"),
    ("certmonger-01", SCRIPT, b"# --- end of settings", b"# --- end"),
    ("certmonger-01", SCRIPT, b"group='staff'", b"group=$(id)"),
    ("certmonger-01", SCRIPT, b"group='staff'", b"group='staff"),
    ("certmonger-02", SCRIPT, b"\nkey_bits='2048'", b""),
    ("certmonger-02", SCRIPT, b"challenge='correct-horse-battery-staple'", b"challenge=''"),
    ("certmonger-03", SCRIPT, b"scep_url='https:", b"scep_url='ftp:"),
    ("certmonger-04", SCRIPT, b"root_sha256='d7", b"root_sha256='D7"),
    ("certmonger-05", SCRIPT, b"subject='CN=", b"subject='"),
    ("certmonger-06", SCRIPT, b"key_bits='2048'", b"key_bits='1024'"),
    ("certmonger-07", SCRIPT, b"='1.3.6.1.5.5.7.3.2'", b"='1.3.6.1.5.5.7.3.1'"),
    ("certmonger-08", SCRIPT, b"\nset -eu\n", b"\nset -u\n"),
    ("certmonger-09", SCRIPT, b' -l "$folder/challenge"', b' -L "$challenge"'),
    ("certmonger-10", SCRIPT, b"'root.pem' <<", b"'top.pem' <<"),
    ("certmonger-10", SCRIPT, b"MIIB9jCC", b"MIIB9jCD"),
    ("certmonger-11", SCRIPT, b"root_sha256='d7", b"root_sha256='d8"),
]


@pytest.mark.parametrize(
    ("rule", "name", "old", "new"), TEXT_FAULTS, ids=[f"{i}-{f[0]}" for i, f in enumerate(TEXT_FAULTS)]
)
def test_one_fault_in_text(rule, name, old, new):
    """A changed line is told by its rule."""
    content = ARTIFACTS[name].content
    assert old in content
    assert rule in told(content.replace(old, new))


def chrome(found: dict, position: int = 2) -> dict:
    return found["define"][position]["body"]


def chrome_eap(found: dict) -> dict:
    return chrome(found)["settings"][0]["value"]["details"]["eap"]


def onc(found: dict) -> dict:
    return found["openNetworkConfiguration"]


def network(found: dict) -> dict:
    return onc(found)["NetworkConfigurations"][0]


def eap(found: dict) -> dict:
    return network(found)["WiFi"]["EAP"]


JSON_FAULTS: list[tuple[str, str, Callable[[dict], object]]] = [
    ("amapi-02", AMAPI, lambda d: d.update(openNetworkConfiguration="{}")),
    ("amapi-03", AMAPI, lambda d: onc(d).update(Type="EncryptedConfiguration")),
    ("amapi-04", AMAPI, lambda d: onc(d).update(Certificates={})),
    ("amapi-04", AMAPI, lambda d: onc(d)["NetworkConfigurations"].append("x")),
    ("amapi-05", AMAPI, lambda d: onc(d)["NetworkConfigurations"].append(network(d))),
    ("amapi-05", AMAPI, lambda d: onc(d)["Certificates"][0].pop("GUID")),
    ("amapi-06", AMAPI, lambda d: onc(d)["Certificates"][0].update(TrustBits=["Web"])),
    ("amapi-07", AMAPI, lambda d: onc(d)["Certificates"][0].update(X509="AAAA")),
    ("amapi-08", AMAPI, lambda d: network(d).pop("Name")),
    ("amapi-08", AMAPI, lambda d: network(d).pop("WiFi")),
    ("amapi-09", AMAPI, lambda d: network(d).update(Type="Ethernet")),
    ("amapi-10", AMAPI, lambda d: network(d)["WiFi"].pop("SSID")),
    ("amapi-11", AMAPI, lambda d: network(d)["WiFi"].update(Security="WPA3-EAP")),
    ("amapi-12", AMAPI, lambda d: network(d)["WiFi"].pop("AutoConnect")),
    ("amapi-13", AMAPI, lambda d: network(d)["WiFi"].pop("EAP")),
    ("amapi-14", AMAPI, lambda d: eap(d).update(Outer="LEAP")),
    ("amapi-15", AMAPI, lambda d: eap(d).update(DomainSuffixMatch=[])),
    ("amapi-16", AMAPI, lambda d: eap(d).pop("ServerCARefs")),
    ("amapi-17", AMAPI, lambda d: eap(d).update(ServerCARefs=["nowhere"])),
    ("amapi-18", AMAPI, lambda d: eap(d).update(ClientCertType="Pattern")),
    ("amapi-19", AMAPI, lambda d: eap(d).pop("ClientCertKeyPairAlias")),
    ("amapi-20", AMAPI, lambda d: eap(d).update(UseSystemCAs=False)),
    ("chrome-policy-03", POLICY, lambda d: d.pop("losses")),
    ("chrome-policy-04", POLICY, lambda d: d.update(define={})),
    ("chrome-policy-04", POLICY, lambda d: d["define"].append({})),
    ("chrome-policy-05", POLICY, lambda d: d["define"][0].update(path="v1/x:delete")),
    ("chrome-policy-06", POLICY, lambda d: d["define"].reverse()),
    ("chrome-policy-07", POLICY, lambda d: d["define"][0].pop("id")),
    ("chrome-policy-08", POLICY, lambda d: chrome(d)["settings"].pop(0)),
    ("chrome-policy-09", POLICY, lambda d: chrome(d).update(settings=chrome(d)["settings"][:1])),
    ("chrome-policy-10", POLICY, lambda d: chrome(d)["settings"][0]["value"]["details"].pop("eap")),
    ("chrome-policy-11", POLICY, lambda d: chrome_eap(d).pop("useSystemCas")),
    ("chrome-policy-12", POLICY, lambda d: chrome_eap(d).update(domainSuffixMatch=[])),
    ("chrome-policy-13", POLICY, lambda d: d["remove"][0]["body"].update(networkId="{nothing.networkId}")),
    ("chrome-policy-14", POLICY, lambda d: d["remove"].reverse()),
    ("chrome-policy-15", POLICY, lambda d: chrome(d, 0).update(certificateName="x")),
    ("chrome-policy-16", POLICY, lambda d: chrome(d).pop("name")),
    ("chrome-policy-17", POLICY, lambda d: chrome(d).update(targetResource="groups/x")),
]


@pytest.mark.parametrize(
    ("rule", "name", "change"), JSON_FAULTS, ids=[f"{i}-{f[0]}" for i, f in enumerate(JSON_FAULTS)]
)
def test_one_fault_in_json(rule, name, change):
    """A changed value is told by its rule."""
    found = json.loads(ARTIFACTS[name].content)
    change(found)
    assert rule in told(json.dumps(found).encode())


def test_root_of_the_sheet_is_missed():
    """A sheet whose chain lacks the root is told: the console wants it whole."""
    content = ARTIFACTS[SHEET].content.decode()
    head, _, rest = content.partition("- name: Northwind Root CA")
    assert told((head + "- name:" + rest.partition("- name:")[2]).encode()) == {
        "scep-sheet-15": Severity.ERROR
    }


@pytest.mark.parametrize("room", [amapi, chrome_policy])
def test_json_that_is_none(room):
    """A room that is given something else than JSON says so."""
    assert [f.rule[-2:] for f in room.lint("x", b"{")] == ["01"]
    assert room.lint("x", b"[]")


def test_laughing_sheet():
    """A sheet that would unfold to gigabytes is refused at once, and so is a very deep one."""
    bomb = "sheet: chrome-scep-profile\na: &a [x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(12)
    )
    assert told(bomb.encode()) == {"scep-sheet-01": Severity.ERROR}
    assert told(b"sheet: chrome-scep-profile\na: " + b"[" * 5000) == {"scep-sheet-01": Severity.ERROR}


@given(st.binary(max_size=300))
def test_no_bytes_make_a_room_raise(content):
    """Every room judges any bytes."""
    for room in ROOMS:
        room.recognises(content)
        room.lint("x", content)


@given(st.sampled_from(sorted(ARTIFACTS)), st.data())
def test_no_damage_makes_a_room_raise(name, data):
    """A good file with a hole or a foreign piece in it is judged like any other."""
    content = ARTIFACTS[name].content
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 40)))
    lint("x", content[:start] + data.draw(st.binary(max_size=8)) + content[end:])


def test_192_bit_everywhere():
    """192-bit networks of every format pass."""
    plan = students_plan()
    plan = replace(plan, networks=(replace(plan.networks[0], security=Security.WPA3_ENTERPRISE_192),))
    for platform in (android, linux):
        for artifact in platform.build(plan, neutral):
            assert told(artifact.content) == {}, artifact.path
