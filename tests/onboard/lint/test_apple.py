"""The rules on Apple profiles: each seeded fault is reported by the rule that owns it."""

from __future__ import annotations

import plistlib

import pytest
from support.apple_profiles import (
    EAP,
    ISSUING,
    ROOT,
    SCEP,
    WIFI,
    WIRE,
    add,
    at,
    drop,
    eap,
    judged,
    leaf,
    profile,
    put,
    rules,
    scep,
    second,
    weak,
)
from support.northwind import staff_plan

from onboard.lint import lint

ACME = {
    "DirectoryURL": "https://ca.northwind.example/acme/directory",
    "ClientIdentifier": "C02XK0AAJGH5",
    "KeyType": "ECSECPrimeRandom",
    "KeySize": 384,
    "HardwareBound": True,
    "Attest": True,
    "KeyIsExtractable": False,
    "Subject": [[["CN", "C02XK0AAJGH5"]]],
}


def acme(**changes: object):
    return add("com.apple.security.acme", **{**ACME, **changes})


ROOT_DER = staff_plan().root.der
ISSUING_DER = staff_plan().issuing.der

FAULTS = [
    ("E01", "key of another place", put(WIFI, EAP, "PayloadCertificateUUID", to="x")),
    ("E01", "no space", scep("KeyType", "RSA")),
    ("E01", "case", put(WIFI, "AutoJOIN", to=True)),
    ("E01", "misspelt type", put(WIFI, "PayloadType", to="com.apple.wifi.manged")),
    ("E01", "unknown type", put(WIFI, "PayloadType", to="com.apple.vpn.managed")),
    ("E02", "TLS version as a number", eap("TLSMinimumVersion", 1.2)),
    ("E02", "real payload version", put("PayloadVersion", to=1.0)),
    ("E02", "one for true", put(WIFI, "AutoJoin", to=1)),
    ("E02", "hex text", scep("CAFingerprint", "ab" * 32)),
    ("E02", "flat subject", scep("Subject", [["CN", "ada"]])),
    ("E03", "lower case", put(WIFI, "EncryptionType", to="any")),
    ("E03", "enterprise in the name", put(WIFI, "EncryptionType", to="WPA2 Enterprise")),
    ("E03", "EAP type", eap("AcceptEAPTypes", [13, 26])),
    ("E03", "port", put(WIFI, "ProxyServerPort", to=70000)),
    ("E04", "no payloads", put("PayloadContent", to=[])),
    ("E04", "version 2", lambda tree: tree.pop("PayloadVersion")),
    ("E04", "profile in a profile", put(WIFI, "PayloadType", to="Configuration")),
    ("E05", "no UUID", put(WIFI, "PayloadUUID", to="campus")),
    (
        "E05",
        "UUID twice",
        lambda t: t["PayloadContent"][4].update(PayloadUUID=t["PayloadContent"][3]["PayloadUUID"]),
    ),
    ("E05", "lower case UUID", lambda t: t.update(PayloadUUID=t["PayloadUUID"].lower())),
    ("E05", "identifier twice", put(WIFI, "PayloadIdentifier", to="edu.northwind.onboard.staff.apple.scep")),
    ("E05", "foreign identifier", put(WIFI, "PayloadIdentifier", to="com.example.wifi")),
    (
        "E06",
        "dangling identity",
        put(WIFI, "PayloadCertificateUUID", to="11111111-2222-4333-8444-555555555555"),
    ),
    (
        "E06",
        "a CA as identity",
        lambda t: at(t, "PayloadContent", WIFI).update(
            PayloadCertificateUUID=t["PayloadContent"][ROOT]["PayloadUUID"]
        ),
    ),
    ("E07", "dangling anchor", eap("PayloadCertificateAnchorUUID", ["11111111-2222-4333-8444-555555555555"])),
    (
        "E07",
        "an identity as anchor",
        lambda t: at(t, "PayloadContent", WIFI, EAP).update(
            PayloadCertificateAnchorUUID=[t["PayloadContent"][SCEP]["PayloadUUID"]]
        ),
    ),
    ("E07", "a leaf as anchor", lambda t: t["PayloadContent"][ROOT].update(PayloadContent=leaf().der)),
    ("E08", "no identity", drop(WIFI, "PayloadCertificateUUID")),
    ("E08", "identity without TLS", eap("AcceptEAPTypes", [25])),
    ("E08", "password too", put(WIFI, "Password", to="hunter2hunter2")),
    ("E08", "no EAP at all", drop(WIFI, EAP)),
    ("E09", "no anchor", drop(WIFI, EAP, "PayloadCertificateAnchorUUID")),
    ("E09", "no name", drop(WIRE, EAP, "TLSTrustedServerNames")),
    ("E10", "Apple's own example", eap("TLSTrustedServerNames", ["wpa.*.example.com"])),
    ("E10", "everything", eap("TLSTrustedServerNames", ["*"])),
    ("E10", "two labels", eap("TLSTrustedServerNames", ["*.com"])),
    ("E10", "part of a label", eap("TLSTrustedServerNames", ["ra*.northwind.example"])),
    ("E10", "a URL", eap("TLSTrustedServerNames", ["https://radius.northwind.example"])),
    ("E12", "old TLS", eap("TLSMinimumVersion", "1.0")),
    ("E12", "upside down", eap("TLSMaximumVersion", "1.1")),
    ("E12", "1.3", eap("TLSMaximumVersion", "1.3")),
    (
        "E12",
        "1.3 alone",
        lambda t: at(t, "PayloadContent", WIFI, EAP).update(TLSMinimumVersion="1.3", TLSMaximumVersion="1.3"),
    ),
    ("E13", "trust exceptions", eap("TLSAllowTrustExceptions", False)),
    ("E13", "certificates inline", eap("TLSTrustedCertificates", [ROOT_DER])),
    ("E13", "TTLS", eap("TTLSInnerAuthentication", "PAP")),
    ("E13", "whitelist", put(WIFI, "QoSMarkingPolicy", to={"QoSMarkingWhitelistedAppIdentifiers": ["a.b"]})),
    ("E14", "no scheme", scep("URL", "scep.northwind.example/scep")),
    ("E14", "ftp", scep("URL", "ftp://scep.northwind.example/")),
    ("E14", "no host", scep("URL", "https:///scep")),
    ("E14", "small key", scep("Keysize", 1024)),
    ("E14", "EC", scep("Key Type", "EC")),
    ("E14", "cannot sign", scep("Key Usage", 4)),
    ("E15", "extractable", scep("KeyIsExtractable", True)),
    ("E15", "every app", scep("AllowAllAppsAccess", True)),
    ("E16", "DC", scep("Subject", [[["DC", "northwind"]]])),
    ("E16", "lower case", scep("Subject", [[["cn", "ada"]]])),
    ("E16", "empty", scep("Subject", [[["CN", ""]]])),
    ("E16", "long", scep("Subject", [[["CN", "a" * 65]]])),
    ("E16", "three of a pair", scep("Subject", [[["CN", "ada", "x"]]])),
    ("E17", "three names", scep("Subject", [[["CN", "a"]], [["CN", "b"]], [["2.5.4.3", "c"]]])),
    ("E18", "umlaut", scep("SubjectAltName", {"dNSName": "münchen.example"})),
    ("E18", "no mail", scep("SubjectAltName", {"rfc822Name": ["ada@northwind.example", "ada"]})),
    ("E18", "no URI", scep("SubjectAltName", {"uniformResourceIdentifier": "northwind.example"})),
    ("E19", "length", scep("CAFingerprint", b"\x01" * 31)),
    ("E19", "another CA", scep("CAFingerprint", b"\x01" * 32)),
    (
        "E19",
        "a leaf",
        lambda t: (
            add("com.apple.security.pkcs1", PayloadContent=leaf().der)(t),
            at(t, "PayloadContent", SCEP, "PayloadContent").update(CAFingerprint=leaf().sha256),
        ),
    ),
    ("E20", "none", drop(SCEP, "PayloadContent", "Challenge")),
    ("E20", "short", scep("Challenge", "secret")),
    ("E20", "one letter", scep("Challenge", "a" * 20)),
    ("E21", "http", acme(DirectoryURL="http://ca.northwind.example/")),
    ("E21", "attested software key", acme(HardwareBound=False)),
    ("E21", "RSA in hardware", acme(KeyType="RSA", KeySize=2048)),
    ("E21", "P-521 in hardware", acme(KeySize=521)),
    ("E21", "odd RSA", acme(KeyType="RSA", KeySize=2049, HardwareBound=False, Attest=False)),
    ("E22", "no such variable", scep("Subject", [[["CN", "${device.serail}"]]])),
    ("E23", "no certificate", put(ROOT, "PayloadContent", to=b"0\x03\x02\x01\x01")),
    ("E23", "an intermediate as root", put(ROOT, "PayloadContent", to=ISSUING_DER)),
    ("E23", "a root as intermediate", put(ISSUING, "PayloadContent", to=ROOT_DER)),
    ("E23", "twice", second(ISSUING)),
    ("E23", "weak", lambda t: t["PayloadContent"][ISSUING].update(PayloadContent=weak().der)),
    ("E25", "no PKCS#12", add("com.apple.security.pkcs12", PayloadContent=b"PEM?", Password="x")),
    ("E25", "no password", add("com.apple.security.pkcs12", PayloadContent=b"0\x00")),
    ("E26", "no SSID", drop(WIFI, "SSID_STR")),
    ("E26", "33 bytes", put(WIFI, "SSID_STR", to="ü" * 17)),
    ("E26", "SSID twice", second(WIFI)),
    ("E27", "open", put(WIFI, "EncryptionType", to="None")),
    ("E27", "anything", put(WIFI, "EncryptionType", to="Any")),
    ("E27", "onboarding SSID", add("com.apple.wifi.managed", SSID_STR="Start", EncryptionType="None")),
    (
        "E28",
        "no portal",
        add("com.apple.wifi.managed", SSID_STR="S", EncryptionType="None", CaptiveBypass=True),
    ),
    ("E28", "fixed address", put(WIFI, "DisableAssociationMACRandomization", to=True)),
    ("E29", "no domain", put(WIFI, "IsHotspot", to=True)),
    ("E29", "9 digits", put(WIFI, "RoamingConsortiumOIs", to=["5A03BA000"])),
    ("E29", "5 digits", put(WIFI, "MCCAndMNCs", to=["26201"])),
    (
        "E29",
        "clash",
        lambda t: t["PayloadContent"][WIFI].update(
            NAIRealmNames=["northwind.example"], RoamingConsortiumOIs=["5A03BA0000"]
        ),
    ),
    ("E30", "system mode, login keychain", put(WIFI, "SetupModes", to=["System"])),
    ("E31", "key on a Mac", put("TargetDeviceType", to=5)),
    ("E31", "wire on a watch", put("TargetDeviceType", to=2)),
    ("E32", "no scope", drop("PayloadScope")),
    ("E32", "no removal", put("PayloadRemovalDisallowed", to=True)),
    ("E33", "two wires", second(WIRE)),
    ("E33", "other port", put(WIRE, "Interface", to="FirstEthernet")),
    ("E35", "too large", put("PayloadDescription", to="x" * 1_000_001)),
    ("E38", "WPAD", put(WIFI, "ProxyType", to="Auto")),
    (
        "E38",
        "no PAC URL",
        lambda t: t["PayloadContent"][WIFI].update(ProxyType="Auto", ProxyPACURL="proxy.pac"),
    ),
    ("E38", "no server", put(WIFI, "ProxyType", to="Manual")),
    ("E39", "long name", put("PayloadDisplayName", to="x" * 256)),
    ("E39", "one language", put("ConsentText", to={"en": "You agree."})),
    ("E40", "both", put("IsEncrypted", to=True)),
    ("E40", "not encrypted", put("EncryptedPayloadContent", to=b"0\x00")),
    (
        "E40",
        "nonsense",
        lambda t: (t.update(IsEncrypted=True, EncryptedPayloadContent=b"0\x00"), t.pop("PayloadContent")),
    ),
]


