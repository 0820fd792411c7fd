"""Files for wpa_supplicant, netplan and iwd say what NetworkManager's profiles say, or are found out."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.filled import VALUES, files
from support.northwind import neutral, staff_plan

from onboard.devices.errors import DeviceError
from onboard.devices.fill_in import fill_in
from onboard.devices.readers import read_device
from onboard.model import Ssid
from onboard.payloads import linux

KINDS = ("wpa-supplicant", "netplan", "iwd")


def read(kind: str, content: bytes):
    """A computer with this one file beside the script and the profiles."""
    given = {k: v for k, v in files("linux").items() if k not in KINDS}
    return read_device("linux", {**given, kind: (content,)})


def built(plan) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for artifact in linux.build(plan, neutral):
        found.setdefault(artifact.kind, []).append(fill_in(artifact.content, artifact.kind, VALUES))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_generator_wrote_agrees(kind):
    """Each file of each kind leads where the profiles lead."""
    for content in files("linux")[kind]:
        assert read(kind, content).networks


@pytest.mark.parametrize("ssid", ["Café", "a;b\\c", '"quoted"', " lead", "10;20;", "=x"])
@pytest.mark.parametrize("names", [("*.a.example", "b.example"), ("b.example",), ("*.a.example",)])
def test_odd_networks_agree(ssid, names):
    """No SSID and no form of server name makes one file differ from the other."""
    plan = staff_plan()
    network = replace(plan.networks[0], ssid=Ssid(ssid), server_names=names)
    found = read_device("linux", built(replace(plan, networks=(network,))))
    assert [n.ssid for n in found.networks] == [ssid.encode()]


FAULTS = [
    ("wpa-supplicant", r"domain_match", "domain_equals", "domain_match"),
    ("wpa-supplicant", r'domain_match="radius', 'domain_match="radiux', "something else of Northwind"),
    ("wpa-supplicant", r"domain_match=", "domain_suffix_match=", "something else"),
    ("wpa-supplicant", r'ca_cert="[^"]+"', 'ca_cert="/etc/ssl/ca.pem"', "ca_cert"),
    ("wpa-supplicant", r"ca_cert=.*", "", "ca_cert"),
    ("wpa-supplicant", r'private_key="[^"]+"', 'private_key="/tmp/key.pem"', "private_key"),
    ("wpa-supplicant", r'client_cert="[^"]+"', 'client_cert="/tmp/c.pem"', "client_cert"),
    ("wpa-supplicant", r"eap=TLS", "eap=PEAP", "eap"),
    ("wpa-supplicant", r"key_mgmt=.*", "key_mgmt=WPA-PSK", "key_mgmt"),
    ("wpa-supplicant", r'ssid="Northwind"', 'ssid="Other"', "something else of Other"),
    ("wpa-supplicant", r'ssid="Northwind"', "ssid=Northwind", "ssid"),
    ("wpa-supplicant", r'identity="[^"]+"', 'identity="bob"', "something else"),
    ("wpa-supplicant", r"network=\{", "network {", "no network"),
    ("wpa-supplicant", r"eap=TLS", "eap=TLS\n    eap=TLS", "one too many"),
    ("netplan", r"renderer: NetworkManager", "renderer: networkd", "renderer"),
    ("netplan", r"domain-match: radius", "domain-match: radiux", "something else"),
    ("netplan", r"802-1x.domain-match: \S+", "802-1x.x: y", "domain-match"),
    ("netplan", r"ca-certificate: \S+", "ca-certificate: /ca.pem", "ca-cert"),
    ("netplan", r"client-key: \S+", "client-key: /key.pem", "private-key"),
    ("netplan", r"method: tls", "method: peap", "eap"),
    ("netplan", r"key-management: eap", "key-management: psk", "key-management"),
    ("netplan", r"Northwind:", "Other:", "something else of Other"),
    ("netplan", r"network:", "networks:", "network"),
    ("iwd", r"Method=TLS", "Method=PEAP", "EAP-Method"),
    ("iwd", r"EAP-TLS-ServerDomainMask=.*", "", "ServerDomainMask"),
    ("iwd", r"ServerDomainMask=radius", "ServerDomainMask=radiux", "something else"),
    ("iwd", r"CACert=.*", "CACert=/ca.pem", "CACert"),
    ("iwd", r"EAP-TLS-CACert=.*", "", "CACert"),
    ("iwd", r"ClientKey=.*", "ClientKey=/key.pem", "ClientKey"),
    ("iwd", r"EAP-Identity=.*", "EAP-Identity=bob", "something else"),
]


@pytest.mark.parametrize(("kind", "old", "new", "named"), FAULTS)
def test_each_fault_is_named(kind, old, new, named):
    """A file that trusts, is or joins something else is refused, with the field or the network."""
    content = files("linux")[kind][0].decode()
    broken = re.sub(old, new, content, count=1)
    assert broken != content
    with pytest.raises(DeviceError, match=named):
        read(kind, broken.encode())


def test_alternative_names_of_wpa_supplicant_are_names_as_well():
    """altsubject_match with DNS entries is the same demand as domain_match."""
    content = files("linux")["wpa-supplicant"][0]
    other = re.sub(rb'domain_match="([^"]+)"', rb'altsubject_match="DNS:\1"', content)
    assert read("wpa-supplicant", other).networks


@pytest.mark.parametrize("kind", KINDS)
@given(at=st.integers(0, 2000), octet=st.integers(0, 255))
def test_any_damage_is_read_or_refused(kind, at, octet):
    """No octet brings anything but settings or a DeviceError."""
    content = bytearray(files("linux")[kind][0])
    content[at % len(content)] = octet
    try:
        read(kind, bytes(content))
    except DeviceError:
        return
