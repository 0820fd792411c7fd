"""The provisioning sheet: references that the adapter finds, and what Google cannot tell it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from support.northwind import NORTHWIND, neutral, staff_plan, students_plan
from support.snapshots import file_type

from onboard.adapter import api
from onboard.cli.operate.chrome_adapter import _SUBSCRIPTION
from onboard.dialects.google import ADAPTER_FIELDS, adapter_refusal
from onboard.lint import provisioning_sheet as judge
from onboard.names import ATTRIBUTES
from onboard.payloads.chromeos import provisioning_sheet
from onboard.payloads.chromeos.provisioning_sheet import build
from onboard.plan import GroupPlan, SubjectPart
from onboard.variables import KNOWN_WHEN_MADE, VARIABLES, Holder, Template


def sheet(plan: GroupPlan) -> dict:
    (artifact,) = build(plan, neutral)
    return yaml.BaseLoader(artifact.content).get_single_data()


@pytest.mark.parametrize("plan", [staff_plan(), students_plan()], ids=lambda plan: plan.group)
def test_sheet_as_file(plan, snapshot):
    """The sheet of a group is this file, without a secret, and lint has nothing to say about it."""
    (artifact,) = build(plan, neutral)
    assert judge.lint(artifact.path, artifact.content) == ()
    assert not artifact.secret
    assert artifact.content.decode() == snapshot(extension_class=file_type("yaml"))


@pytest.mark.parametrize("plan", [staff_plan(), students_plan()], ids=lambda plan: plan.group)
def test_references_are_what_the_adapter_looks_up(plan):
    """The CA connection refers to the organization's identifier, the profile to the group's name."""
    found = sheet(plan)
    assert found["ca_connection"]["Adapter configuration reference"] == NORTHWIND.identifier
    assert found["profile"]["Adapter configuration reference"] == NORTHWIND.group(plan.group).name
    assert found["profile"]["Applies to"] == ("Users" if plan.holder is Holder.USER else "Devices")


def test_scope_and_command_are_the_adapters_own():
    """The scope is the one the adapter asks for, and its command line would be taken."""
    assert provisioning_sheet.SCOPE == api.SCOPE
    assert _SUBSCRIPTION.fullmatch(sheet(staff_plan())["adapter"]["subscription"])


def test_what_google_does_not_tell():
    """A subject that Google cannot fill is told to be refused, an alternative name to be left out."""
    plan = staff_plan()
    assert any("user.upn" in notice and "left out" in notice for notice in sheet(plan)["notices"])
    subject = (SubjectPart(type=ATTRIBUTES["common_name"], value=Template.of("user.upn")),)
    plan = replace(plan, scep=replace(plan.scep, subject=subject))
    assert any("user.upn" in notice and "refuses" in notice for notice in sheet(plan)["notices"])
    assert not [notice for notice in sheet(students_plan())["notices"] if "device.id" in notice]


def test_people_with_device_names_need_managed_devices():
    """A person's certificate that names the device works where Google tells of the device only."""
    plan = staff_plan()
    subject = (*plan.profile.subject, replace(plan.profile.subject[0], value=Template.of("device.serial")))
    plan = replace(plan, profile=replace(plan.profile, subject=subject))
    assert any("managed Chromebooks only" in notice for notice in sheet(plan)["notices"])


@pytest.mark.parametrize("name", sorted(set(VARIABLES) - KNOWN_WHEN_MADE))
def test_each_variable_is_known_or_refused_with_a_reason(name):
    """No variable is without an answer: a field of the API, or a reason of its own."""
    assert (name in ADAPTER_FIELDS) != (adapter_refusal(name) not in _GENERAL)


_GENERAL = {"Google gives none with this request", "Google does not know it"}