@pytest.mark.parametrize(("rule", "name", "fault"), FAULTS, ids=[f"{r} {n}" for r, n, _ in FAULTS])
def test_each_fault_has_its_rule(rule, name, fault):
    """A seeded fault is reported under the rule that owns it, at a place, with a reason."""
    tree = profile()
    fault(tree)
    found = [f for f in lint("a.mobileconfig", plistlib.dumps(tree)) if f.rule == f"apple-{rule}"]
    assert found, judged(tree)
    assert all(f.message and f.path == "a.mobileconfig" for f in found)


def test_every_rule_is_exercised():
    """Each rule that applies to a file at rest has at least one fault above, or a test of its own below."""
    own_tests = {"E34", "E36"}
    elsewhere = {"E11", "E24", "E37"}  # need a RADIUS server, its store, the previous release
    everything = {f"E{number:02}" for number in range(1, 41)}
    assert everything - elsewhere - own_tests == {rule for rule, _, _ in FAULTS}


@pytest.mark.parametrize("group", ["staff", "students"])
def test_a_good_profile_is_good(group):
    """The mutations start from a profile without any finding."""
    assert judged(profile(group)) == []


def test_good_acme_and_pkcs12_payloads_pass():
    """Identities other than SCEP are judged by their own rules, not refused."""
    tree = profile()
    acme()(tree)
    assert rules(tree) == set()
    tree = profile()
    add("com.apple.security.pkcs12", PayloadContent=b"0\x00", Password="x")(tree)
    assert rules(tree) == set()


