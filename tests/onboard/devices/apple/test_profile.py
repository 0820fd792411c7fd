"""An Apple device reads a profile: what it takes, what it refuses, what it silently ignores."""

from __future__ import annotations

import plistlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from support.filled import files
from support.northwind import certificates

from onboard.devices.apple.profile import read_profile
from onboard.devices.errors import DeviceError
from onboard.devices.passpoint import Provider
from onboard.devices.server_names import NameRule
from onboard.devices.settings import Medium, Patience

PROFILE = files("apple")["mobileconfig"][0]


def hand_written() -> dict[str, Any]:
    """A profile as Apple's documentation has it, written without our builder."""
    root = certificates()["root"].der
    common = {"PayloadVersion": 1, "PayloadIdentifier": "x", "PayloadType": "x"}
    return {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": "org.example",
        "PayloadUUID": "TOP",
        "PayloadContent": [
            {
                **common,
                "PayloadType": "com.apple.security.root",
                "PayloadIdentifier": "org.example.root",
                "PayloadUUID": "ROOT",
                "PayloadContent": root,
            },
            {
                **common,
                "PayloadType": "com.apple.security.scep",
                "PayloadIdentifier": "org.example.scep",
                "PayloadUUID": "SCEP",
                "PayloadContent": {
                    "URL": "http://scep.example.org/scep",
                    "Subject": [[["O", "Example"]], [["CN", "ada"]]],
                    "SubjectAltName": {"dNSName": ["a.example.org", "b.example.org"]},
                },
            },
            {
                **common,
                "PayloadType": "com.apple.wifi.managed",
                "PayloadIdentifier": "org.example.wifi",
                "PayloadUUID": "WIFI",
                "SSID_STR": "Café",
                "EncryptionType": "WPA2",
                "PayloadCertificateUUID": "scep",
                "EAPClientConfiguration": {
                    "AcceptEAPTypes": [13],
                    "PayloadCertificateAnchorUUID": ["root"],
                    "TLSTrustedServerNames": ["*.example.org"],
                },
            },
        ],
    }


def read(tree: dict[str, Any]):
    return read_profile(plistlib.dumps(tree))


def test_reads_what_the_generator_wrote():
    """The generated profile yields URL, names, key size, pin and both networks."""
    settings = read_profile(PROFILE)
    assert settings.enrolment is not None
    assert settings.enrolment.url == "https://scep.northwind.example/scep/staff"
    assert settings.enrolment.pin is not None
    assert settings.enrolment.pin.matches(certificates()["root"].parsed)
    assert settings.enrolment.request.challenge is not None
    assert [(n.medium, n.ssid) for n in settings.networks] == [
        (Medium.WIFI, b"Northwind"),
        (Medium.ETHERNET, b""),
    ]
    assert settings.networks[0].server_names.names == ("radius.northwind.example",)
    assert settings.networks[0].anchors == (certificates()["root"].parsed,)


def test_defaults_are_the_devices_own():
    """Without Keysize the key has 1024 bits, without TLS versions 1.0 to 1.2, links ignore case."""
    settings = read(hand_written())
    assert settings.enrolment is not None
    assert settings.enrolment.key_bits == 1024
    assert settings.enrolment.pin is None
    assert settings.enrolment.patience == Patience(polls=3, every=timedelta(seconds=10))
    assert [n.value for n in settings.enrolment.request.alt_names] == ["a.example.org", "b.example.org"]
    (network,) = settings.networks
    assert (network.tls_minimum, network.tls_maximum) == ("1.0", "1.2")
    assert network.ssid == "Café".encode()
    assert network.server_names.rule is NameRule.APPLE


def test_misspelt_key_is_ignored():
    """`KeySize` and `KeyType` are not the device's keys: it makes 1024 bits all the same."""
    tree = hand_written()
    tree["PayloadContent"][1]["PayloadContent"] |= {"KeySize": 4096, "KeyType": "EC"}
    assert read(tree).enrolment.key_bits == 1024


def test_tls_version_as_a_number_is_not_read():
    """A real number falls back to the default, and min above max is lowered."""
    tree = hand_written()
    tree["PayloadContent"][2]["EAPClientConfiguration"] |= {
        "TLSMinimumVersion": "1.3",
        "TLSMaximumVersion": 1.3,
    }
    (network,) = read(tree).networks
    assert (network.tls_minimum, network.tls_maximum) == ("1.2", "1.2")


