"""Each ONC rule fires on a file with that one fault and stays silent on the good one."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from support.northwind import certificates, staff_plan

from onboard.errors import Severity
from onboard.lint.onc import Mode, validate
from onboard.lint.onc.rules import CONSEQUENCES, NOT_AT_REST, RULES
from onboard.payloads.chromeos.onc import document

Change = Callable[[dict], object]
DEVICE, USER, IMPORT = Mode.DEVICE_POLICY, Mode.USER_POLICY, Mode.IMPORT


def good() -> dict:
    """The staff ONC with a proxy, a static address, an open onboarding network and a scope: every shape."""
    found = copy.deepcopy(document(staff_plan()))
    networks, listed = found["NetworkConfigurations"], found["Certificates"]
    networks[0] |= {
        "IPAddressConfigType": "Static",
        "NameServersConfigType": "DHCP",
        "StaticIPConfig": {
            "Type": "IPv4",
            "IPAddress": "192.0.2.2",
            "RoutingPrefix": 24,
            "Gateway": "192.0.2.1",
        },
        "ProxySettings": {"Type": "Manual", "Manual": {"HTTPProxy": {"Host": "proxy.example", "Port": 3128}}},
    }
    networks[0]["WiFi"]["EAP"]["Identity"] = "${CERT_SUBJECT_COMMON_NAME}"
    networks[1]["Ethernet"]["EAP"]["Identity"] = "${CERT_SUBJECT_COMMON_NAME}"
    networks.append(
        {
            "GUID": "start",
            "Name": "Start",
            "Type": "WiFi",
            "WiFi": {"SSID": "Start", "Security": "None", "AutoConnect": False},
        }
    )
    listed[0]["Scope"] = {"Type": "Default"}
    return found


def with_global(found: dict, **values: object) -> None:
    found["GlobalNetworkConfiguration"] = values


def wifi(found: dict) -> dict:
    return found["NetworkConfigurations"][0]["WiFi"]


def eap(found: dict) -> dict:
    return wifi(found)["EAP"]


def network(found: dict) -> dict:
    return found["NetworkConfigurations"][0]


def ethernet(found: dict) -> dict:
    return found["NetworkConfigurations"][1]["Ethernet"]


def authority(found: dict) -> dict:
    return found["Certificates"][0]


def again(found: dict, name: str, **values: object) -> None:
    found[name].append(copy.deepcopy(found[name][0]) | values)


def made(*, ca: bool = True, key=None, digest: hashes.HashAlgorithm | None = None) -> str:
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Odd")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    return base64.b64encode(builder.sign(key, digest or hashes.SHA256()).public_bytes(Encoding.DER)).decode()


def encrypted(**values: object) -> Change:
    whole = {
        "Type": "EncryptedConfiguration",
        "Cipher": "AES256",
        "Ciphertext": "AAAA",
        "HMAC": "AAAA",
        "HMACMethod": "SHA1",
        "IV": "AAAA",
        "Iterations": 500000,
        "Salt": "AAAA",
        "Stretch": "PBKDF2",
    }

    def change(found: dict) -> None:
        found.clear()
        found.update(whole | values)

    return change


ROOT_PEM = certificates()["root"].pem
STATIC = {"IPAddressConfigType": "Static"}
MUTATIONS: list[tuple[str, Mode, Change]] = [
    # types, names, levels
    ("001", IMPORT, lambda d: wifi(d).update(AutoConnect="true")),
    ("001", IMPORT, lambda d: network(d).update(Priority=True)),
    ("001", IMPORT, lambda d: eap(d).update(DomainSuffixMatch="radius.example")),
    ("001", IMPORT, lambda d: eap(d).update(DomainSuffixMatch=[1])),
    ("001", IMPORT, lambda d: d.update(Certificates={})),
    ("001", IMPORT, lambda d: d["NetworkConfigurations"].append("x")),
    ("001", USER, lambda d: wifi(d).update(Recommended="SSID")),
    ("002", IMPORT, lambda d: wifi(d).update(Ssid="x")),
    ("002", IMPORT, lambda d: authority(d).update(Recommended=[])),
    ("003", USER, lambda d: wifi(d).update(Recommended=["."])),
    ("003", USER, lambda d: wifi(d).update(Recommended=["EAP"])),
    ("004", IMPORT, lambda d: wifi(d).update(Recommended=["AutoConnect"])),
    ("005", IMPORT, lambda d: d.update(Type="Configuration")),
    ("006", IMPORT, lambda d: with_global(d, AllowOnlyPolicyNetworksToAutoconnect=True)),
    # networks
    ("009", IMPORT, lambda d: network(d).pop("GUID")),
    ("009", IMPORT, lambda d: network(d).update(GUID="")),
    ("009", IMPORT, lambda d: again(d, "NetworkConfigurations")),
    ("010", IMPORT, lambda d: network(d).pop("Name")),
    ("010", IMPORT, lambda d: network(d).pop("Type")),
    ("011", IMPORT, lambda d: network(d).update(Type="Wifi")),
    ("012", DEVICE, lambda d: network(d).update(Type="Tether", Tether={})),
    ("013", IMPORT, lambda d: network(d).pop("WiFi")),
    ("014", IMPORT, lambda d: network(d).update(IPAddressConfigType="static")),
    ("014", IMPORT, lambda d: network(d).pop("StaticIPConfig")),
    ("014", IMPORT, lambda d: network(d)["StaticIPConfig"].pop("Gateway")),
    ("014", IMPORT, lambda d: network(d)["StaticIPConfig"].update(Type="IP")),
    ("014", IMPORT, lambda d: network(d).update(NameServersConfigType="Static")),
    ("014", USER, lambda d: network(d).update(Recommended=["NameServersConfigType"])),
    ("015", IMPORT, lambda d: network(d)["StaticIPConfig"].update(RoutingPrefix=33)),
    ("015", IMPORT, lambda d: network(d)["StaticIPConfig"].update(RoutingPrefix=0)),
    ("016", IMPORT, lambda d: wifi(d).update(Security="WPA2-EAP")),
    ("016", IMPORT, lambda d: wifi(d).pop("Security")),
    ("017", IMPORT, lambda d: wifi(d).pop("SSID")),
    ("018", IMPORT, lambda d: wifi(d).update(SSID="é" * 17)),
    ("018", IMPORT, lambda d: wifi(d).update(SSID="")),
    ("019", IMPORT, lambda d: wifi(d).update(HexSSID="4E6")),
    ("019", IMPORT, lambda d: wifi(d).update(HexSSID="")),
    ("019", IMPORT, lambda d: wifi(d).update(HexSSID="00" * 33)),
    ("020", IMPORT, lambda d: wifi(d).update(HexSSID="4E6F")),
    ("021", IMPORT, lambda d: wifi(d).pop("EAP")),
    ("021", IMPORT, lambda d: wifi(d).update(Security="WPA-PSK")),
    ("022", IMPORT, lambda d: ethernet(d).update(Authentication="802.1X")),
    ("022", IMPORT, lambda d: ethernet(d).pop("EAP")),
    (
        "023",
        IMPORT,
        lambda d: d["NetworkConfigurations"].append(d["NetworkConfigurations"][1] | {"GUID": "second"}),
    ),
    # EAP
    ("024", IMPORT, lambda d: eap(d).pop("Outer")),
    ("024", IMPORT, lambda d: eap(d).update(Outer="TLS")),
    ("025", IMPORT, lambda d: eap(d).update(Inner="MSCHAP")),
    ("026", IMPORT, lambda d: eap(d).update(ServerCARefs=[])),
    ("026", IMPORT, lambda d: eap(d).update(ServerCARef=eap(d)["ServerCARefs"][0])),
    ("027", IMPORT, lambda d: eap(d).update(ClientCertType="pattern")),
    ("028", IMPORT, lambda d: eap(d).update(ClientCertType="ProvisioningProfileId")),
    ("028", IMPORT, lambda d: eap(d).pop("ClientCertPattern")),
    ("029", IMPORT, lambda d: eap(d).update(ClientCertPattern={"EnrollmentURI": ["https://x.example"]})),
    ("030", IMPORT, lambda d: eap(d)["SubjectAlternativeNameMatch"][0].update(Type="IP")),
    ("030", IMPORT, lambda d: eap(d)["SubjectAlternativeNameMatch"][0].pop("Value")),
    # certificates
    ("031", IMPORT, lambda d: authority(d).update(GUID="")),
    ("031", IMPORT, lambda d: again(d, "Certificates")),
    ("032", IMPORT, lambda d: authority(d).update(Type="CA")),
    ("032", IMPORT, lambda d: authority(d).pop("X509")),
    ("032", IMPORT, lambda d: authority(d).update(Type="Client")),
    ("033", IMPORT, lambda d: authority(d).update(Remove=True)),
    ("034", IMPORT, lambda d: authority(d).update(Scope={})),
    ("034", IMPORT, lambda d: authority(d).update(Scope={"Type": "Extension", "Id": "abc"})),
    ("039", IMPORT, lambda d: authority(d).update(X509=authority(d)["X509"][:64] + "\n")),
    ("039", IMPORT, lambda d: authority(d).update(X509="AAAA")),
    # proxy, global, references, encryption
    ("035", IMPORT, lambda d: network(d)["ProxySettings"].update(Type="manual")),
    ("035", IMPORT, lambda d: network(d).update(ProxySettings={"Type": "PAC"})),
    ("035", IMPORT, lambda d: network(d)["ProxySettings"]["Manual"]["HTTPProxy"].pop("Port")),
    ("001", IMPORT, lambda d: network(d)["ProxySettings"]["Manual"]["HTTPProxy"].update(Port="3128")),
    ("036", USER, lambda d: with_global(d, BlockedHexSSIDs=["00"])),
    ("037", DEVICE, lambda d: with_global(d, DisableNetworkTypes=["Wifi"])),
    ("038", IMPORT, lambda d: eap(d).update(ServerCARefs=["nowhere"])),
    ("038", IMPORT, lambda d: eap(d)["ClientCertPattern"].update(IssuerCARef=["nowhere"])),
    ("040", IMPORT, encrypted(Cipher="AES128")),
    ("040", IMPORT, encrypted(Iterations=500001)),
    ("040", IMPORT, encrypted(Iterations=True)),
    ("040", IMPORT, encrypted(Salt="")),
    ("040", IMPORT, encrypted(IV="A A=")),
    # our own
    (
        "lint-01",
        IMPORT,
        lambda d: [eap(d).pop(name) for name in ("SubjectAlternativeNameMatch", "DomainSuffixMatch")],
    ),
    ("lint-02", IMPORT, lambda d: eap(d).pop("UseSystemCAs")),
    ("lint-03", IMPORT, lambda d: eap(d).update(SubjectMatch="radius")),
    ("lint-04", IMPORT, lambda d: eap(d).update(ServerCARef=eap(d).pop("ServerCARefs")[0])),
    ("lint-05", DEVICE, lambda d: eap(d).update(Identity="${CERT_SAN_UPN}")),
    ("lint-06", DEVICE, lambda d: eap(d).update(Identity="${LOGIN_EMAIL}")),
    ("lint-06", USER, lambda d: eap(d).update(AnonymousIdentity="x${DEVICE_SERIAL_NUMBER}")),
    ("lint-07", USER, lambda d: eap(d).update(ClientCertType="Ref", ClientCertRef="x")),
    ("lint-08", IMPORT, lambda d: eap(d)["ClientCertPattern"].update(IssuerCARef=[authority(d)["GUID"]])),
    ("lint-09", IMPORT, lambda d: authority(d).update(X509=made(ca=False))),
    (
        "lint-09",
        IMPORT,
        lambda d: authority(d).update(X509=made(key=rsa.generate_private_key(65537, 1024))),
    ),
    (
        "lint-10",
        IMPORT,
        lambda d: d["Certificates"].append({"GUID": "c", "Type": "Client", "PKCS12": "AA=="}),
    ),
    ("lint-11", IMPORT, lambda d: eap(d).update(TLSVersionMax="1.1")),
    ("lint-12", IMPORT, lambda d: eap(d).update(Password="x")),
    ("lint-12", IMPORT, lambda d: wifi(d).update(Security="WPA-PSK", Passphrase="12345678")),
    (
        "lint-14",
        DEVICE,
        lambda d: (
            d["NetworkConfigurations"].pop(),
            with_global(d, AllowOnlyPolicyNetworksToConnect=True),
        ),
    ),
    ("lint-15", IMPORT, lambda d: eap(d).update(ClientCertType="None")),
    ("lint-16", IMPORT, lambda d: wifi(d).pop("AutoConnect")),
]


def rules(found: dict, mode: Mode) -> dict[str, Severity]:
    content = json.dumps(found).encode()
    return {f.rule.removeprefix("onc-"): f.severity for f in validate("x.onc", content, mode)}


@pytest.mark.parametrize("mode", Mode)
def test_the_good_file_is_silent(mode):
    """The file that all mutations start from has nothing wrong with it, in any mode."""
    assert rules(good(), mode) == {}


@pytest.mark.parametrize(
    ("rule", "mode", "change"), MUTATIONS, ids=[f"{i}-{r}" for i, (r, _, _) in enumerate(MUTATIONS)]
)
def test_one_fault_one_rule(rule, mode, change):
    """A fault is told by its rule, with the rule's own severity."""
    found = good()
    change(found)
    told = rules(found, mode)
    assert told.get(rule) is RULES[rule].severity