def test_mdm_variables_are_not_final_text():
    """Lengths and forms are not judged where an MDM has yet to fill something in."""
    tree = profile()
    content = at(tree, "PayloadContent", SCEP, "PayloadContent")
    content.update(
        URL="${FLEET_VAR_CUSTOM_SCEP_PROXY_URL_NORTHWIND}",
        Challenge="{{c}}",
        Subject=[[["CN", "{{UserPrincipalName}}"]], [["OU", "%SerialNumber%"]]],
        SubjectAltName={"dNSName": "{DeviceSerialNumber}", "rfc822Name": "$EMAIL"},
    )
    assert rules(tree) == set()


def test_a_vendors_sample_with_the_wrong_method_is_caught():
    """An identity beside PEAP, a URL without scheme and nothing else said: what a public sample did."""
    tree = profile()
    wifi, identity = tree["PayloadContent"][WIFI], tree["PayloadContent"][SCEP]
    wifi[EAP] = {
        "AcceptEAPTypes": [25],
        "PayloadCertificateAnchorUUID": wifi[EAP]["PayloadCertificateAnchorUUID"],
    }
    identity["PayloadContent"] = {"URL": "scep.northwind.example"}
    assert {"E08", "E09", "E14", "E15", "E16", "E19", "E20"} == rules(tree)


