"""Lint of Apple profiles: each key of a good profile broken in turn is caught, and each rule says its own."""

from __future__ import annotations

import copy
import datetime as dt
import functools
import plistlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.certificates import Made, make_certificate
from support.northwind import neutral, staff_plan, students_plan

from onboard.errors import Severity
from onboard.lint import lint
from onboard.lint.apple import recognises
from onboard.payloads.apple import build
from onboard.signing import Signer, sign

ROOT, ISSUING, SCEP, WIFI, WIRE = range(5)  # places in the staff profile
EAP = "EAPClientConfiguration"
FINAL = {"user.email": "ada@northwind.example", "user.upn": "ada@northwind.example", "device.id": "d-17"}


@functools.cache
def _content(group: str) -> bytes:
    plan = {"staff": staff_plan, "students": students_plan}[group]()
    return build(plan, neutral)[0].content


def profile(group: str = "staff") -> dict:
    return plistlib.loads(_content(group))


def judged(tree: dict, **options) -> list[tuple[str, str, Severity]]:
    found = lint("a.mobileconfig", plistlib.dumps(tree), **options)
    return [(finding.rule, finding.where, finding.severity) for finding in found]


def rules(tree: dict, **options) -> set[str]:
    return {rule.removeprefix("apple-") for rule, _, _ in judged(tree, **options)}


def places(value: object, path: tuple = ()) -> Iterator[tuple]:
    """The path of every dictionary key in a tree."""
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, inner in children:
        if isinstance(value, dict):
            yield (*path, key)
        yield from places(inner, (*path, key))


def holder(tree: dict, path: tuple) -> dict:
    for step in path[:-1]:
        tree = tree[step]
    return tree


EVERY_KEY = [(group, path) for group in ("staff", "students") for path in places(profile(group))]
IDS = [".".join(map(str, (group, *path))) for group, path in EVERY_KEY]
# Keys whose absence means something harmless, or that say the default aloud.
MAY_BE_ABSENT = {
    "PayloadDescription",
    "PayloadOrganization",
    "AutoJoin",
    "HIDDEN_NETWORK",
    "CaptiveBypass",
    "Name",
    "Retries",
    "Key Type",
    "AllowAllAppsAccess",
    "SubjectAltName",
    "rfc822Name",
    "ntPrincipalName",
    "SetupModes",
}


@pytest.mark.parametrize(("group", "path"), EVERY_KEY, ids=IDS)
def test_a_misspelt_key_is_caught(group, path):
    """A key with one letter too many is an error that names the right one."""
    tree = profile(group)
    at = holder(tree, path)
    at[path[-1] + "s"] = at.pop(path[-1])
    found = lint("a.mobileconfig", plistlib.dumps(tree))
    errors = [f for f in found if f.severity is Severity.ERROR]
    assert errors
    assert any(path[-1] in f"{f.hint} {f.message}" for f in errors)


@pytest.mark.parametrize(("group", "path"), EVERY_KEY, ids=IDS)
def test_a_wrong_type_is_caught(group, path):
    """A value of every other type is an error at its place."""
    tree = profile(group)
    at, key = holder(tree, path), path[-1]
    good = at[key]
    for bad in ("text", 7, 7.5, True, b"data", [], {}):
        if type(bad) is type(good) or (isinstance(bad, list) and key == "rfc822Name"):
            continue
        at[key] = bad
        assert any(severity is Severity.ERROR for _, _, severity in judged(tree)), (key, bad)


