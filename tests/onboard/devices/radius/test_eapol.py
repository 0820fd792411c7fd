"""What is written for eapol_test, and what is read from it; the real one is in tests/interop."""

from __future__ import annotations

import stat
from dataclasses import replace

import pytest
from cryptography import x509
from support.scep_certificates import KEYS, certificate
from support.scep_responder import Responder

from onboard.devices.errors import EapolError
from onboard.devices.identity import EapIdentity, EnrolledIdentity, IdentitySource
from onboard.devices.radius import eapol, eapol_network
from onboard.devices.scep.client import Identity
from onboard.devices.server_names import NameRule, ServerNames
from onboard.devices.settings import Medium, NetworkSettings, Tunnel, TunnelMethod
from onboard.secret import Secret

PKI = Responder()
LEAF = certificate("ada", KEYS[1].public_key(), "Issuing", PKI.ca_key, client=True)
IDENTITY = Identity(certificate=LEAF, key=KEYS[1])
NETWORK = NetworkSettings(
    name="Northwind",
    medium=Medium.WIFI,
    ssid='Café "x"'.encode(),
    anchors=(PKI.root,),
    server_names=ServerNames(NameRule.EQUAL, ("radius.northwind.example",)),
    identity=EnrolledIdentity(),
    eap_identity=EapIdentity(IdentitySource.TEMPLATE, 'a"b\n}'),
    tls_minimum="1.2",
    tls_maximum="1.2",
)
SERVER = eapol.RadiusServer(address="127.0.0.1", port=1812, secret=Secret("radius-secret"))
LOG = """\
   Attribute 64 (Tunnel-Type) length=6
      Value: 0000000d
   Attribute 65 (Tunnel-Medium-Type) length=6
      Value: 00000006
   Attribute 81 (Tunnel-Private-Group-Id) length=4
      Value: {}
"""


def written(network: NetworkSettings, folder) -> dict[str, str]:
    path = eapol_network.write_network(network, IDENTITY, (PKI.root, PKI.ca, PKI.ra), folder)
    lines = path.read_text().splitlines()
    assert (lines[0], lines[-1]) == ("network={", "}")
    return dict(line.strip().split("=", 1) for line in lines[1:-1])


def test_names_are_hexadecimal(tmp_path):
    """SSID and identity are written as octets: no quotation mark in them can end a value."""
    values = written(NETWORK, tmp_path)
    assert bytes.fromhex(values["ssid"]) == NETWORK.ssid
    assert bytes.fromhex(values["identity"]) == b'a"b\n}'


def test_key_is_private(tmp_path):
    """The device's key is readable by its owner only, in a folder that is too."""
    written(NETWORK, tmp_path / "device")
    assert stat.S_IMODE((tmp_path / "device").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "device/key.pem").stat().st_mode) == 0o600


def test_chain_goes_without_root_and_strangers(tmp_path):
    """Between its own certificate and the root a device sends what it holds, and nothing else."""
    written(NETWORK, tmp_path)
    sent = x509.load_pem_x509_certificates((tmp_path / "certificate.pem").read_bytes())
    assert sent == [LEAF, PKI.ca]
    assert x509.load_pem_x509_certificates((tmp_path / "anchors.pem").read_bytes()) == [PKI.root]


@pytest.mark.parametrize(
    ("rule", "names", "expected"),
    [
        (NameRule.EQUAL, ("a.example", "b.example"), {"domain_match": '"a.example;b.example"'}),
        (NameRule.APPLE, ("a.example",), {"domain_match": '"a.example"'}),
        (NameRule.SUFFIX, ("example.org",), {"domain_suffix_match": '"example.org"'}),
        (NameRule.APPLE, ("*.example.org",), {}),
        (NameRule.WINDOWS, (r".*\.example", "a.example"), {}),
    ],
)
def test_names_that_wpa_supplicant_can_say(rule, names, expected):
    """Exact names and suffixes are compared in the handshake; the others afterwards."""
    assert eapol_network._names(ServerNames(rule, names), "") == expected


def test_tls_versions_are_those_of_the_profile(tmp_path):
    """Everything outside of the profile's range is switched off."""
    phase1 = written(replace(NETWORK, tls_maximum="1.3"), tmp_path)["phase1"]
    assert "tls_disable_tlsv1_1=1" in phase1
    assert "tls_disable_tlsv1_2=0" in phase1
    assert "tls_disable_tlsv1_3=0" in phase1


def test_the_wire_has_no_ssid(tmp_path):
    """On Ethernet there is no SSID, and the switch says so by NAS-Port-Type."""
    wire = replace(NETWORK, medium=Medium.ETHERNET, ssid=b"")
    values = written(wire, tmp_path)
    assert values["key_mgmt"] == "IEEE8021X"
    assert "ssid" not in values
    assert "-N61:d:15" in eapol._where(wire)
    (called,) = (option for option in eapol._where(NETWORK) if option.startswith("-N30:x:"))
    assert bytes.fromhex(called.rpartition(":")[2]).endswith(b":" + NETWORK.ssid)


