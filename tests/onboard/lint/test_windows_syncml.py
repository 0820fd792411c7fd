"""Each rule about SyncML and scripts is broken once and must be the one that speaks."""

from __future__ import annotations

import base64
import html
import re
from dataclasses import replace

import pytest
from support.changes import replaced
from support.northwind import STAFF_CHALLENGE, certificates, students_plan
from support.windows_files import rules, windows_file

from onboard.lint import lint

_ROOT = certificates()["root"]
_STAFF = certificates()["staff"]


def _setting(text: str, name: str) -> str:
    """The Add command of one setting, whole."""
    (match,) = re.findall(
        rf"(?s)<(?:Add|Exec)>(?:(?!<Add>).)*?/Install/{name}</LocURI>.*?</(?:Add|Exec)>", text
    )
    full = re.search(rf"(?s)<(Add|Exec)>(?:(?!<Add>|<Exec>).)*?/Install/{name}</LocURI>.*?</\1>", text)
    assert match
    return full[0]


def _with(name: str, value: str) -> str:
    """The file with another value for a setting."""
    text = windows_file("syncml")
    command = _setting(text, name)
    return text.replace(command, re.sub(r"<Data>.*?</Data>", lambda _: f"<Data>{value}</Data>", command))


def _without(name: str) -> str:
    text = windows_file("syncml")
    return text.replace(_setting(text, name), "")


VALUES = [
    ("21", "Challenge", "ümlaut-ümlaut-ümlaut"),
    ("21", "Challenge", "short"),
    ("22", "KeyLength", "3072"),
    ("22", "KeyProtection", "7"),
    ("22", "KeyProtection", "4"),
    ("23", "KeyUsage", "64"),
    ("23", "KeyUsage", "0xA0"),
    ("24", "EKUMapping", "1.3.6.1.5.5.7.3.1"),
    ("25", "CAThumbprint", "208AAC62"),
    ("25", "CAThumbprint", _STAFF.sha1.hex().upper()),
    ("25", "CAThumbprint", "00" * 20),
    ("26", "HashAlgorithm", "SHA-256"),
    ("34", "SubjectName", "CN={{DeviceId}}"),
]


@pytest.mark.parametrize(("rule", "name", "value"), VALUES)
def test_a_wrong_setting_is_an_error_of_its_rule(rule, name, value):
    """One wrong value makes exactly the rule speak that forbids it."""
    assert rules(_with(name, value)) == {rule: {"error"}}


@pytest.mark.parametrize("value", ["short", "with_underscore_in_it"])
def test_a_finding_never_repeats_the_challenge(value):
    """Findings go to logs, the challenge does not."""
    for finding in lint("f", _with("Challenge", value).encode()):
        assert value not in f"{finding.message} {finding.hint} {finding.where}"


@pytest.mark.parametrize(
    "value", ["${challenge}", "$FLEET_VAR_CUSTOM_SCEP_CHALLENGE_X", "%Challenge%", "{{Challenge}}"]
)
def test_the_place_of_a_challenge_is_no_challenge(value):
    """What an MDM will replace is not judged as if it were sent."""
    assert rules(_with("Challenge", value)) == {}


@pytest.mark.parametrize(
    "name",
    [
        "ServerURL",
        "Challenge",
        "EKUMapping",
        "KeyUsage",
        "SubjectName",
        "KeyLength",
        "HashAlgorithm",
        "CAThumbprint",
    ],
)
def test_a_missing_setting_is_an_error(name):
    """Every required node of the CSP is missed."""
    assert "error" in rules(_without(name)).get("26", set())


def test_impossible_key_pairs():
    """A TPM holds no 4096 bits: certain is an error, possible a warning."""
    text = _with("KeyLength", "4096")
    command = _setting(text, "KeyProtection")
    tpm = text.replace(command, command.replace("<Data>3<", "<Data>1<"))
    either = text.replace(command, command.replace("<Data>3<", "<Data>2<"))
    assert rules(text) == {}
    assert rules(tpm) == {"22": {"error"}}
    assert rules(either) == {"37": {"warning"}}


def test_192_bit_needs_large_keys_in_software():
    """A WPA3ENT192 profile beside an enrolment of 2048 bits in a TPM is two errors of rule 22."""
    text = replaced(
        windows_file("syncml"),
        ("authentication&gt;WPA2&lt;", "authentication&gt;WPA3ENT192&lt;"),
        ("encryption&gt;AES&lt;", "encryption&gt;GCMP256&lt;"),
    )
    command = _setting(text, "KeyProtection")
    text = text.replace(command, command.replace("<Data>3<", "<Data>1<"))
    findings = [f for f in lint("f", text.encode()) if f.rule == "windows-22"]
    assert len(findings) == 2


