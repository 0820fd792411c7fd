"""ONC: what a Chromebook is told, in one file that is good as device policy, user policy and import."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from support.northwind import certificates, neutral, staff_plan, students_plan
from support.snapshots import file_type

from onboard.lint.onc import Mode, validate
from onboard.model import NetworkType, Security, Ssid
from onboard.names import ATTRIBUTES
from onboard.payloads.chromeos.onc import build
from onboard.plan import GroupPlan, SubjectPart
from onboard.variables import Template

PLANS = pytest.mark.parametrize("plan", [staff_plan(), students_plan()], ids=lambda plan: plan.group)


def onc(plan: GroupPlan) -> dict:
    (artifact,) = build(plan, neutral)
    return json.loads(artifact.content)


def eap(plan: GroupPlan) -> dict:
    return onc(plan)["NetworkConfigurations"][0]["WiFi"]["EAP"]


def with_networks(plan: GroupPlan, *changes: dict) -> GroupPlan:
    return replace(plan, networks=tuple(replace(plan.networks[0], **change) for change in changes))


@PLANS
def test_onc_as_file(plan, snapshot):
    """The ONC of a group is this file."""
    (artifact,) = build(plan, neutral)
    assert artifact.content.decode() == snapshot(extension_class=file_type("onc"))


@PLANS
@pytest.mark.parametrize("mode", Mode)
def test_good_everywhere(plan, mode):
    """Nothing of it is refused, wherever it is sent; only the level can be a poor choice."""
    (artifact,) = build(plan, neutral)
    rules = {finding.rule for finding in validate(artifact.path, artifact.content, mode)}
    assert rules <= ({"onc-lint-05"} if mode is Mode.DEVICE_POLICY else set())


def test_server_is_pinned():
    """The private root alone vouches for the server, by exact name and by suffix."""
    found = eap(staff_plan())
    anchor = next(c for c in onc(staff_plan())["Certificates"] if c["GUID"] == found["ServerCARefs"][0])
    assert base64.b64decode(anchor["X509"]) == certificates()["root"].der
    assert found["UseSystemCAs"] is False
    assert found["SubjectAlternativeNameMatch"] == [{"Type": "DNS", "Value": "radius.northwind.example"}]
    assert found["DomainSuffixMatch"] == ["radius.northwind.example"]


def test_wildcard_leaves_the_suffix_alone():
    """Both lists must match, so a name with a wildcard drops the exact list."""
    plan = with_networks(staff_plan(), {"server_names": ("*.radius.example", "radius.example", "b.example")})
    assert "SubjectAlternativeNameMatch" not in eap(plan)
    assert eap(plan)["DomainSuffixMatch"] == ["radius.example", "b.example"]


def test_client_certificate_by_issuer_and_group():
    """The certificate is found by its issuing CA, which is shipped, and by the group that it names."""
    plan = students_plan()
    found = eap(plan)["ClientCertPattern"]
    issuing = next(c for c in onc(plan)["Certificates"] if c["GUID"] == found["IssuerCARef"][0])
    assert base64.b64decode(issuing["X509"]) == plan.issuing.der
    assert found["Subject"] == {"OrganizationalUnit": "students"}


def test_pattern_without_a_fixed_unit():
    """A unit that is a variable cannot be a pattern: ONC does not expand there."""
    unit = SubjectPart(type=ATTRIBUTES["organizational_unit"], value=Template.parse("${user.name}"))
    plan = staff_plan()
    plan = replace(plan, scep=replace(plan.scep, subject=(plan.scep.subject[0], unit)))
    assert set(eap(plan)["ClientCertPattern"]) == {"IssuerCARef"}


@pytest.mark.parametrize(
    ("names", "subject", "expected"),
    [
        (2, 1, "${CERT_SAN_EMAIL}"),
        (1, 1, "${CERT_SAN_UPN}"),
        (0, 1, "${CERT_SUBJECT_COMMON_NAME}"),
        (0, 0, "staff"),
    ],
)
def test_identity_is_what_the_certificate_says(names, subject, expected):
    """The identity is read from the certificate: e-mail, else UPN, else common name; else the group."""
    plan = staff_plan()
    scep = replace(
        plan.scep,
        subject_alt_names=plan.scep.subject_alt_names[2 - names :],
        subject=plan.scep.subject[:subject],
    )
    assert eap(replace(plan, scep=scep))["Identity"] == expected


def test_no_variable_of_ours_inside():
    """ONC's placeholders and ours are two worlds: none of ours reaches a Chromebook."""
    (artifact,) = build(staff_plan(), lambda name: pytest.fail(f"asked for {name}"))
    assert b"${user." not in artifact.content


def test_identifiers_survive_changes_of_content():
    """A network keeps its GUID when its servers change; a certificate has one for each fingerprint."""
    before, after = staff_plan(), with_networks(staff_plan(), {"server_names": ("other.example",)})
    assert onc(before)["NetworkConfigurations"][0]["GUID"] == onc(after)["NetworkConfigurations"][0]["GUID"]
    guids = [certificate["GUID"] for certificate in onc(before)["Certificates"]]
    assert len(set(guids)) == len(guids) == 2
    assert not set(guids) & {certificate["GUID"] for certificate in onc(students_plan())["Certificates"]}


def test_one_wired_network_the_preferred():
    """ChromeOS keeps the last wired configuration of a file, so only the preferred one is in it."""
    wired = {"type": NetworkType.ETHERNET, "ssid": None, "security": None}
    plan = with_networks(staff_plan(), {}, {"name": "desk", **wired}, {"name": "lab", **wired})
    names = [entry["Name"] for entry in onc(plan)["NetworkConfigurations"]]
    assert names == ["Northwind", "Northwind University (desk)"]


@pytest.mark.parametrize("security", Security)
def test_every_security_is_wpa_eap(security):
    """ONC has one word for every WPA generation."""
    plan = with_networks(staff_plan(), {"security": security, "ssid": Ssid('Bob & "Co" <日本>')})
    wifi = onc(plan)["NetworkConfigurations"][0]["WiFi"]
    assert (wifi["Security"], wifi["SSID"], wifi["AutoConnect"]) == ("WPA-EAP", 'Bob & "Co" <日本>', True)


def test_same_bytes_and_no_secret():
    """Two builds give the same bytes, and the challenge is nowhere in them."""
    first, second = (build(staff_plan(), neutral)[0] for _ in range(2))
    assert first == second
    assert not first.secret
    assert b"correct-horse" not in first.content