def test_a_generators_habits_are_caught():
    """Real versions, a misspelt key, lower-case `any`, WPAD: what a widely used generator wrote."""
    tree = profile()
    wifi = tree["PayloadContent"][WIFI]
    wifi.update(PayloadVersion=1.0, EncryptionType="any", ProxyType="Auto")
    wifi[EAP].update(EAPFASTProvisionPACAnonymous=False, TLSAllowTrustExceptions=False)
    found = {(f.rule, f.where.rsplit(".", 1)[-1]) for f in lint("a", plistlib.dumps(tree))}
    assert {
        ("apple-E01", "EAPFASTProvisionPACAnonymous"),
        ("apple-E02", "PayloadVersion"),
        ("apple-E03", "EncryptionType"),
        ("apple-E13", "TLSAllowTrustExceptions"),
        ("apple-E38", "ProxyType"),
    } <= found


def test_the_radius_leaf_as_anchor_is_caught():
    """One fixed UUID for everything and the server's own certificate pinned: what a captive portal wrote."""
    tree = profile()
    tree["PayloadContent"][ROOT].update(PayloadContent=leaf().der)
    tree["PayloadContent"][ISSUING]["PayloadUUID"] = tree["PayloadContent"][SCEP]["PayloadUUID"]
    assert {"E05", "E07"} <= rules(tree)


def test_nearest_name_is_offered():
    """The hint for `KeyType` in a SCEP payload is `Key Type`, with its space."""
    tree = profile()
    scep("KeyType", "RSA")(tree)
    (finding,) = lint("a", plistlib.dumps(tree))
    assert finding.hint == "did you mean 'Key Type'?"
    assert finding.where == "PayloadContent[2].PayloadContent.KeyType"
