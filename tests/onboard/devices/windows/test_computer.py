"""A Windows device runs SyncML and reads WLAN and LAN profiles in the order that Windows enforces."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.filled import files
from support.northwind import certificates

from onboard.devices.errors import DeviceError
from onboard.devices.settings import Medium, Patience
from onboard.devices.windows.computer import read_windows
from onboard.devices.windows.names import parse_alt_names, parse_subject
from onboard.devices.windows.profile import read_lan, read_wlan

SYNCML = files("windows")["syncml"][0].decode()
WLAN = files("windows")["wlan-profile"][0].decode()
LAN = files("windows")["lan-profile"][0].decode()
ROOTS = (certificates()["root"].parsed,)

HAND_WRITTEN_WLAN = """<?xml version="1.0"?>
<WLANProfile xmlns="http://www.microsoft.com/networking/WLAN/profile/v1">
  <name>Example</name>
  <SSIDConfig><SSID><hex>4578616D706C65</hex><name>ignored</name></SSID></SSIDConfig>
  <connectionType>ESS</connectionType>
  <connectionMode>auto</connectionMode>
  <MSM><security>
    <authEncryption><authentication>WPA2</authentication><encryption>AES</encryption><useOneX>true</useOneX></authEncryption>
    <OneX xmlns="http://www.microsoft.com/networking/OneX/v1">
      <authMode>user</authMode>
      <EAPConfig>
        <EapHostConfig xmlns="http://www.microsoft.com/provisioning/EapHostConfig">
          <EapMethod>
            <Type xmlns="http://www.microsoft.com/provisioning/EapCommon">13</Type>
            <VendorId xmlns="http://www.microsoft.com/provisioning/EapCommon">0</VendorId>
            <VendorType xmlns="http://www.microsoft.com/provisioning/EapCommon">0</VendorType>
            <AuthorId xmlns="http://www.microsoft.com/provisioning/EapCommon">0</AuthorId>
          </EapMethod>
          <Config>
            <Eap xmlns="http://www.microsoft.com/provisioning/BaseEapConnectionPropertiesV1">
              <Type>13</Type>
              <EapType xmlns="http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV1">
                <CredentialsSource><CertificateStore><SimpleCertSelection>true</SimpleCertSelection></CertificateStore></CredentialsSource>
                <ServerValidation>
                  <DisableUserPromptForServerValidation>true</DisableUserPromptForServerValidation>
                  <ServerNames>radius1.example.org;.*\\.radius\\.example\\.org</ServerNames>
                  <TrustedRootCA>THUMBPRINT</TrustedRootCA>
                </ServerValidation>
                <DifferentUsername>false</DifferentUsername>
                <PerformServerValidation xmlns="http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV2">true</PerformServerValidation>
                <AcceptServerName xmlns="http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV2">true</AcceptServerName>
              </EapType>
            </Eap>
          </Config>
        </EapHostConfig>
      </EAPConfig>
    </OneX>
  </security></MSM>
</WLANProfile>""".replace("THUMBPRINT", certificates()["root"].sha1.hex())


def test_reads_what_the_generator_wrote():
    """Roots, enrolment and both networks come out of the generated files; the Wi-Fi stands in two of them."""
    settings = read_windows(SYNCML.encode(), (WLAN.encode(),), (LAN.encode(),))
    assert settings.enrolment is not None
    assert settings.enrolment.url == "https://scep.northwind.example/scep/staff"
    assert settings.enrolment.key_bits == 2048
    assert settings.enrolment.patience == Patience(polls=3, every=timedelta(minutes=5))
    assert [(n.medium, n.ssid) for n in settings.networks] == [
        (Medium.WIFI, b"Northwind"),
        (Medium.ETHERNET, b""),
    ]
    assert settings.networks[0].anchors == ROOTS
    assert set(settings.certificates) == {certificates()[n].parsed for n in ("root", "staff")}


def test_hand_written_profile():
    """A profile like Microsoft's samples: hex wins over the name, no filter offers any certificate."""
    network = read_wlan(HAND_WRITTEN_WLAN, ROOTS)
    assert network.ssid == b"Example"
    assert network.server_names.names == ("radius1.example.org", r".*\.radius\.example\.org")
    assert not network.identity.hashes