def test_validity_is_a_warning():
    """A validity that Intune would refuse is mentioned; a plain OMA-DM server takes it."""
    assert rules(_with("ValidPeriodUnits", "2000")) == {"36": {"warning"}}
    assert rules(_with("ValidPeriodUnits", "2")) == {"36": {"warning"}}


STRUCTURE = [
    ("26", [("<CmdID>2</CmdID>", "<CmdID>1</CmdID>")]),
    ("26", [("<Atomic>\n      <CmdID>3</CmdID>\n", ""), ("</Atomic>\n", "")]),
    ("26", [("/Install/Enroll<", "/Install/Enrol<")]),
    ("26", [('<Format xmlns="syncml:metinf">int<', '<Format xmlns="syncml:metinf">chr<')]),
    (
        "27",
        [
            (
                "./Device/Vendor/MSFT/RootCATrustedCertificates/Root",
                "./User/Vendor/MSFT/RootCATrustedCertificates/Root",
            )
        ],
    ),
    ("28", [("<Data>MIIB9jCC", "<Data>MIIB9jCC\n")]),
    ("28", [("<Data>MIIB9jCC", "<Data>MIIB")]),
    ("28", [(f"/Root/{_ROOT.sha1.hex().upper()}/", f"/Root/{'0' * 40}/")]),
    ("29", [("/WiFi/Profile/Northwind/", "/WiFi/Profile/Southwind/")]),
    ("29", [("&lt;WLANProfile", "&lt;WLANProfil")]),
    ("01", [("SYNCML:SYNCML1.2", "SYNCML:SYNCML1.1")]),
    ("01", [("syncml:metinf", "syncml:metin")]),
    ("01", [("    <Final />\n", "")]),
    ("16", [("authMode&gt;user&lt;", "authMode&gt;machine&lt;")]),
]


def test_machine_or_user_with_one_certificate_is_a_warning():
    """Windows tries by turns what it does not have; with an enrolment for each holder there is no word."""
    both = replaced(windows_file("syncml"), ("authMode&gt;user&lt;", "authMode&gt;machineOrUser&lt;"))
    assert rules(both) == {"17": {"warning"}}
    start, end = both.index("    <Atomic>"), both.index("</Atomic>") + len("</Atomic>\n")
    numbered = re.sub(r"<CmdID>(\d+)<", lambda m: f"<CmdID>{int(m[1]) + 100}<", both[start:end])
    device = re.sub(r"\$\{user\.\w+\}", "${device.name}", numbered.replace("./User/", "./Device/"))
    assert rules(both[:end] + device + both[end:]) == {}


@pytest.mark.parametrize(("rule", "changes"), STRUCTURE)
def test_a_broken_structure_is_an_error_of_its_rule(rule, changes):
    """Order, numbering, stores, names and formats are each judged."""
    assert "error" in rules(replaced(windows_file("syncml"), *changes)).get(rule, set())


def test_enroll_before_the_end_is_an_error():
    """Settings after Enroll are never used."""
    text = windows_file("syncml")
    enroll, url = _setting(text, "Enroll"), _setting(text, "ServerURL")
    assert "error" in rules(text.replace(enroll, "\0").replace(url, enroll).replace("\0", url))["26"]


def test_the_node_must_be_added_first():
    """The certificate's own node comes before its settings."""
    text = windows_file("syncml")
    (node,) = re.findall(r"(?s)<Add>(?:(?!<Add>).)*?/SCEP/[0-9a-f-]{36}</LocURI>.*?</Add>", text)
    node = node[node.rindex("<Add>") :]
    assert "error" in rules(text.replace(node, ""))["26"]


def test_an_intermediate_in_the_root_store_is_an_error():
    """The Root store is for roots."""
    store = f"RootCATrustedCertificates/CA/{_STAFF.sha1.hex().upper()}"
    assert "error" in rules(replaced(windows_file("syncml"), (store, store.replace("/CA/", "/Root/"))))["10"]


def test_a_pinned_root_must_be_delivered_as_a_root():
    """A profile that pins what the file does not bring fails; one that pins an intermediate is warned of."""
    root, staff = _ROOT.sha1.hex(" "), _STAFF.sha1.hex(" ")
    text = windows_file("syncml")
    assert (
        "error"
        in rules(replaced(text, (f"TrustedRootCA&gt;{root}", f"TrustedRootCA&gt;{'00 ' * 19}00")))["10"]
    )
    assert rules(replaced(text, (f"TrustedRootCA&gt;{root}", f"TrustedRootCA&gt;{staff}")))["11"] == {
        "warning"
    }