def test_tls_1_3_alone_says_the_outer_identity():
    """With older versions OuterIdentity is not read; with 1.3 alone the device needs it and says it."""
    tree = hand_written()
    eap = tree["PayloadContent"][2]["EAPClientConfiguration"]
    eap |= {"TLSMaximumVersion": "1.3", "OuterIdentity": "anonymous@example.org"}
    assert read(tree).networks[0].eap_identity.text == ""
    eap["TLSMinimumVersion"] = "1.3"
    assert read(tree).networks[0].eap_identity.text == "anonymous@example.org"
    del eap["OuterIdentity"]
    with pytest.raises(DeviceError, match="OuterIdentity"):
        read(tree)


def _at(*path: Any) -> Callable[[Any], Any]:
    def walk(tree: Any) -> Any:
        for step in path:
            tree = tree[step]
        return tree

    return walk


def _set(value: Any, *path: Any) -> Callable[[Any], None]:
    return lambda tree: _at(*path[:-1])(tree).__setitem__(path[-1], value)


def _drop(*path: Any) -> Callable[[Any], None]:
    return lambda tree: _at(*path[:-1])(tree).pop(path[-1])


CONTENT, EAP = "PayloadContent", "EAPClientConfiguration"
FAULTS = {
    "not a configuration": (_set("Other", "PayloadType"), "PayloadType"),
    "version is a real": (_set(1.0, "PayloadVersion"), "PayloadVersion"),
    "version 2": (_set(2, CONTENT, 1, "PayloadVersion"), "PayloadVersion"),
    "no UUID": (_drop(CONTENT, 1, "PayloadUUID"), "PayloadUUID"),
    "UUID twice": (_set("root", CONTENT, 1, "PayloadUUID"), "PayloadUUID"),
    "identifier twice": (_set("org.example.root", CONTENT, 1, "PayloadIdentifier"), "PayloadIdentifier"),
    "no URL": (_drop(CONTENT, 1, CONTENT, "URL"), "URL"),
    "URL without scheme": (_set("scep.example.org", CONTENT, 1, CONTENT, "URL"), "URL"),
    "3072 bits": (_set(3072, CONTENT, 1, CONTENT, "Keysize"), "Keysize"),
    "bits as text": (_set("2048", CONTENT, 1, CONTENT, "Keysize"), "Keysize"),
    "EC key": (_set("ECSECPrimeRandom", CONTENT, 1, CONTENT, "Key Type"), "Key Type"),
    "flat subject": (_set([["CN", "ada"]], CONTENT, 1, CONTENT, "Subject"), "Subject"),
    "garbage short name": (_set([[["DC", "x"]]], CONTENT, 1, CONTENT, "Subject"), "dotted OID"),
    "two principal names": (
        _set(["a", "b"], CONTENT, 1, CONTENT, "SubjectAltName", "ntPrincipalName"),
        "ntPrincipalName",
    ),
    "name not ASCII": (_set("é.example.org", CONTENT, 1, CONTENT, "SubjectAltName", "dNSName"), "ASCII"),
    "fingerprint as text": (_set("ab" * 32, CONTENT, 1, CONTENT, "CAFingerprint"), "CAFingerprint"),
    "fingerprint of 30 bytes": (_set(b"x" * 30, CONTENT, 1, CONTENT, "CAFingerprint"), "CAFingerprint"),
    "certificate as text": (_set("MIIB", CONTENT, 0, CONTENT), CONTENT),
    "no certificate": (_set(b"MIIB", CONTENT, 0, CONTENT), "not a certificate"),
    "issuing CA as root": (_set(certificates()["staff"].der, CONTENT, 0, CONTENT), "no root"),
    "no SSID": (_drop(CONTENT, 2, "SSID_STR"), "SSID_STR"),
    "hotspot without a domain": (_set(True, CONTENT, 2, "IsHotspot"), "DomainName"),
    "domain without a hotspot": (_set("example.org", CONTENT, 2, "DomainName"), "IsHotspot"),
    "SSID of 33 bytes": (_set("é" * 17, CONTENT, 2, "SSID_STR"), "32 bytes"),
    "invented encryption": (_set("WPA2 Enterprise", CONTENT, 2, "EncryptionType"), "EncryptionType"),
    "lower-case any": (_set("any", CONTENT, 2, "EncryptionType"), "EncryptionType"),
    "no EAP": (_drop(CONTENT, 2, EAP), EAP),
    "PEAP": (_set([25], CONTENT, 2, EAP, "AcceptEAPTypes"), "AcceptEAPTypes"),
    "dangling identity": (_set("NONE", CONTENT, 2, "PayloadCertificateUUID"), "PayloadCertificateUUID"),
    "dangling anchor": (_set(["NONE"], CONTENT, 2, EAP, "PayloadCertificateAnchorUUID"), "Anchor"),
    "no anchor": (_drop(CONTENT, 2, EAP, "PayloadCertificateAnchorUUID"), "asked to trust"),
}


