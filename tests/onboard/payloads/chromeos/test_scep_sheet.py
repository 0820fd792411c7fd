"""The SCEP sheet: every field of Google's form, the group's URL and challenge, and what cannot work."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import yaml
from support.northwind import neutral, staff_plan, students_plan, with_subject, without_challenge
from support.snapshots import file_type

from onboard.lint import scep_sheet as judge
from onboard.payloads.chromeos.scep_sheet import build
from onboard.pki import load_pem
from onboard.plan import GroupPlan
from onboard.secret import Secret


def sheet(plan: GroupPlan, spelling=neutral) -> dict:
    (artifact,) = build(plan, spelling)
    return yaml.BaseLoader(artifact.content).get_single_data()


@pytest.mark.parametrize("plan", [staff_plan(), students_plan()], ids=lambda plan: plan.group)
def test_sheet_as_file(plan, snapshot):
    """The sheet of a group is this file, and lint has nothing to say about it."""
    (artifact,) = build(without_challenge(plan), neutral)
    assert judge.lint(artifact.path, artifact.content) == ()
    assert artifact.content.decode() == snapshot(extension_class=file_type("yaml"))


def test_form_has_what_the_server_demands():
    """URL, challenge and subject are the group's own; a person's certificate goes to user platforms."""
    form = sheet(staff_plan())["form"]
    assert form["SCEP server URL"] == "https://scep.northwind.example/scep/staff"
    assert form["Challenge"] == "correct-horse-battery-staple"
    assert form["Common name"] == "${user.email}"
    assert form["Organization unit"] == "staff"
    assert form["Device platforms"] == "Chromebook (user)"
    assert form["Key usage"] == ["Key encipherment", "Signing"]
    assert sheet(students_plan())["form"]["Device platforms"] == "Chromebook (device)"


@pytest.mark.parametrize(
    "challenge", ["0123456789012345", "on", "a: b # c", '"quoted"', "~", "- x", "日本語"]
)
def test_challenge_survives_yaml(challenge):
    """Whatever a challenge looks like to YAML, its text is read back; the file is a secret then."""
    plan = staff_plan()
    plan = replace(plan, scep=replace(plan.scep, challenge=Secret(challenge)))
    (artifact,) = build(plan, neutral)
    assert artifact.secret
    assert sheet(plan)["form"]["Challenge"] == challenge


def test_one_time_challenges_do_not_fit():
    """The connector has one static challenge: a group with one-time challenges is told so."""
    assert not build(students_plan(), neutral)[0].secret
    assert sheet(students_plan())["form"]["Challenge"] == "${challenge}"
    assert any("one-time" in notice for notice in sheet(students_plan())["notices"])
    assert not any("one-time" in notice for notice in sheet(staff_plan())["notices"])


def test_console_variables_are_explained():
    """The sheet keeps our variables and says what the console calls them, or what to do without."""
    found = sheet(staff_plan())
    assert found["write_in_the_console"] == {"${user.email}": "${USER_EMAIL}"}
    assert any("${user.upn}" in notice and "Leave that" in notice for notice in found["notices"])
    found = sheet(students_plan())
    assert "write_in_the_console" not in found
    assert any("${device.id}" in notice and "cannot work" in notice for notice in found["notices"])


def test_spelled_variables_need_no_legend():
    """Where the console's spelling stands already, nothing is left to explain."""
    found = sheet(staff_plan(), lambda name: "${USER_EMAIL}")
    assert found["form"]["Common name"] == "${USER_EMAIL}"
    assert "write_in_the_console" not in found


@pytest.mark.parametrize(
    ("subject", "word"),
    [
        ({"common_name": "${device.fqdn}"}, "${device.fqdn}"),
        ({"common_name": "x", "serial_number": "y"}, "serial_number"),
    ],
)
def test_what_the_form_cannot_say(subject, word):
    """A variable or an attribute that the console lacks is a notice, not silence."""
    assert any(word in notice for notice in sheet(with_subject(staff_plan(), **subject))["notices"])


@pytest.mark.parametrize(("days", "years"), [(90, "1"), (365, "1"), (366, "1"), (367, "2"), (1095, "3")])
def test_validity_in_whole_years(days, years):
    """The form takes whole years, rounded up."""
    plan = staff_plan()
    plan = replace(plan, profile=replace(plan.profile, valid_for=timedelta(days=days)))
    assert sheet(plan)["form"]["Certificate validity period (years)"] == years


def test_certificates_can_be_copied_out():
    """The whole chain is there as PEM with its fingerprint."""
    listed = sheet(staff_plan())["certificates"]
    found = [load_pem("x", entry["pem"].encode(), "x") for entry in listed]
    assert [c.common_name for c in found] == ["Northwind Root CA", "Northwind Staff Issuing CA"]
    assert [c.sha256.hex() for c in found] == [entry["sha256"] for entry in listed]


def test_sunset_is_said():
    """No sheet leaves without the warning that this interface ends."""
    assert any("2026" in notice for notice in sheet(staff_plan())["notices"])
