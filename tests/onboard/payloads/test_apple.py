"""The Apple profile: what a device is told, and that the same plan always says it in the same bytes."""

from __future__ import annotations

import plistlib
from dataclasses import replace

import pytest
from support.northwind import (
    CAMPUS,
    DESK,
    ROOT,
    STAFF_CHALLENGE,
    certificates,
    neutral,
    staff_plan,
    students_plan,
    without_challenge,
)
from support.snapshots import file_type

from onboard.errors import PayloadError, Severity, VariableError
from onboard.lint import lint
from onboard.model import NetworkType, Security, Ssid
from onboard.names import ATTRIBUTES, AltNameKind
from onboard.payloads import BUILDERS
from onboard.payloads.apple import build
from onboard.plan import AltNamePart, GroupPlan, SubjectPart
from onboard.secret import Secret
from onboard.variables import Template


def profile(plan: GroupPlan, spelling=neutral) -> dict:
    (artifact,) = build(plan, spelling)
    return plistlib.loads(artifact.content)


def of_kind(tree: dict, kind: str) -> list[dict]:
    return [payload for payload in tree["PayloadContent"] if payload["PayloadType"] == kind]


def one(tree: dict, kind: str) -> dict:
    (payload,) = of_kind(tree, kind)
    return payload


def with_networks(plan: GroupPlan, *changes: dict) -> GroupPlan:
    return replace(plan, networks=tuple(replace(plan.networks[0], **change) for change in changes))


@pytest.mark.parametrize("plan", [staff_plan(), students_plan()], ids=lambda plan: plan.group)
def test_profile_as_file(plan, snapshot):
    """The profile of a group is this file, in Apple's own format."""
    (artifact,) = build(without_challenge(plan), neutral)
    assert artifact.content.decode() == snapshot(extension_class=file_type("mobileconfig"))


def test_artifact_describes_itself():
    """One mobileconfig for each group, at its place, marked as a secret exactly when it holds one."""
    (staff,), (students,) = build(staff_plan(), neutral), build(students_plan(), neutral)
    assert (staff.path, staff.kind, staff.media_type, staff.secret) == (
        "staff/apple/staff.mobileconfig",
        "mobileconfig",
        "application/x-apple-aspen-config",
        True,
    )
    assert not students.secret
    assert BUILDERS[staff.platform] is build


@pytest.mark.parametrize("plan", [staff_plan(), students_plan()], ids=lambda plan: plan.group)
def test_lint_has_nothing_to_say(plan):
    """Nothing is written that lint would refuse, and not even a warning remains."""
    (artifact,) = build(plan, neutral)
    assert lint(artifact.path, artifact.content) == ()


def test_device_learns_how_to_enrol():
    """The SCEP payload asks for what the EnrollmentProfile says, and pins the root that GetCACert ends in."""
    plan = staff_plan()
    scep = one(profile(plan), "com.apple.security.scep")["PayloadContent"]
    assert scep == {
        "URL": "https://scep.northwind.example/scep/staff",
        "Name": "staff",
        "Subject": [
            [["CN", "${user.email}"]],
            [["OU", "staff"]],
            [["O", "Northwind University"]],
        ],
        "SubjectAltName": {"rfc822Name": "${user.email}", "ntPrincipalName": "${user.upn}"},
        "Challenge": STAFF_CHALLENGE.reveal(),
        "Keysize": 2048,
        "Key Type": "RSA",
        "Key Usage": 5,
        "CAFingerprint": plan.root.sha256,
        "KeyIsExtractable": False,
        "AllowAllAppsAccess": False,
        "Retries": 3,
    }


def test_one_time_challenge_keeps_its_place():
    """Without a challenge the output holds the variable, for the MDM or the portal to fill in."""
    scep = one(profile(students_plan()), "com.apple.security.scep")["PayloadContent"]
    assert scep["Challenge"] == "${challenge}"
    assert "SubjectAltName" not in scep


def test_every_reference_resolves():
    """Each network names the one identity, and anchors that are certificates of this profile."""
    tree = profile(staff_plan())
    identity = one(tree, "com.apple.security.scep")["PayloadUUID"]
    anchors = {p["PayloadUUID"]: p["PayloadContent"] for p in of_kind(tree, "com.apple.security.root")}
    networks = [p for p in tree["PayloadContent"] if "EAPClientConfiguration" in p]
    assert [p["PayloadType"] for p in networks] == [
        "com.apple.wifi.managed",
        "com.apple.globalethernet.managed",
    ]
    for network in networks:
        eap = network["EAPClientConfiguration"]
        assert network["PayloadCertificateUUID"] == identity
        assert [anchors[uuid] for uuid in eap["PayloadCertificateAnchorUUID"]] == [staff_plan().root.der]
        assert eap["AcceptEAPTypes"] == [13]
        assert eap["TLSTrustedServerNames"] == ["radius.northwind.example"]
        assert (eap["TLSMinimumVersion"], eap["TLSMaximumVersion"]) == ("1.2", "1.2")