def passpoint(**changed: Any) -> dict[str, Any]:
    """The profile with a Passpoint payload, which has no SSID_STR."""
    tree = hand_written()
    wifi = tree["PayloadContent"][2]
    del wifi["SSID_STR"]
    wifi |= {
        "IsHotspot": True,
        "DomainName": "Example.org",
        "RoamingConsortiumOIs": ["5a03ba0000", "004096"],
        "NAIRealmNames": ["Example.org"],
        "ServiceProviderRoamingEnabled": True,
        **changed,
    }
    return tree


def test_passpoint_is_found_by_its_provider():
    """Without SSID_STR the device goes by DomainName, RoamingConsortiumOIs and NAIRealmNames."""
    (network,) = read(passpoint()).networks
    assert (network.ssid, network.name) == (b"", "example.org")
    assert network.provider == Provider(
        domain="example.org", consortiums=("5A03BA0000", "004096"), realms=("example.org",), roams=True
    )


def test_passpoint_beside_an_ssid_is_both():
    """SSID_STR and DomainName in one payload: either leads to the network."""
    (network,) = read(passpoint(SSID_STR="Café")).networks
    assert network.ssid == "Café".encode()
    assert network.provider is not None


def test_passpoint_stays_at_home_by_default():
    """ServiceProviderRoamingEnabled is false where it does not stand."""
    tree = passpoint()
    del tree["PayloadContent"][2]["ServiceProviderRoamingEnabled"]
    (network,) = read(tree).networks
    assert network.provider is not None
    assert not network.provider.roams


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("IsHotspot", 1),
        ("IsHotspot", False),
        ("DomainName", "example"),
        ("DomainName", "https://example.org"),
        ("DomainName", ["example.org"]),
        ("DisplayedOperatorName", 1),
        ("RoamingConsortiumOIs", "5a03ba0000"),
        ("RoamingConsortiumOIs", ["5a03ba000"]),
        ("RoamingConsortiumOIs", ["5a-03-ba"]),
        ("NAIRealmNames", "example.org"),
        ("ServiceProviderRoamingEnabled", "yes"),
        ("EncryptionType", "None"),
        ("PayloadCertificateUUID", "NONE"),
    ],
)
def test_each_fault_of_a_passpoint_payload_is_named(key, value):
    """A value of another type or form makes the payload useless, and the complaint names the key."""
    with pytest.raises(DeviceError, match=key):
        read(passpoint(**{key: value}))


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_each_fault_is_named(fault):
    """A broken field makes the device refuse, and the complaint names the field."""
    break_it, named = fault
    tree = hand_written()
    break_it(tree)
    with pytest.raises(DeviceError, match=named):
        read(tree)


def test_identity_inside_the_eap_dictionary_is_not_found():
    """PayloadCertificateUUID belongs beside EAPClientConfiguration; inside it the device does not look."""
    tree = hand_written()
    wifi = tree["PayloadContent"][2]
    wifi["EAPClientConfiguration"]["PayloadCertificateUUID"] = wifi.pop("PayloadCertificateUUID")
    with pytest.raises(DeviceError, match="no certificate to offer"):
        read(tree)


def test_the_anchor_is_a_certificate():
    """Anchors are parsed certificates, ready to be verified against."""
    assert all(isinstance(a, x509.Certificate) for n in read_profile(PROFILE).networks for a in n.anchors)
