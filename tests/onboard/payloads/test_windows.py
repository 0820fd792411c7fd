"""The files of a group: which ones, that they are stable, and what they look like."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest
from defusedxml import ElementTree as SafeET
from support.northwind import STAFF_CHALLENGE, neutral, staff_plan, students_plan
from support.snapshots import file_type

from onboard.payloads.windows import build
from onboard.secret import Secret


def _by_name(plan) -> dict[str, bytes]:
    return {artifact.path.split("/", 2)[2]: artifact.content for artifact in build(plan, neutral)}


def _shown(content: bytes) -> str:
    """A snapshot holds no secret, not even a test's."""
    return content.decode().replace(STAFF_CHALLENGE.reveal(), "CHALLENGE")


def test_kinds_are_those_of_the_contract():
    """A profile for each network, one SyncML file, one script, and instructions."""
    kinds = Counter(artifact.kind for artifact in build(staff_plan(), neutral))
    assert kinds == {
        "wlan-profile": 1,
        "lan-profile": 1,
        "provisioning-package": 1,
        "syncml": 1,
        "script": 1,
        "gpo": 3,
        "instructions": 1,
    }


def test_paths_name_group_and_network():
    """Files lie in GROUP/windows and are named after the network or the group."""
    assert [artifact.path for artifact in build(staff_plan(), neutral)] == [
        "staff/windows/wlan-campus.xml",
        "staff/windows/lan-desk.xml",
        "staff/windows/customizations.xml",
        "staff/windows/staff.syncml.xml",
        "staff/windows/staff.ps1",
        "staff/windows/gpo/wlan-campus.xml",
        "staff/windows/gpo/lan-desk.xml",
        "staff/windows/gpo/checklist.md",
        "staff/windows/README.md",
    ]


@pytest.mark.parametrize("plan", [staff_plan, students_plan])
def test_same_plan_same_bytes(plan):
    """Two builds of one plan differ in no byte."""
    assert build(plan(), neutral) == build(plan(), neutral)


def test_only_files_that_hold_the_challenge_are_secret():
    """The static challenge is in SyncML and script, and in nothing else."""
    for artifact in build(staff_plan(), neutral):
        assert artifact.secret == (STAFF_CHALLENGE.reveal().encode() in artifact.content), artifact.path
        assert artifact.secret == (artifact.kind in {"syncml", "script"})


def test_one_time_challenge_leaves_its_place_and_no_secret():
    """Neutral SyncML of a one-time group keeps `${challenge}`, and no file is secret."""
    artifacts = build(students_plan(), neutral)
    assert not any(artifact.secret for artifact in artifacts)
    assert b"${challenge}" in _by_name(students_plan())["students.syncml.xml"]


def test_minted_challenge_makes_the_files_secret():
    """A one-time challenge that is filled in is as secret as a static one."""

    def filled(name: str) -> str:
        return {"challenge": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "device.id": "0a1b"}[name]

    secret = {artifact.kind: artifact.secret for artifact in build(students_plan(), filled)}
    assert secret == {
        "wlan-profile": False,
        "provisioning-package": False,
        "syncml": True,
        "script": True,
        "gpo": False,
        "instructions": False,
    }


def test_no_file_has_a_bom_or_a_carriage_return():
    """Files are UTF-8 (scripts: ASCII) without BOM, with LF line ends and one at the end."""
    for artifact in build(staff_plan(), neutral):
        assert not artifact.content.startswith(b"\xef\xbb\xbf")
        assert b"\r" not in artifact.content
        assert artifact.content.endswith(b"\n")
        artifact.content.decode("ascii" if artifact.kind == "script" else "utf-8")


def test_profiles_say_nothing_of_the_endpoint():
    """A new challenge or SCEP URL changes no network profile, so nobody loses the network over it."""
    plan = staff_plan()
    moved = replace(plan, scep=replace(plan.scep, url="https://other.example/x", challenge=Secret("a" * 26)))
    before, after = _by_name(plan), _by_name(moved)
    assert before["wlan-campus.xml"] == after["wlan-campus.xml"]
    assert before["lan-desk.xml"] == after["lan-desk.xml"]
    assert before["staff.syncml.xml"] != after["staff.syncml.xml"]