def test_every_certificate_once():
    """Root as root, issuing CA as intermediate, each once although two networks name the root."""
    plan, tree = staff_plan(), profile(staff_plan())
    assert [p["PayloadContent"] for p in of_kind(tree, "com.apple.security.root")] == [plan.root.der]
    assert [p["PayloadContent"] for p in of_kind(tree, "com.apple.security.pkcs1")] == [plan.issuing.der]


def test_same_anchor_under_another_name_resolves():
    """An anchor from a file that is the org's own root links to the payload that carries these bytes."""
    plan = staff_plan()
    renamed = replace(plan.root, name="file:radius/root.pem")
    first, second = plan.networks
    plan = replace(plan, networks=(first, replace(second, anchors=(renamed,))))
    tree = profile(plan)
    root = one(tree, "com.apple.security.root")["PayloadUUID"]
    wire = one(tree, "com.apple.globalethernet.managed")["EAPClientConfiguration"]
    assert wire["PayloadCertificateAnchorUUID"] == [root]


def test_anchor_from_a_file_gets_a_clean_identifier():
    """Paths become labels of letters, digits and '-', and two paths never become the same one."""
    plan, known = staff_plan(), certificates()
    slash = replace(known["students"], name="file:a/b.pem")
    dash = replace(known["staff"], name="file:a-b.pem")
    first, second = (replace(n, anchors=(a,)) for n, a in zip(plan.networks, (slash, dash), strict=True))
    plan = replace(plan, networks=(first, second), issuing=plan.root, issuers=())
    labels = [p["PayloadIdentifier"].rsplit(".", 1)[1] for p in profile(plan)["PayloadContent"][:2]]
    assert labels[0] != labels[1]
    assert all(label.startswith("file-a-b-pem-") for label in labels)


@pytest.mark.parametrize(
    ("security", "expected"),
    [
        (Security.WPA2_ENTERPRISE, "WPA2"),
        (Security.WPA2_WPA3_ENTERPRISE, "WPA2"),
        (Security.WPA3_ENTERPRISE, "WPA3"),
    ],
)
def test_security_as_apple_spells_it(security, expected):
    """EncryptionType says what the network offers; WPA2 joins WPA3 too since iOS 16 and macOS 13."""
    wifi = one(profile(with_networks(staff_plan(), {"security": security})), "com.apple.wifi.managed")
    assert wifi["EncryptionType"] == expected


def test_scope_follows_the_holder():
    """A person's identity is for the login keychain; a device's for the System one, used before login."""
    staff, students = profile(staff_plan()), profile(students_plan())
    assert (staff["PayloadScope"], students["PayloadScope"]) == ("User", "System")
    assert "SetupModes" not in one(staff, "com.apple.wifi.managed")
    assert one(students, "com.apple.wifi.managed")["SetupModes"] == ["System"]


def test_variables_are_spelled_into_the_tree():
    """A value with markup in it stays a value."""
    hostile = "<string>&\"'</string>"
    scep = one(profile(students_plan(), lambda name: hostile), "com.apple.security.scep")["PayloadContent"]
    assert scep["Subject"][0] == [["CN", hostile]]
    assert scep["Challenge"] == hostile


def test_a_variable_without_spelling_is_not_swallowed():
    """What the spelling refuses ends the build."""

    def refuse(name: str) -> str:
        raise VariableError("no", [name])

    with pytest.raises(VariableError):
        build(staff_plan(), refuse)


def test_same_plan_same_bytes():
    """Two builds are equal to the byte."""
    assert build(staff_plan(), neutral) == build(staff_plan(), neutral)


def test_identifiers_stay_when_content_changes():
    """A new challenge changes no identifier at all; a new network changes the top-level UUID alone."""
    plan = staff_plan()
    before = profile(plan)
    rotated = profile(replace(plan, scep=replace(plan.scep, challenge=Secret("another-good-long-secret"))))
    assert before["PayloadUUID"] == rotated["PayloadUUID"]
    moved = profile(with_networks(plan, {"security": Security.WPA3_ENTERPRISE}))
    assert before["PayloadUUID"] != moved["PayloadUUID"]
    assert before["PayloadIdentifier"] == moved["PayloadIdentifier"]
    wifi = [one(tree, "com.apple.wifi.managed")["PayloadUUID"] for tree in (before, moved)]
    assert wifi[0] == wifi[1]


