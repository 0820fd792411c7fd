"""`title` of a group: what people see, and nothing that a device goes by."""

from __future__ import annotations

import json
import plistlib
from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree as ET

from support.northwind import NORTHWIND, STAFF, STAFF_CHALLENGE, certificates

from onboard.artifact import Artifact
from onboard.changes.sets import compare_sets
from onboard.changes.verdict import Effect
from onboard.compose import compose
from onboard.compose.for_mdm import compose_for
from onboard.compose.spelling import neutral
from onboard.dialects import DIALECTS
from onboard.plan import GroupPlan, make_plan

TITLE = "Staff and faculty"


def plan(title: str = TITLE) -> GroupPlan:
    return make_plan(NORTHWIND, replace(STAFF, title=title), certificates(), STAFF_CHALLENGE)


def made(title: str = TITLE) -> dict[str, Artifact]:
    """Artifacts by path."""
    return {one.artifact.path: one.artifact for one in compose(plan(title), neutral)}


def seen(value: object) -> Iterator[str]:
    """Every text that a profile shows."""
    if isinstance(value, dict):
        for key, inside in value.items():
            if key in {"PayloadDisplayName", "PayloadDescription"}:
                yield inside
            else:
                yield from seen(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from seen(inside)


def test_people_see_the_title():
    """In profile lists, in installers of unmanaged phones and in Intune; the key is not shown there."""
    found = made()
    shown = list(seen(plistlib.loads(found["staff/apple/staff.mobileconfig"].content)))
    assert f"Northwind University: {TITLE}" in shown
    assert f"Certificate for Northwind University ({TITLE})" in shown
    installer = ET.fromstring(found["staff/android/staff.eap-config"].content)
    assert [e.text for e in installer.iter("DisplayName")] == [f"Northwind University ({TITLE})"]
    for one in compose_for(plan(), DIALECTS["intune"]):
        if one.artifact.kind == "graph":
            objects = json.loads(one.artifact.content)["objects"]
            assert all(entry["body"]["displayName"].split(":")[0].endswith(TITLE) for entry in objects)


def test_without_a_title_the_key_is_shown():
    """As before there were titles."""
    assert {p: a.content for p, a in made("").items()} == {p: a.content for p, a in made("staff").items()}


def test_a_title_changes_no_identifier():
    """Nobody enrols again; Intune's marker, which says whether an object is another, stays as well."""
    old, new = ({p: a.content for p, a in made(title).items()} for title in ("", TITLE))
    assert old.keys() == new.keys()
    effects = {
        effect for found in compare_sets(old, new).values() for c in found.changes for effect in c.effects
    }
    assert effects <= {Effect.REINSTALL}
    markers = [
        [entry["body"]["description"] for entry in json.loads(one.artifact.content)["objects"]]
        for title in ("", TITLE)
        for one in compose_for(plan(title), DIALECTS["intune"])
        if one.artifact.path == "staff/windows/staff.graph.json"
    ]
    assert markers[0] == markers[1]


def test_only_files_that_show_it_change():
    """A script or a network profile has nobody to show it to."""
    old, new = made(""), made()
    changed = {path.rpartition("/")[2] for path in old if old[path].content != new[path].content}
    assert changed == {"staff.mobileconfig", "staff.eap-config"}
