"""What a tenant of Google Admin gets: each file for its level, the connector's sheet where it works."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import yaml
from support.northwind import staff_plan, students_plan

from onboard.compose.for_mdm import compose_for, remarks
from onboard.dialects import DIALECTS
from onboard.errors import Severity
from onboard.lint import lint
from onboard.lint.onc import Mode, validate
from onboard.model import Platform
from onboard.names import ATTRIBUTES
from onboard.payloads.chromeos.tenant import build, connector_trouble
from onboard.plan import GroupPlan, SubjectPart
from onboard.variables import Template

GOOGLE = DIALECTS["google-chrome"]


def files(plan: GroupPlan, **more) -> dict[str, bytes]:
    return {a.path.rpartition("/")[2]: a.content for a in build(plan, **more)}


def test_people() -> None:
    """A group of people gets user policy, both sheets and the requests; nothing for devices."""
    assert list(files(staff_plan())) == [
        "staff.onc",
        "staff.scep-profile.yaml",
        "staff.provisioning.yaml",
        "staff.policy.json",
    ]


def test_devices() -> None:
    """A group of devices also gets the policy that leaves the onboarding network, blocked by its bytes."""
    made = files(students_plan())
    assert list(made)[:2] == ["students.onc", "students.enrolled.onc"]
    blocked = json.loads(made["students.enrolled.onc"])["GlobalNetworkConfiguration"]
    assert blocked == {"BlockedHexSSIDs": [b"Northwind-Start".hex().upper()]}
    # Before it has a certificate, a device must be able to join the onboarding network.
    assert "GlobalNetworkConfiguration" not in json.loads(made["students.onc"])


def test_nothing_is_blocked_that_the_group_uses() -> None:
    """Without an onboarding network, or when it is the group's own, there is no policy that blocks."""
    plan = students_plan()
    assert "students.enrolled.onc" not in files(replace(plan, onboarding_ssid=None))
    assert "students.enrolled.onc" not in files(replace(plan, onboarding_ssid=plan.networks[0].ssid))


@pytest.mark.parametrize(
    ("plan", "mode"), [(staff_plan(), Mode.USER_POLICY), (students_plan(), Mode.DEVICE_POLICY)]
)
def test_each_network_file_is_good_at_its_level(plan, mode) -> None:
    """Every ONC passes Chromium's rules in the mode of its level, with and without a profile id."""
    for more in ({}, {"profile_id": "profile-7"}):
        for name, content in files(plan, **more).items():
            if name.endswith(".onc"):
                assert not [f for f in validate(name, content, mode) if f.severity is Severity.ERROR]


@pytest.mark.parametrize("plan", [staff_plan(), students_plan()], ids=lambda plan: plan.group)
def test_the_profile_id_is_in_network_and_policy(plan) -> None:
    """With Google's id the networks find their certificate by it, and the enrolment policy names it."""
    made = files(plan, profile_id="profile-7")
    eap = json.loads(made[f"{plan.group}.onc"])["NetworkConfigurations"][0]["WiFi"]["EAP"]
    assert eap["ClientCertProvisioningProfileId"] == "profile-7"
    ((_, (profile,)),) = json.loads(made[f"{plan.group}.required-client-cert.json"]).items()
    assert profile["cert_profile_id"] == "profile-7"
    other = json.loads(files(plan, profile_id="profile-8")[f"{plan.group}.required-client-cert.json"])
    ((_, (another,)),) = other.items()
    assert another["policy_version"] != profile["policy_version"]


@pytest.mark.parametrize("plan", [staff_plan(), students_plan()], ids=lambda plan: plan.group)
def test_lint_has_nothing_to_say(plan) -> None:
    """Every file is of a known format and without a finding."""
    for name, content in files(plan, profile_id="profile-7").items():
        assert lint(name, content) == (), name


def test_the_connector_gets_what_it_can_write() -> None:
    """Alternative names that the console cannot write are left out; what it writes is in its own spelling."""
    form = yaml.BaseLoader(files(staff_plan())["staff.scep-profile.yaml"]).get_single_data()["form"]
    assert form["Common name"] == "${USER_EMAIL}"
    assert [name["type"] for name in form["Subject alternative name"]] == ["RFC 822 name"]


def test_the_connector_is_told_why_not() -> None:
    """One-time challenges and subjects that the console cannot write cost the connector's sheet, not more."""
    assert not connector_trouble(staff_plan())
    trouble = connector_trouble(students_plan())
    assert "${device.id}" in trouble
    assert "one static challenge" in trouble
    assert "students.scep-profile.yaml" not in files(students_plan())
    (remark,) = remarks(students_plan(), GOOGLE)
    assert trouble in remark
    assert not remarks(staff_plan(), GOOGLE)
    assert not remarks(students_plan(), GOOGLE, [Platform.APPLE])


def test_no_variable_of_ours_is_left() -> None:
    """Whatever Google does not fill in would end up as text in a certificate."""
    subject = (SubjectPart(type=ATTRIBUTES["common_name"], value=Template.of("user.upn")),)
    odd = replace(staff_plan(), scep=replace(staff_plan().scep, subject=subject))
    for plan in (staff_plan(), students_plan(), odd):
        for checked in compose_for(plan, GOOGLE):
            assert b"${user." not in checked.artifact.content
            assert b"${device." not in checked.artifact.content
            assert b"${challenge}" not in checked.artifact.content


def test_the_challenge_is_in_one_file() -> None:
    """Only the connector's sheet is a secret."""
    assert [a.path for a in build(staff_plan()) if a.secret] == ["staff/chromeos/staff.scep-profile.yaml"]