def test_ra_has_no_part_in_the_profile():
    """Everything pinned or shipped is a CA of the chain, so that an RA's renewal changes no artifact."""
    plan = staff_plan()
    chain = {certificate.der for certificate in (plan.issuing, *plan.issuers)}
    tree = profile(plan)
    kinds = ("com.apple.security.root", "com.apple.security.pkcs1")
    shipped = {payload["PayloadContent"] for kind in kinds for payload in of_kind(tree, kind)}
    assert shipped == chain


def test_attributes_without_a_short_name_are_oids():
    """Devices read any other name as a dotted OID, so DC, UID, E and SERIALNUMBER are written as OIDs."""
    plan = students_plan()
    parts = tuple(SubjectPart(type=attribute, value=Template.parse("x")) for attribute in ATTRIBUTES.values())
    scep = one(profile(replace(plan, scep=replace(plan.scep, subject=parts))), "com.apple.security.scep")
    names = [name for [[name, _]] in scep["PayloadContent"]["Subject"]]
    assert names == [
        "CN",
        "OU",
        "O",
        "L",
        "ST",
        "C",
        "2.5.4.5",
        "1.2.840.113549.1.9.1",
        "0.9.2342.19200300.100.1.1",
        "0.9.2342.19200300.100.1.25",
    ]


def test_several_names_of_a_kind_are_an_array():
    """One alternative name is text, as the schema says; several are an array, which the client reads too."""
    plan = students_plan()
    hosts = tuple(
        AltNamePart(kind=AltNameKind.DNS, value=Template.parse(h)) for h in ("a.example", "b.example")
    )
    scep = one(
        profile(replace(plan, scep=replace(plan.scep, subject_alt_names=hosts))), "com.apple.security.scep"
    )
    assert scep["PayloadContent"]["SubjectAltName"] == {"dNSName": ["a.example", "b.example"]}


def two_upns(plan):
    upn = AltNamePart(kind=AltNameKind.UPN, value=Template.of("user.upn"))
    return replace(plan, scep=replace(plan.scep, subject_alt_names=(upn, upn)))


def two_wires(plan):
    wire = {"type": NetworkType.ETHERNET, "ssid": None, "security": None}
    return with_networks(plan, {"name": "desk", **wire}, {"name": "lab", **wire})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (two_upns, "user-eap-tls"),
        (two_wires, "desk, lab"),
        (lambda plan: with_networks(plan, {"name": "one"}, {"name": "two"}), "one and two"),
        (lambda plan: with_networks(plan, {"security": Security.WPA3_ENTERPRISE_192}), "rsa-4096"),
        (lambda plan: with_networks(plan, {"ssid": Ssid("ok"), "security": None}), "campus"),
    ],
    ids=["two UPNs", "two wired networks", "one SSID twice", "192-bit with a small key", "no security"],
)
def test_what_apple_cannot_say_is_refused(change, named):
    """The error names the place and what would help."""
    with pytest.raises(PayloadError) as caught:
        build(change(staff_plan()), neutral)
    assert named in f"{caught.value} {caught.value.hint}"


def test_192_bit_network_demands_strong_keys_of_everyone():
    """With RSA-4096 devices the P-256 issuing CA is named; a P-384 chain alone passes."""
    plan = with_networks(staff_plan(), {"security": Security.WPA3_ENTERPRISE_192})
    plan = replace(plan, scep=replace(plan.scep, key_bits=4096))
    with pytest.raises(PayloadError, match="key of staff is too weak"):
        build(plan, neutral)
    strong = replace(plan, issuing=plan.root, issuers=())
    assert one(profile(strong), "com.apple.wifi.managed")["EncryptionType"] == "WPA3"


def test_control_character_is_refused_without_showing_it():
    """No property list can carry one; the message does not repeat what may be a secret."""
    plan = staff_plan()
    broken = replace(plan, scep=replace(plan.scep, challenge=Secret("a-secret-with-\x07-a-bell")))
    with pytest.raises(PayloadError) as caught:
        build(broken, neutral)
    assert "a-secret" not in f"{caught.value}{caught.value.hint}"


def test_description_names_networks_and_help():
    """People read in Settings what the profile is for and whom to ask."""
    text = profile(staff_plan())["PayloadDescription"]
    for part in (str(CAMPUS.ssid), "wired network", "helpdesk@northwind.example"):
        assert part in text
    assert DESK.ssid is None


def test_northwind_root_is_what_is_pinned():
    """The twin of the snapshot: the fixed root certificate is the pin, not the issuing CA."""
    plan = staff_plan()
    assert plan.root.name == ROOT.name != plan.issuing.name
    assert all(f.severity is not Severity.ERROR for f in lint("x", build(plan, neutral)[0].content))