@pytest.mark.parametrize(
    "name", ["wlan-campus.xml", "lan-desk.xml", "staff.syncml.xml", "customizations.xml"]
)
def test_xml_as_recorded(name, snapshot):
    """The XML of the staff group is what was recorded; the semantic tests beside say why."""
    assert _shown(_by_name(staff_plan())[name]) == snapshot.use_extension(file_type("xml"))


def test_machine_profile_as_recorded(snapshot):
    """The WLAN profile of the students' machines is what was recorded."""
    assert _shown(_by_name(students_plan())["wlan-campus.xml"]) == snapshot.use_extension(file_type("xml"))


def test_script_as_recorded(snapshot):
    """The script of the staff group is what was recorded."""
    assert _shown(_by_name(staff_plan())["staff.ps1"]) == snapshot.use_extension(file_type("ps1"))


@pytest.mark.parametrize("plan", [staff_plan, students_plan])
def test_instructions_as_recorded(plan, snapshot):
    """What the administrator reads is what was recorded."""
    assert _by_name(plan())["README.md"].decode() == snapshot.use_extension(file_type("md"))


@pytest.mark.parametrize("plan", [staff_plan, students_plan])
def test_checklist_as_recorded(plan, snapshot):
    """The steps of a Group Policy are what was recorded."""
    assert _by_name(plan())["gpo/checklist.md"].decode() == snapshot.use_extension(file_type("md"))


def test_texts_speak_of_what_there_is():
    """Files that are named exist, and a group that has no wire hears nothing of one."""
    for plan in (staff_plan(), students_plan()):
        files = _by_name(plan)
        named = {
            text: set(re.findall(r"`([a-z/-]+\.(?:syncml\.xml|xml|ps1|md))`", files[text].decode()))
            for text in ("README.md", "gpo/checklist.md")
        }
        networks = {name for name in files if name.startswith(("wlan-", "lan-"))}
        policy = {name for name in files if name.startswith("gpo/")}
        assert named["README.md"] == set(files) - networks - policy - {"README.md"} | {"gpo/checklist.md"}
        assert named["gpo/checklist.md"] == networks | {f"{plan.group}.ps1"}
        assert policy == {"gpo/checklist.md"} | {f"gpo/{name}" for name in networks}
    assert b"Wired" not in _by_name(students_plan())["gpo/checklist.md"]


def test_group_policy_gets_the_profiles_as_they_are():
    """What the editor imports is what every other way brings: one truth in two folders."""
    files = _by_name(staff_plan())
    for name in ("wlan-campus.xml", "lan-desk.xml"):
        assert files[f"gpo/{name}"] == files[name]


def test_checklist_follows_holder_and_challenge():
    """A machine's script runs at startup; what that cannot do with one-time challenges is said."""
    staff, students = (_by_name(p)["gpo/checklist.md"].decode() for p in (staff_plan(), students_plan()))
    assert "user logon script" in staff
    assert "SYSVOL" in staff
    assert "computer startup script" in students
    assert "one-time" in students


def test_instructions_follow_holder_and_challenge():
    """A machine's script runs as SYSTEM; a one-time challenge is asked for, a static one is warned of."""
    staff, students = (_by_name(p)["README.md"].decode() for p in (staff_plan(), students_plan()))
    assert "ONBOARD_CHALLENGE" in students
    assert "ONBOARD_CHALLENGE" not in staff
    assert "as SYSTEM, for example" in students
    assert "not as SYSTEM" in staff


def test_the_package_brings_the_onboarding_network():
    """A computer in setup joins the open onboarding network by itself; without one there is no package."""
    root = SafeET.fromstring(_by_name(staff_plan())["customizations.xml"])
    ns = "{urn:schemas-microsoft-com:windows-provisioning}"
    (network,) = root.iter(f"{ns}WLANConfig")
    assert network.attrib == {"SSID": "Northwind-Start", "Name": "Northwind-Start"}
    assert {child.tag.removeprefix(ns): child.text for child in network[0]} == {
        "AutoConnect": "True",
        "HiddenNetwork": "False",
        "SecurityType": "Open",
    }
    files = _by_name(replace(staff_plan(), onboarding_ssid=None))
    assert "customizations.xml" not in files
    assert "customizations.xml" not in files["README.md"].decode()