def swap(first: str, second: str):
    """Exchange two neighbouring elements, each without children of its own name."""

    def change(text: str) -> str:
        pattern = rf"(<{first}\b.*?</{first}>)(\s*)(<{second}\b.*?</{second}>)"
        changed, count = re.subn(pattern, r"\3\2\1", text, count=1, flags=re.DOTALL)
        assert count == 1
        return changed

    return change


def put(old: str, new: str):
    def change(text: str) -> str:
        assert old in text, old
        return text.replace(old, new, 1)

    return change


WLAN_FAULTS = {
    "https namespace": (put("http://", "https://"), "root element"),
    "order: name after SSID": (swap("name", "SSIDConfig"), "WLANProfile/name"),
    "order: encryption first": (swap("authentication", "encryption"), "authEncryption"),
    "order: names after root": (swap("ServerNames", "TrustedRootCA"), "TrustedRootCA|ServerNames"),
    "order: vendor": (swap("VendorId", "VendorType"), "VendorId"),
    "bad SSID hex": (put("<hex>45", "<hex>4Z"), "SSID"),
    "TKIP": (put(">AES<", ">TKIP<"), "authentication"),
    "no OneX": (put("<useOneX>true", "<useOneX>false"), "useOneX"),
    "PEAP outside alone": (put('EapCommon">13<', 'EapCommon">25<'), "Config/Eap/EapType"),
    "a method with passwords": (put('EapCommon">13<', 'EapCommon">26<'), "EapMethod/Type"),
    "blank in a leaf": (put("<Type>13<", "<Type>13\n<"), "blanks"),
    "prompt allowed": (
        put("PromptForServerValidation>true", "PromptForServerValidation>false"),
        "DisableUserPrompt",
    ),
    "no validation": (put('V2">true</Perf', 'V2">false</Perf'), "PerformServerValidation"),
    "names not compared": (put('V2">true</Acc', 'V2">false</Acc'), "AcceptServerName"),
    "blank in names": (put("radius1.example.org;", "radius1.example.org; "), "ServerNames"),
    "unknown root": (put(certificates()["root"].sha1.hex(), "00" * 20), "root store"),
    "SHA-256 as thumbprint": (put(certificates()["root"].sha1.hex(), "00" * 32), "thumbprint"),
    "bad auth mode": (put("<authMode>user", "<authMode>person"), "authMode"),
    "unknown element": (put("<DifferentUsername>", "<Password>x</Password><DifferentUsername>"), "Password"),
    "doctype": (put('<?xml version="1.0"?>', '<?xml version="1.0"?><!DOCTYPE x>'), "not XML"),
}


@pytest.mark.parametrize("fault", WLAN_FAULTS.values(), ids=WLAN_FAULTS)
def test_each_fault_of_a_profile_is_named(fault):
    """What Windows calls a corrupt profile is named by its element."""
    change, named = fault
    with pytest.raises(DeviceError, match=named):
        read_wlan(change(HAND_WRITTEN_WLAN), ROOTS)


def drop_node(name: str):
    def change(text: str) -> str:
        pattern = rf"<(?:\w+:)?Add>(?:(?!</(?:\w+:)?Add>).)*?/{name}</(?:\w+:)?LocURI>.*?</(?:\w+:)?Add>"
        changed, count = re.subn(pattern, "", text, count=1, flags=re.DOTALL)
        assert count == 1
        return changed

    return change


def value_of(name: str, value: str):
    def change(text: str) -> str:
        pattern = rf"(/{name}</(?:\w+:)?LocURI>.*?<(?:\w+:)?Data>)[^<]*(</)"
        changed, count = re.subn(pattern, lambda m: m[1] + value + m[2], text, count=1, flags=re.DOTALL)
        assert count == 1
        return changed

    return change