@pytest.mark.parametrize(
    ("group", "path"),
    [
        (g, p)
        for g, p in EVERY_KEY
        if p[-1] not in MAY_BE_ABSENT and not (len(p) > 1 and p[-1] == "PayloadDisplayName")
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else value,
)
def test_an_absent_key_is_caught(group, path):
    """What a device needs, or what its default makes unsafe, is missed."""
    tree = profile(group)
    del holder(tree, path)[path[-1]]
    assert judged(tree)


@pytest.mark.parametrize(("group", "path"), EVERY_KEY, ids=IDS)
def test_an_emptied_value_is_caught(group, path):
    """Empty text, data, arrays and dictionaries never pass where something is needed."""
    tree = profile(group)
    at, key = holder(tree, path), path[-1]
    empty = {str: "", bytes: b"", list: [], dict: {}}.get(type(at[key]))
    if empty is None or key in MAY_BE_ABSENT or (len(path) > 1 and key == "PayloadDisplayName"):
        return
    at[key] = empty
    assert judged(tree), path


def at(tree: dict, *path: object) -> dict:
    for step in path:
        tree = tree[step]
    return tree


def put(*path: object, to: object):
    """A fault: the value at a path below PayloadContent (or at the top) becomes `to`."""

    def fault(tree: dict) -> None:
        *way, last = path
        at(tree["PayloadContent"] if isinstance(path[0], int) else tree, *way)[last] = to

    return fault


def drop(*path: object):
    def fault(tree: dict) -> None:
        *way, last = path
        del at(tree["PayloadContent"] if isinstance(path[0], int) else tree, *way)[last]

    return fault


def scep(key: str, value: object):
    return put(SCEP, "PayloadContent", key, to=value)


def eap(key: str, value: object):
    return put(WIFI, EAP, key, to=value)


def second(index: int):
    """A fault: a payload stands twice, with identifiers of its own."""

    def fault(tree: dict) -> None:
        other = copy.deepcopy(tree["PayloadContent"][index])
        other["PayloadUUID"] = "11111111-2222-4333-8444-555555555555"
        other["PayloadIdentifier"] += ".again"
        tree["PayloadContent"].append(other)

    return fault


def add(kind: str, **keys: object):
    def fault(tree: dict) -> None:
        tree["PayloadContent"].append(
            {
                "PayloadType": kind,
                "PayloadVersion": 1,
                "PayloadIdentifier": tree["PayloadIdentifier"] + ".added",
                "PayloadUUID": "11111111-2222-4333-8444-555555555555",
                **keys,
            }
        )

    return fault


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


@functools.cache
def leaf() -> Made:
    return make_certificate("radius.northwind.example")


@functools.cache
def weak() -> Made:
    return make_certificate("Small CA", ca=True, issuer=make_certificate("Big CA", ca=True), rsa_bits=1024)


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


def test_old_kinds_of_file_are_judged_too():
    """A binary property list is the same profile."""
    tree = profile()
    assert lint("a", plistlib.dumps(tree, fmt=plistlib.FMT_BINARY)) == ()
    put(WIFI, "SSID_STR", to="a\x07b")(tree)
    assert {"apple-E26", "apple-E35"} == {
        f.rule for f in lint("a", plistlib.dumps(tree, fmt=plistlib.FMT_BINARY))
    }


def test_the_clock_is_asked_only_when_given():
    """Expired or soon expiring certificates and past dates are found with `now`, and never without it."""
    tree = profile()
    put("RemovalDate", to=dt.datetime(2030, 1, 1))(tree)  # noqa: DTZ001  # property lists know naive UTC only
    assert rules(tree) == set()
    assert rules(tree, now=dt.datetime(2029, 1, 1, tzinfo=dt.UTC)) == set()
    assert rules(tree, now=dt.datetime(2030, 11, 15, tzinfo=dt.UTC)) == {"E34", "E23"}
    late = judged(tree, now=dt.datetime(2046, 1, 1, tzinfo=dt.UTC))
    assert {
        place for rule, place, severity in late if rule == "apple-E23" and severity is Severity.ERROR
    } == {
        "PayloadContent[0].PayloadContent",
        "PayloadContent[1].PayloadContent",
    }
    assert "apple-E23" in {rule for rule, _, _ in judged(tree, now=dt.datetime(2025, 1, 1, tzinfo=dt.UTC))}


def signer(*, chain: bool = True) -> Signer:
    root = make_certificate("Signing Root", ca=True)
    made = make_certificate("Profiles of Northwind", issuer=root)
    return Signer(certificate=made.certificate, key=made.key, chain=(root.certificate,) if chain else ())


def final_content() -> bytes:
    return build(staff_plan(), FINAL.__getitem__)[0].content


def test_signed_profile_passes():
    """A signed profile is judged by what is inside, and by its signature."""
    assert lint("a", sign(final_content(), signer())) == ()


def test_variables_in_a_signed_profile_are_refused():
    """Whoever fills them in would break the signature."""
    found = lint("a", sign(_content("staff"), signer()))
    assert {f.rule for f in found} == {"apple-E22"}
    assert any("${user.upn}" in f.message for f in found)


def test_a_macs_own_variables_may_be_signed():
    """%SerialNumber% is filled in by macOS itself, after the signature was checked."""
    tree = plistlib.loads(final_content())
    scep("Subject", [[["CN", "%SerialNumber%"]]])(tree)
    assert lint("a", sign(plistlib.dumps(tree), signer())) == ()


def test_signature_without_chain_is_a_warning():
    """Devices show such a profile as not verified, unless they know the issuer."""
    (finding,) = lint("a", sign(final_content(), signer(chain=False)))
    assert (finding.rule, finding.severity) == ("apple-E36", Severity.WARNING)


def test_expired_signer_is_found_with_the_clock():
    """The certificates in the signature end in 2036."""
    signed = sign(final_content(), signer())
    late = lint("a", signed, now=dt.datetime(2037, 1, 1, tzinfo=dt.UTC))
    assert "apple-E36" in {f.rule for f in late}
    early = lint("a", signed, now=dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
    assert "apple-E36" in {f.rule for f in early if f.severity is Severity.ERROR}


def test_change_after_signing_is_found():
    """One letter of the content changed breaks the signature."""
    signed = sign(final_content(), signer()).replace(b"helpdesk@", b"helpdisk@")
    assert "apple-E36" in {f.rule for f in lint("a", signed)}


@pytest.mark.parametrize(
    "content",
    [
        b"-----BEGIN PKCS7-----\nMIIB\n-----END PKCS7-----\n",
        b'MIME-Version: 1.0\nContent-Type: multipart/signed\n\n<plist version="1.0">',
        sign(b"x", signer())[:-20],
        sign(b"x", signer()) + b"\n",
    ],
    ids=["PEM", "S/MIME", "cut off", "a line end too many"],
)
def test_broken_signatures_are_named(content):
    """What is no attached DER signature is refused under E36."""
    (finding,) = lint("a", content)
    assert (finding.rule, finding.severity) == ("apple-E36", Severity.ERROR)


@pytest.mark.parametrize(
    "content",
    [
        b"<?xml version='1.0'?><plist version='1.0'><dict><key>a</key></dict></plist>",
        b"<?xml version='1.0'?><plist version='1.0'><array/></plist>",
        b"<plist><dict><key>RemovalDate</key><date>tomorrow</date></dict></plist>",
        b'<!DOCTYPE plist [<!ENTITY a "b">]><plist><string>&a;</string></plist>',
        b"bplist00",
        sign(b"no property list", signer()),
    ],
)
def test_unreadable_profiles_are_one_error(content):
    """Damage ends in one finding, never in an exception."""
    (finding,) = lint("a", content)
    assert (finding.rule, finding.severity) == ("apple-E35", Severity.ERROR)


def test_what_is_no_payload_is_said():
    """Neither emptiness nor noise is taken for a profile."""
    assert [f.message for f in lint("a", b"")] == ["the file is empty"]
    assert lint("a", b"\x00\x01\x02")[0].rule == "lint-01"


@given(st.binary(max_size=400))
def test_noise_never_raises(noise):
    """Any bytes, alone or behind the beginning of a real file, give findings or nothing."""
    for content in (noise, b"bplist00" + noise, b"<plist>" + noise + b"</plist>", _SIGNED[:60] + noise):
        lint("a", content)
        recognises(content)


@given(st.integers(0, 3000), st.binary(min_size=1, max_size=4))
def test_damage_never_raises(offset, bytes_):
    """A good file with some bytes overwritten gives findings or nothing."""
    for good in (_content("staff"), _SIGNED, _BINARY):
        start = offset % len(good)
        lint("a", good[:start] + bytes_ + good[start + len(bytes_) :])


_plain = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 3000) | st.text(max_size=8) | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(EVERY_KEY), _plain.filter(lambda value: value is not None))
def test_any_value_anywhere_never_raises(place, value):
    """Whatever a foreign tool writes under a key we know, lint answers."""
    group, path = place
    tree = profile(group)
    holder(tree, path)[path[-1]] = value
    try:
        content = plistlib.dumps(tree, fmt=plistlib.FMT_BINARY)
    except (TypeError, ValueError):  # None deep inside, or lone surrogates
        return
    lint("a", content)


_SIGNED = sign(final_content(), signer())
_BINARY = plistlib.dumps(profile(), fmt=plistlib.FMT_BINARY)