def test_every_rule_has_a_mutation():
    """No rule is in the table without a file that breaks it."""
    tried = {rule for rule, _, _ in MUTATIONS} | {"000"}
    assert set(RULES) - tried == CONSEQUENCES | NOT_AT_REST


@pytest.mark.parametrize(
    ("mode", "change"),
    [
        (USER, lambda d: with_global(d, AllowOnlyPolicyNetworksToAutoconnect=True)),
        (DEVICE, lambda d: with_global(d, BlockedHexSSIDs=["4E"], DisableNetworkTypes=["Cellular"])),
        (USER, lambda d: wifi(d).update(Recommended=["AutoConnect"])),
        (DEVICE, lambda d: with_global(d, AllowOnlyPolicyNetworksToConnect=True)),
        (USER, lambda d: eap(d).update(Identity="${LOGIN_ID}")),
        (DEVICE, lambda d: eap(d).update(Identity="${DEVICE_ASSET_ID}")),
        (IMPORT, lambda d: eap(d).update(Password="${PASSWORD}")),
        (IMPORT, lambda d: authority(d).update(X509=ROOT_PEM)),
        (IMPORT, lambda d: wifi(d).update(HexSSID=b"Northwind".hex())),
        (IMPORT, lambda d: wifi(d).update(SSID="é" * 16)),
        (IMPORT, encrypted()),
        (IMPORT, lambda d: d["NetworkConfigurations"].append({"GUID": "old", "Remove": True})),
        (
            IMPORT,
            lambda d: eap(d).update(
                ClientCertType="ProvisioningProfileId", ClientCertProvisioningProfileId="p"
            ),
        ),
    ],
)
def test_what_is_allowed_stays_allowed(mode, change):
    """Things near a rule that ChromeOS takes are not complained about."""
    found = good()
    change(found)
    assert rules(found, mode) == {}


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff", b"[]", b'{"Type": NaN}', b'{"Type":1,"Type":2}', b"[" * 100_000]
)
def test_no_json_no_opinion(content):
    """What is no strict JSON object is rule 000 and nothing else; no input raises."""
    assert [finding.rule for finding in validate("x", content, IMPORT)] == ["onc-000"]


def test_errors_in_entries_say_what_follows():
    """ChromeOS drops the network in silence; the hint says so."""
    found = good()
    wifi(found).pop("Security")
    (finding,) = validate("x.onc", json.dumps(found).encode(), IMPORT)
    assert finding.where == "NetworkConfigurations[0].WiFi.Security"
    assert "drops the whole network" in finding.hint