SYNCML_FAULTS = {
    **{
        f"no {name}": (drop_node(f"Install/{name}"), name)
        for name in (
            "ServerURL",
            "Challenge",
            "EKUMapping",
            "KeyUsage",
            "SubjectName",
            "KeyLength",
            "CAThumbprint",
        )
    },
    "no node": (drop_node("SCEP/[0-9a-f-]+"), "UniqueID"),
    "no root": (drop_node("Root/[0-9A-F]+/EncodedCertificate"), "root store"),
    "underscore in challenge": (value_of("Challenge", "correct_horse"), "Challenge"),
    "thumbprint of 64 digits": (value_of("CAThumbprint", "ab" * 32), "CAThumbprint"),
    "thumbprint of another": (value_of("CAThumbprint", "ab" * 20), "CAThumbprint"),
    "3072 bits": (value_of("KeyLength", "3072"), "KeyLength"),
    "hash name": (value_of("HashAlgorithm", "SHA-256"), "HashAlgorithm"),
    "no usage": (value_of("KeyUsage", "1"), "KeyUsage"),
    "no clientAuth": (value_of("EKUMapping", "1.3.6.1.5.5.7.3.1"), "EKUMapping"),
    "unknown attribute": (value_of("SubjectName", "UID=ada"), "SubjectName"),
    "quotation mark": (value_of("SubjectName", 'CN="ada'), "SubjectName"),
    "alt name type": (value_of("SubjectAlternativeNames", "1+ada"), "SubjectAlternativeNames"),
    "line breaks": (value_of("EncodedCertificate", "MIIB\nMIIB"), "EncodedCertificate"),
    "name of profile": (put("/WiFi/Profile/Northwind/", "/WiFi/Profile/Other/"), "WLANProfile/name"),
    "no Final": (lambda text: re.sub(r"<(\w+:)?Final ?/>", "", text), "Final"),
}


@pytest.mark.parametrize("fault", SYNCML_FAULTS.values(), ids=SYNCML_FAULTS)
def test_each_fault_of_the_syncml_is_named(fault):
    """A command that a CSP answers with an error is named by its node."""
    change, named = fault
    changed = change(SYNCML)
    assert changed != SYNCML
    with pytest.raises(DeviceError, match=named):
        read_windows(changed.encode())


def test_command_number_twice_is_refused():
    """CmdID is unique in the document."""
    changed = re.sub(r"(<(?:\w+:)?CmdID>)2<", r"\g<1>1<", SYNCML)
    with pytest.raises(DeviceError, match="used twice"):
        read_windows(changed.encode())


def test_network_before_certificate_is_refused():
    """A Wi-Fi profile that lands before the enrolment fails on the device."""
    wifi = re.search(r"<(?:\w+:)?Add>(?:(?!</(?:\w+:)?Add>).)*WlanXml.*?</(?:\w+:)?Add>", SYNCML, re.DOTALL)
    assert wifi is not None
    moved = re.sub(r"(<(?:\w+:)?Exec>)", lambda m: wifi[0] + m[1], SYNCML.replace(wifi[0], "", 1), count=1)
    with pytest.raises(DeviceError, match="before the enrolment"):
        read_windows(moved.encode())


def test_two_profiles_for_one_ssid_must_agree():
    """A WLAN file that says something else than the SyncML would make the device's state depend on luck."""
    other = WLAN.replace("radius.northwind.example", "radius2.northwind.example")
    with pytest.raises(DeviceError, match="another profile"):
        read_windows(SYNCML.encode(), (other.encode(),))


def test_lan_profile_needs_802_1x():
    """OneXEnabled false is no 802.1X."""
    with pytest.raises(DeviceError, match="OneXEnabled"):
        read_lan(LAN.replace("<OneXEnabled>true", "<OneXEnabled>false"), ROOTS)


_VALUES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs")), min_size=1, max_size=20
)


@given(st.lists(st.tuples(st.sampled_from(["CN", "OU", "O", "L", "S", "C", "E", "DC"]), _VALUES), min_size=1))
def test_quoted_subject_comes_back(pairs):
    """Whatever stands in quotation marks is read back, marks doubled."""
    text = ",".join(f'{key}="{value.replace(chr(34), chr(34) * 2)}"' for key, value in pairs)
    read = parse_subject(text, "SubjectName")
    assert [a.value for rdn in read for a in rdn] == [value for _, value in pairs]


@given(st.text(max_size=60))
def test_any_names_are_read_or_refused(text):
    """Names are read or refused, whatever they hold."""
    for parse in (parse_subject, parse_alt_names):
        try:
            parse(text, "field")
        except DeviceError as error:
            assert error.field == "field"  # noqa: PT017  readable text is fine too


@given(st.integers(min_value=0, max_value=len(SYNCML) - 1), st.characters(codec="ascii"))
def test_any_damaged_character_is_read_or_refused(at, character):
    """A damaged document is run or refused, never a crash."""
    try:
        read_windows((SYNCML[:at] + character + SYNCML[at + 1 :]).encode())
    except DeviceError as error:
        assert error.field  # noqa: PT017  a harmless character is fine too
