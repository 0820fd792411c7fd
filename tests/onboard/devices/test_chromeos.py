"""A Chromebook reads ONC, the connector reads the sheet."""

from __future__ import annotations

import copy
import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from support.filled import files
from support.northwind import certificates

from onboard.devices.chromeos import read_chromebook, read_sheet
from onboard.devices.errors import DeviceError
from onboard.devices.identity import CertificatePattern, EnrolledIdentity
from onboard.devices.server_names import NameRule
from onboard.devices.settings import Medium

ONC = files("chromeos")["onc"][0]
SHEET = files("chromeos")["chrome-scep-profile"][0]


def hand_written() -> dict:
    """ONC as Chromium's specification has it, written without our builder."""
    return {
        "Type": "UnencryptedConfiguration",
        "Certificates": [{"GUID": "ca", "Type": "Authority", "X509": certificates()["root"].pem}],
        "NetworkConfigurations": [
            {
                "GUID": "net",
                "Name": "Example",
                "Type": "WiFi",
                "WiFi": {
                    "HexSSID": "4578",
                    "SSID": "ignored",
                    "Security": "WPA-EAP",
                    "EAP": {
                        "Outer": "EAP-TLS",
                        "Identity": "${CERT_SAN_EMAIL}",
                        "ServerCARef": "ca",
                        "UseSystemCAs": False,
                        "DomainSuffixMatch": ["example.org"],
                        "ClientCertType": "Pattern",
                        "ClientCertPattern": {"Issuer": {"CommonName": "Example CA"}},
                    },
                },
            }
        ],
    }


def read(tree):
    return read_chromebook(json.dumps(tree).encode())


def test_reads_what_the_generator_wrote():
    """ONC gives networks, anchors and the certificate pattern; the sheet gives the enrolment."""
    settings = read_chromebook(ONC, SHEET)
    assert settings.enrolment is not None
    assert settings.enrolment.url == "https://scep.northwind.example/scep/staff"
    assert settings.enrolment.request.subject[0][0].value == "ada@northwind.example"
    assert {n.kind for n in settings.enrolment.request.alt_names} == {"rfc822", "upn"}
    assert [(n.medium, n.ssid) for n in settings.networks] == [
        (Medium.WIFI, b"Northwind"),
        (Medium.ETHERNET, b""),
    ]
    pattern = settings.networks[0].identity
    assert isinstance(pattern, CertificatePattern)
    assert pattern.issuers == (certificates()["staff"].parsed,)


def test_hand_written_file():
    """HexSSID wins, PEM is read, a suffix is a suffix."""
    (network,) = read(hand_written()).networks
    assert network.ssid == b"Ex"
    assert network.server_names.rule is NameRule.SUFFIX
    assert network.identity == CertificatePattern(issuer=(("2.5.4.3", "Example CA"),))


def test_provisioning_profile_leads_to_the_enrolled_certificate():
    """A provisioning profile's id needs no pattern."""
    tree = hand_written()
    eap = tree["NetworkConfigurations"][0]["WiFi"]["EAP"]
    eap |= {"ClientCertType": "ProvisioningProfileId", "ClientCertProvisioningProfileId": "staff"}
    assert read(tree).networks[0].identity == EnrolledIdentity()


NET, EAP = ("NetworkConfigurations", 0), ("NetworkConfigurations", 0, "WiFi", "EAP")
FAULTS = {
    "encrypted": (("Type",), "EncryptedConfiguration", "Type"),
    "empty GUID": ((*NET, "GUID"), "", "GUID"),
    "no name": ((*NET, "Name"), None, "Name"),
    "VPN": ((*NET, "Type"), "VPN", "Type"),
    "no WiFi object": ((*NET, "WiFi"), None, "WiFi"),
    "PSK": ((*NET, "WiFi", "Security"), "WPA-PSK", "Security"),
    "bad hex": ((*NET, "WiFi", "HexSSID"), "4z", "HexSSID"),
    "PEAP": ((*EAP, "Outer"), "PEAP", "Outer"),
    "system CAs by default": ((*EAP, "UseSystemCAs"), None, "UseSystemCAs"),
    "no CA": ((*EAP, "ServerCARef"), None, "ServerCARefs"),
    "dangling CA": ((*EAP, "ServerCARef"), "nobody", "names no certificate"),
    "both CA forms": ((*EAP, "ServerCARefs"), ["ca"], "excludes"),
    "no server name": ((*EAP, "DomainSuffixMatch"), None, "DomainSuffixMatch"),
    "names as text": ((*EAP, "DomainSuffixMatch"), "example.org", "DomainSuffixMatch"),
    "no client certificate": ((*EAP, "ClientCertType"), "None", "ClientCertType"),
    "empty pattern": ((*EAP, "ClientCertPattern"), {}, "ClientCertPattern"),
    "dangling pattern": ((*EAP, "ClientCertPattern", "IssuerCARef"), ["nobody"], "IssuerCARef"),
    "server certificate": (("Certificates", 0, "Type"), "Server", "Type"),
    "base64 with line breaks": (("Certificates", 0, "X509"), "MIIB\nMIIB", "white space"),
    "no certificate": (("Certificates", 0, "X509"), "MIIB", "not a certificate"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_each_fault_is_named(fault):
    """What Chromium drops with a log line is named by its field."""
    (*way, last), value, named = fault
    tree = hand_written()
    place = tree
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    with pytest.raises(DeviceError, match=named):
        read(tree)


@pytest.mark.parametrize("key", ["NetworkConfigurations", "Certificates"])
def test_guid_twice_is_refused(key):
    """GUIDs are identities."""
    tree = hand_written()
    tree[key].append(copy.deepcopy(tree[key][0]))
    with pytest.raises(DeviceError, match="used twice"):
        read(tree)


def test_contradicting_names_are_refused():
    """A device demands both lists; where they exclude each other no server would do."""
    tree = hand_written()
    tree["NetworkConfigurations"][0]["WiFi"]["EAP"]["SubjectAlternativeNameMatch"] = [
        {"Type": "DNS", "Value": "radius.example.net"}
    ]
    with pytest.raises(DeviceError, match="fits none"):
        read(tree)


SHEET_FAULTS = {
    "SCEP server URL": "scep.example.org",
    "Key size (bits)": "1024",
    "Challenge type": "Dynamic",
    "Challenge": None,
    "Key usage": ["Everything"],
    "Extended key usage": ["Server authentication"],
    "Subject alternative name": [{"type": "IP", "value": "1"}],
}


@pytest.mark.parametrize("label", SHEET_FAULTS)
def test_each_fault_of_the_sheet_is_named(label):
    """A field that the form or the connector would not take is named."""
    tree = yaml.BaseLoader(SHEET).get_single_data()
    if SHEET_FAULTS[label] is None:
        del tree["form"][label]
    else:
        tree["form"][label] = SHEET_FAULTS[label]
    with pytest.raises(DeviceError, match=label.replace("(", r"\(").replace(")", r"\)") + "|form"):
        read_sheet(yaml.safe_dump(tree).encode())


@given(st.integers(min_value=0, max_value=len(ONC) - 1), st.integers(min_value=0, max_value=255))
def test_any_damaged_byte_is_read_or_refused(at, octet):
    """A damaged file is read or refused, never a crash."""
    damaged = bytearray(ONC)
    damaged[at] = octet
    try:
        read_chromebook(bytes(damaged))
    except DeviceError as error:
        assert error.field  # noqa: PT017  a harmless byte is fine too