PEAP = Tunnel(
    method=TunnelMethod.PEAP,
    inner_anchors=(PKI.ca,),
    inner_names=ServerNames(NameRule.WINDOWS, ("inner.example",)),
    anonymous="anonymous",
    crypto_binding=True,
)


def test_peap_shows_the_certificate_inside_alone(tmp_path):
    """Outside there are trust and a name without a person; certificate and key are the inside's."""
    network = replace(NETWORK, tunnel=PEAP, eap_identity=EapIdentity(IdentitySource.WINDOWS, "ada@x.example"))
    values = written(network, tmp_path)
    assert values["eap"] == "PEAP"
    assert not {"client_cert", "private_key"} & set(values)
    assert {"client_cert2", "private_key2"} <= set(values)
    assert bytes.fromhex(values["anonymous_identity"]) == b"anonymous@x.example"
    assert bytes.fromhex(values["identity"]) == b"ada@x.example"
    assert "crypto_binding=2" in values["phase1"]
    assert "auth=TLS" in values["phase2"]
    assert (values["domain_match"], values["domain_match2"]) == (
        '"radius.northwind.example"',
        '"inner.example"',
    )
    inner = x509.load_pem_x509_certificates((tmp_path / "inner_anchors.pem").read_bytes())
    assert inner == [PKI.ca]


def test_an_anonymous_name_keeps_a_realm_only_where_there_is_one(tmp_path):
    """Windows puts the realm of the identity behind the name, and nothing where it has none."""
    network = replace(NETWORK, tunnel=PEAP, eap_identity=EapIdentity(IdentitySource.WINDOWS, "device-1"))
    assert bytes.fromhex(written(network, tmp_path)["anonymous_identity"]) == b"anonymous"


def test_what_the_server_showed_is_told_apart():
    """In a tunnel it shows its chain twice, each time from the root down."""
    once = [PKI.root, PKI.ca, LEAF]
    assert eapol._chains(once) == ((LEAF, PKI.ca, PKI.root),)
    assert eapol._chains([*once, *once]) == ((LEAF, PKI.ca, PKI.root),) * 2
    assert eapol._chains([PKI.root, PKI.root]) == ((PKI.root,), (PKI.root,))


@pytest.mark.parametrize("rule", [NameRule.WINDOWS, NameRule.APPLE])
def test_names_of_both_ends_are_compared(rule):
    """A wildcard that only the outside fits, or a tunnel without an inside, is not accepted."""
    shown = ((certificate("a.example", KEYS[1].public_key(), "Issuing", PKI.ca_key), PKI.root),)
    fits, other = (ServerNames(rule, names) for names in (("a.example",), ("b.example",)))
    network = replace(NETWORK, server_names=fits, tunnel=replace(PEAP, inner_names=fits))
    assert eapol._accepted(network, LOG.format("3230"), shown * 2).accepted
    assert not eapol._accepted(network, LOG.format("3230"), shown).accepted
    astray = replace(network, tunnel=replace(PEAP, inner_names=other))
    assert not eapol._accepted(astray, LOG.format("3230"), shown * 2).accepted


@pytest.mark.parametrize(
    ("value", "vlan"), [("3230", 20), ("013230", 20), ("34303934", 4094), ("737461", None)]
)
def test_vlan_is_read_with_and_without_a_tag(value, vlan):
    """RFC 2868: a tag octet may stand before the text."""
    assert eapol._vlan(LOG.format(value)) == vlan


def test_a_tunnel_that_is_no_vlan_is_none():
    """Another Tunnel-Type, or none at all, is no VLAN."""
    assert eapol._vlan(LOG.format("3230").replace("0000000d", "00000003")) is None
    assert eapol._vlan("") is None


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (
            "CTRL-EVENT-EAP-TLS-CERT-ERROR reason=5 depth=0 subject='/CN=x' err='Domain mismatch'",
            "Domain mismatch",
        ),
        (
            "SSL: SSL3 alert: read (remote end reported an error):fatal:certificate revoked",
            "certificate revoked",
        ),
        ("EAPOL test timed out", "did not answer"),
        ("EAP-PEAP: No cryptobinding TLV\nEAPOL test timed out", "crypto-binding"),
        ("FAILURE", "rejected"),
    ],
)
def test_reasons_are_told(log, said):
    """What kept the device out, in words."""
    assert said in eapol._reason(log)


def test_absent_program_is_an_error_with_a_cure(tmp_path, monkeypatch):
    """Without eapol_test nothing is guessed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EapolError) as caught:
        eapol.authenticate(NETWORK, IDENTITY, (), SERVER, tmp_path / "device")
    assert "eapoltest" in caught.value.hint
    assert "radius-secret" not in str(caught.value)
    assert "radius-secret" not in repr(SERVER)