def test_a_user_variable_in_a_device_certificate_is_an_error():
    """No user is signed in when a device enrols."""
    text = replaced(windows_file("syncml", students_plan()), ("${device.id}", "${user.email}"))
    assert rules(text) == {"34": {"error"}}


def test_profiles_inside_are_judged_like_files():
    """A mistake of a profile is found inside SyncML too, at a place that names both."""
    text = replaced(windows_file("syncml"), ("&lt;connectionType&gt;ESS&lt;/connectionType&gt;", ""))
    (finding,) = [f for f in lint("f", text.encode()) if f.rule == "windows-01"]
    assert "Data/WLANProfile" in finding.where


def test_cdata_is_as_good_as_escaping():
    """Both ways of carrying a profile are read."""
    text = windows_file("syncml")
    (escaped,) = re.findall(r"<Data>(&lt;WLANProfile.*?)</Data>", text)
    assert rules(text.replace(escaped, f"<![CDATA[{html.unescape(escaped)}]]>")) == {}


def test_fleet_fragments_are_judged():
    """Bare commands, without SyncML, Atomic and Final, are what Fleet takes."""
    text = windows_file("syncml")
    inner = text[text.index("<Atomic>") + 8 : text.index("</Atomic>")].replace("<CmdID>3</CmdID>", "", 1)
    bare = re.sub(r"\s*<CmdID>\d+</CmdID>", "", inner)
    assert rules(bare) == {}
    assert "error" in rules(bare.replace("</Exec>", "</Exec>" + _setting(text, "KeyUsage")))["26"]


def test_peap_beside_eap_tls_is_an_error():
    """Two methods for one device: the weaker one can be forced."""
    text = windows_file("syncml")
    (wifi,) = re.findall(r"(?s)<Add>(?:(?!<Add>).)*?/WlanXml</LocURI>.*?</Add>", text)
    wifi = wifi[wifi.rindex("<Add>") :]
    peap = re.sub(r"(Type[^&]*&gt;)13(&lt;/Type)", r"\g<1>25\2", wifi)
    peap = peap.replace("<CmdID>", "<CmdID>9").replace(
        "EapTlsConnectionPropertiesV", "MsPeapConnectionPropertiesV"
    )
    assert "error" in rules(text.replace(wifi, wifi + peap))["18"]


def test_two_enrolments_are_judged_apart():
    """A second certificate in a second Atomic is fine; its settings are its own."""
    text = windows_file("syncml")
    atomic = text[text.index("<Atomic>") : text.index("</Atomic>") + 9]
    second = re.sub(r"<CmdID>(\d+)", r"<CmdID>9\1", atomic).replace("/SCEP/", "/SCEP/second-")
    assert rules(text.replace(atomic, atomic + second)) == {}


def _script(plan=None) -> str:
    return windows_file("script", plan)


def test_a_script_with_other_letters_is_an_error():
    """Windows PowerShell would read them in the code page of the machine."""
    assert rules(_script().replace("Northwind University", "Universit\u00e9")) == {"41": {"error"}}


def test_a_script_with_a_doubtful_challenge_is_a_warning_without_the_challenge():
    """The rule of SyncML holds for scripts."""
    text = _script().replace(STAFF_CHALLENGE.reveal(), "under_score_under_score")
    (finding,) = lint("f.ps1", text.encode())
    assert (finding.rule, finding.severity) == ("windows-21", "warning")
    assert "under_score" not in finding.message + finding.hint


def test_a_script_that_pins_no_root_is_an_error():
    """Initialize with an empty thumbprint believes any server, as many public scripts do."""
    text = _script().replace("$request, $RootThumbprint)", "$request, [String]::Empty)")
    assert rules(text) == {"25": {"error"}}


def test_profiles_inside_a_script_are_judged():
    """The line of the here-string is a part of the place."""
    text = _script().replace("<connectionType>ESS</connectionType>", "")
    (finding,) = lint("f.ps1", text.encode())
    assert finding.rule == "windows-01"
    assert re.match(r"line \d+/WLANProfile", finding.where)


def test_a_certificate_that_is_none_is_an_error():
    """Base64 of something else does not pass for a certificate."""
    der = base64.b64encode(_ROOT.der).decode()
    text = replaced(windows_file("syncml"), (der, base64.b64encode(b"no certificate").decode()))
    assert "error" in rules(text)["28"]


def test_foreign_oma_uri_profiles_are_recognised():
    """A profile with the older path without scope is read as the device's."""
    text = windows_file("syncml", replace(students_plan()))
    assert rules(text.replace("./Device/Vendor/MSFT/WiFi", "./Vendor/MSFT/WiFi")) == {}
