"""The sheet on paper: the same fields, escaped, and never the challenge."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from support.northwind import neutral, staff_plan, students_plan
from support.snapshots import file_type

from onboard.lint import scep_page as judge
from onboard.payloads.chromeos import scep_sheet
from onboard.payloads.chromeos.scep_page import build


@pytest.mark.parametrize("plan", [staff_plan(), students_plan()], ids=lambda plan: plan.group)
def test_page_as_file(plan, snapshot):
    """The page of a group is this file, and lint has nothing to say about it."""
    (artifact,) = build(plan, neutral)
    assert judge.lint(artifact.path, artifact.content) == ()
    assert artifact.content.decode() == snapshot(extension_class=file_type("html"))


def test_every_field_of_the_sheet_without_the_challenge():
    """Each label of the YAML is on the page; the challenge is named by its file only."""
    plan = staff_plan()
    (artifact,) = build(plan, neutral)
    text = artifact.content.decode()
    for label in scep_sheet.document(plan, neutral)["form"]:
        assert f'<th scope="row">{label}</th>' in text
    assert "correct-horse" not in text
    assert "is in staff.scep-profile.yaml" in text
    assert not artifact.secret


def test_odd_names_stay_text():
    """A name with markup is text on the page."""
    (artifact,) = build(replace(staff_plan(), organization_name="<script>alert(1)</script>"), neutral)
    tags: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.append(tag)
    parser.feed(artifact.content.decode())
    assert "script" not in tags
