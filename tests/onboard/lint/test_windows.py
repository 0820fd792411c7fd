"""Each rule about Windows files is broken once and must be the one that speaks; good files pass silently."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.changes import replaced
from support.northwind import certificates, neutral, staff_plan, students_plan
from support.windows_files import rules, windows_file

from onboard.errors import Severity
from onboard.lint import lint
from onboard.lint import windows as room
from onboard.model import Security
from onboard.payloads.windows import build
from onboard.payloads.windows.eap import thumbprint

_ROOT = thumbprint(certificates()["root"])
_ISSUING = thumbprint(certificates()["staff"])
_KEYS = """
<sharedKey><keyType>{kind}</keyType><protected>{protected}</protected><keyMaterial>{key}</keyMaterial></sharedKey>
"""


def _strong():
    plan = staff_plan()
    network = replace(plan.networks[0], security=Security.WPA3_ENTERPRISE_192)
    key = replace(plan.scep, key_bits=4096)
    return replace(plan, networks=(network,), issuing=certificates()["root"], issuers=(), scep=key)


def _block(text: str, name: str, nth: int = 0) -> str:
    """The nth element of that name, as it stands in the file."""
    starts = [i for i in range(len(text)) if text.startswith((f"<{name}>", f"<{name} "), i)]
    end = text.index(f"</{name}>", starts[nth]) + len(f"</{name}>")
    return text[starts[nth] : end]


@pytest.mark.parametrize("plan", [staff_plan, students_plan, _strong], ids=["staff", "students", "192-bit"])
def test_our_own_files_pass(plan):
    """What the builder makes has no finding at all."""
    for artifact in build(plan(), neutral):
        assert lint(artifact.path, artifact.content) == ()


WLAN = [
    ("01", [("http://www.microsoft.com/networking/WLAN/profile/v1", "https://www.microsoft.com/networking/WLAN/profile/v1")]),
    ("01", [("http://www.microsoft.com/networking/OneX/v1", "https://www.microsoft.com/networking/OneX/v1")]),
    ("01", [("EapTlsConnectionPropertiesV2", "EapTlsConnectionPropertiesV1")]),
    ("01", [("<connectionType>ESS</connectionType>", "")]),
    ("01", [("<connectionMode>auto</connectionMode>", "<connectionMode>sometimes</connectionMode>")]),
    ("01", [("<maxAuthFailures>3</maxAuthFailures>", "<maxAuthFailures>0</maxAuthFailures>")]),
    ("01", [("<cacheUserData>true</cacheUserData>", "<QoSDSCPToUPMappingAllowed/>")]),
    ("01", [('Enabled="true"', 'Enabled="yes"')]),
    ("01", [(_ROOT, "00" * 32)]),
    ("03", [("<hex>4E6F72746877696E64</hex>", ""), ("      <name>Northwind</name>", "")]),
    ("03", [("<hex>4E6F72746877696E64</hex>", "<hex>4E6F72746877696E65</hex>")]),
    ("04", [("<useOneX>true</useOneX>", "<useOneX>false</useOneX>")]),
    ("04", [("<useOneX>true</useOneX>", "")]),
    ("05", [("<encryption>AES</encryption>", "<encryption>TKIP</encryption>")]),
    ("05", [("<authentication>WPA2<", "<authentication>WPA<")]),
    ("05", [("<authentication>WPA2<", "<authentication>WPA3ENT192<")]),
    ("06", [
        ("<authentication>WPA2<", "<authentication>WPA3ENT<"),
        ("</useOneX>", '</useOneX><FIPSMode xmlns="http://www.microsoft.com/networking/WLAN/profile/v2">true</FIPSMode>'),
    ]),
    ("07", [("</useOneX>", '</useOneX><transitionMode xmlns="http://www.microsoft.com/networking/WLAN/profile/v4">true</transitionMode>')]),
    ("08", [("<connectionMode>auto", "<connectionMode>manual"), ("<autoSwitch>false", "<autoSwitch>true")]),
    ("09", [(f"<TrustedRootCA>{_ROOT}</TrustedRootCA>", "")]),
    ("09", [("<ServerNames>radius.northwind.example</ServerNames>", "<ServerNames></ServerNames>")]),
    ("12", [(">true</PerformServerValidation>", ">false</PerformServerValidation>")]),
    ("12", [(">true</AcceptServerName>", ">false</AcceptServerName>")]),
    ("13", [("radius.northwind.example", "RADIUS.northwind.example")]),
    ("13", [("radius.northwind.example", "a.example; b.example")]),
    ("13", [("radius.northwind.example", "a.example;;b.example")]),
    ("13", [("radius.northwind.example", "*.northwind.example")]),
    ("14", [('<CAHashList Enabled="true">', '<CAHashList Enabled="false">')]),
    ("14", [(f"<IssuerHash>{_ISSUING}</IssuerHash>", "")]),
    ("15", [("<EKUMapInList>", "<EKUMapInList><EKUName>Other</EKUName></EKUMapInList><EKUMapInList>")]),
    ("20", [("<Type>13</Type>", "<Type>13\n</Type>")]),
    ("20", [("<encryption>AES<", "<encryption> AES<")]),
    ("20", [("<WLANProfile", "<!DOCTYPE WLANProfile>\n<WLANProfile")]),
    ("20", [("</WLANProfile>", "")]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "changes"), WLAN, ids=lambda value: value if isinstance(value, str) else "")
def test_a_broken_wlan_profile_is_an_error_of_its_rule(rule, changes):
    """One change to a good profile makes exactly the rule speak that forbids it, as an error."""
    found = rules(replaced(windows_file("wlan-profile"), *changes))
    assert "error" in found.get(rule, set())
    # a wrong pair or a missing element may break a second rule; most changes break one
    assert len(found) <= 2


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("02", [("<name>Northwind</name>\n  <SSID", f"<name>{'a' * 33}</name>\n  <SSID")]),
        ("02", [("<name>Northwind</name>\n  <SSID", "<name>North wind</name>\n  <SSID")]),
        ("02", [("<name>Northwind</name>\n  <SSID", "<name>N\u00f6rd</name>\n  <SSID")]),
        ("03", [("<hex>4E6F72746877696E64</hex>", "")]),
        ("09", [(">true</DisableUserPrompt", ">false</DisableUserPrompt")]),
        ("17", [("<authMode>user</authMode>", "")]),
    ],
)
def test_what_is_unwise_is_a_warning(rule, changes):
    """Some things work and are still worth a word."""
    assert rules(replaced(windows_file("wlan-profile"), *changes)) == {rule: {"warning"}}


@pytest.mark.parametrize(
    "name", ["connectionType", "encryption", "EapMethod", "ServerNames", "CAHashList", "MSM"]
)
def test_element_order_is_judged(name):
    """An element moved behind its next sibling is an error that names the order."""
    text = windows_file("wlan-profile")
    block = _block(text, name)
    at = text.index(block) + len(block)
    following = text[at:].split("<", 1)[1].split(">")[0].split(" ")[0]
    neighbour = _block(text[at:], following)
    swapped = text.replace(block, "\0", 1).replace(neighbour, block, 1).replace("\0", neighbour, 1)
    found = [f for f in lint("f", swapped.encode()) if f.rule == "windows-01"]
    assert found
    assert any("order" in finding.hint for finding in found)


def _personal(authentication: str, kind: str, key: str, protected: str = "false") -> str:
    text = windows_file("wlan-profile")
    text = text.replace(_block(text, "OneX"), _KEYS.format(kind=kind, key=key, protected=protected))
    return replaced(
        text,
        ("<authentication>WPA2<", f"<authentication>{authentication}<"),
        ("<useOneX>true", "<useOneX>false"),
    )


def test_a_personal_network_is_good_and_its_key_is_mentioned():
    """An onboarding network with a key has one warning: the key can be read."""
    assert rules(_personal("WPA3SAE", "passPhrase", "a good passphrase")) == {"40": {"warning"}}
    assert rules(_personal("WPA2PSK", "networkKey", "0f" * 32)) == {"40": {"warning"}}


@pytest.mark.parametrize(
    ("authentication", "kind", "key", "protected"),
    [
        ("WPA2PSK", "passPhrase", "short", "false"),
        ("WPA2PSK", "networkKey", "a good passphrase", "false"),
        ("WPA3SAE", "networkKey", "0f" * 32, "false"),
        ("WPA2PSK", "passPhrase", "01000000d08c9d", "true"),
    ],
)
def test_a_bad_key_is_an_error(authentication, kind, key, protected):
    """Keys that Windows refuses, or that only one computer can read, are errors and are not repeated."""
    findings = lint("f", _personal(authentication, kind, key, protected).encode())
    assert any(f.rule == "windows-05" and f.severity is Severity.ERROR for f in findings)
    assert not any(key in f.message + f.hint for f in findings)


def test_an_open_network_has_no_onex():
    """`open` with a OneX element, and OneX asked for, is two mistakes of rule 04."""
    text = replaced(
        windows_file("wlan-profile"),
        ("<authentication>WPA2<", "<authentication>open<"),
        ("<encryption>AES<", "<encryption>none<"),
    )
    assert set(rules(text)) == {"04"}


LAN = [
    ("01", [("<OneXEnabled>true</OneXEnabled>", "")]),
    ("01", [("networking/LAN/profile/v1", "networking/LAN/profile/v2")]),
    ("09", [(f"<TrustedRootCA>{_ROOT}</TrustedRootCA>", "")]),
    ("14", [('<CAHashList Enabled="true">', "<CAHashList>")]),
]


@pytest.mark.parametrize(("rule", "changes"), LAN)
def test_a_broken_lan_profile_is_an_error_of_its_rule(rule, changes):
    """The wire is judged like Wi-Fi."""
    assert "error" in rules(replaced(windows_file("lan-profile"), *changes)).get(rule, set())


def test_an_eap_configuration_alone_is_judged():
    """The EapHostConfig that Intune and VPN settings take is recognised without a profile around it."""
    host = _block(windows_file("wlan-profile"), "EapHostConfig")
    assert rules(host) == {}
    assert set(rules(host.replace(_block(host, "ServerNames"), ""))) == {"09", "12"}


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_encodings_of_windows_are_read(codec):
    """Exports and GPO files come in UTF-8 with and without BOM and in UTF-16."""
    text = windows_file("wlan-profile").replace("UTF-8", codec.removesuffix("-sig"))
    assert lint("f", text.encode(codec)) == ()


def test_a_prefixed_document_is_the_same_document():
    """Prefixes are a matter of taste; namespaces are not."""
    text = windows_file("wlan-profile")
    for name in ("WLANProfile", "connectionType"):
        text = text.replace(f"<{name}", f"<w:{name}").replace(f"</{name}", f"</w:{name}")
    text = text.replace(
        "<w:WLANProfile ", '<w:WLANProfile xmlns:w="http://www.microsoft.com/networking/WLAN/profile/v1" '
    )
    assert lint("f", text.encode()) == ()


@pytest.mark.parametrize(
    "content",
    [
        b"<WLANProfile",
        b"<WLANProfile>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</WLANProfile>",
        b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><WLANProfile>&c;</WLANProfile>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><WLANProfile>&a;</WLANProfile>',
        b'<?xml version="1.0" encoding="nonsense"?><WLANProfile/>',
        b"\xff\xfe<\0W\0L\0A\0N\0P\0r\0o\0f\0i\0l\0e\0>\0",
        b"<SyncML/>",
        b"<Add><Item><Target/></Item></Add>",
        b"<x><WLANProfile/></x>",
    ],
)
def test_hostile_and_broken_documents_are_findings(content):
    """Nothing is expanded, nothing is read from outside, nothing raises."""
    assert room.recognises(content)
    findings = room.lint("f", content)
    assert any(finding.severity is Severity.ERROR for finding in findings)
    assert not any("root:" in finding.message for finding in findings)


def _keyed(key: str) -> list[tuple[str, str]]:
    return [("</SecurityType>", f"</SecurityType><SecurityKey>{key}</SecurityKey>")]


PACKAGE = [
    ("01", "error", [("urn:schemas-microsoft-com:windows-provisioning", "urn:other")]),
    ("01", "error", [("<Version>1.0</Version>", "")]),
    ("01", "error", [("PackageConfig", "Package")]),
    ("03", "error", [('SSID="Northwind-Start"', f'SSID="{"x" * 33}"')]),
    ("05", "error", [(">Open<", ">WPA3-Personal<")]),
    ("05", "error", [(">Open<", ">WEP<")]),
    ("05", "error", [(">Open<", ">WPA2-Personal<")]),
    ("40", "warning", [(">Open<", ">WPA2-Personal<"), *_keyed("a long key")]),
    ("05", "error", [(">Open<", ">WPA2-Personal<"), *_keyed("short")]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "severity", "changes"), PACKAGE)
def test_a_broken_package_is_named(rule, severity, changes):
    """The source of a provisioning package is judged by what the designer can say."""
    assert severity in rules(replaced(windows_file("provisioning-package"), *changes))[rule]


_FILES = [windows_file(kind).encode() for kind in ("wlan-profile", "lan-profile", "syncml", "script")]


@given(st.data())
def test_no_damage_raises(data):
    """A good file with any run of bytes replaced gives findings or none, never an exception."""
    content = data.draw(st.sampled_from(_FILES))
    at = data.draw(st.integers(0, len(content)))
    junk = data.draw(st.binary(max_size=8))
    for finding in lint("f", content[:at] + junk + content[at + data.draw(st.integers(0, 40)) :]):
        assert finding.rule
