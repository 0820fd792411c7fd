"""Dialects: every variable is spelled or refused with a reason, and what is spelled survives in a profile."""

from __future__ import annotations

import plistlib
import re

import pytest
from support.northwind import staff_plan, students_plan
from support.snapshots import file_type

from onboard.compose.for_mdm import marked
from onboard.dialects import DIALECTS
from onboard.errors import VariableError
from onboard.lint import lint
from onboard.lint.apple.tokens import is_final
from onboard.model import Platform
from onboard.names import ATTRIBUTES
from onboard.payloads.apple import build
from onboard.variables import CHALLENGE, KNOWN_WHEN_MADE, VARIABLES

# The names of `--mdm` in the contract.
NAMES = [
    *("jamf-pro", "intune", "fleet", "kandji", "mosyle", "simplemdm"),
    *("workspace-one", "zentral", "nanohub", "micromdm", "google-chrome"),
]
ASKED = [name for name in VARIABLES if name not in KNOWN_WHEN_MADE]
PAIRS = [(dialect, platform) for dialect in DIALECTS.values() for platform in sorted(dialect.platforms)]


def needed(plan) -> list[str]:
    asked = [name for name in plan.profile.variables if name not in KNOWN_WHEN_MADE]
    return asked if plan.scep.challenge else [*asked, CHALLENGE]


def test_the_contracts_dialects_are_there():
    """Exactly the promised names, each for platforms that exist."""
    assert list(DIALECTS) == NAMES
    assert {platform for _, platform in PAIRS} <= set(Platform)


def cases(*, spelled: bool) -> list:
    return [
        pytest.param(dialect, platform, variable, id=f"{dialect.name}-{platform}-{variable}")
        for dialect, platform in PAIRS
        for variable in ASKED
        if (variable in dialect.spellings[platform]) is spelled
    ]


@pytest.mark.parametrize(("dialect", "platform", "variable"), cases(spelled=True))
def test_a_spelling_is_a_variable_there(dialect, platform, variable):
    """What is written is no plain text: somebody fills it in."""
    spelled = dialect.spelling(platform, [variable])(variable)
    assert not is_final(spelled)


@pytest.mark.parametrize(("dialect", "platform", "variable"), cases(spelled=False))
def test_what_is_not_spelled_is_refused(dialect, platform, variable):
    """An error with the name, the MDM, a reason and a cure; never silence."""
    with pytest.raises(VariableError) as caught:
        dialect.spelling(platform, [variable])
    assert caught.value.names == (variable,)
    reason = dialect.refusals.get(variable, "it has no such variable, or none that is documented")
    assert str(caught.value) == f"{dialect.title} has no spelling for ${{{variable}}}: {reason}"
    assert caught.value.hint


@pytest.mark.parametrize("name", NAMES)
def test_one_time_challenges_are_refused_with_the_cure(name):
    """No MDM here can fetch our one-time challenge by a variable; the error says why and what works."""
    dialect = DIALECTS[name]
    platform = min(dialect.platforms)
    with pytest.raises(VariableError) as caught:
        dialect.spelling(platform, [CHALLENGE])
    assert dialect.one_time in str(caught.value)
    assert "static" in caught.value.hint


def test_all_missing_variables_are_named_at_once():
    """One error for everything that has no spelling."""
    with pytest.raises(VariableError) as caught:
        DIALECTS["nanohub"].spelling("apple", ["user.email", "user.upn", CHALLENGE])
    assert caught.value.names == ("user.email", "user.upn", CHALLENGE)
    assert str(caught.value).count("${") == 3


def test_a_foreign_platform_is_refused():
    """Jamf takes nothing for Windows, even where nothing is to be spelled in it."""
    with pytest.raises(VariableError, match="takes no payloads for windows"):
        DIALECTS["jamf-pro"].spelling("windows", [])


def test_what_is_known_when_made_needs_no_spelling():
    """The names of group and organization are text already."""
    DIALECTS["nanohub"].spelling("apple", ["group.name", "organization.name"])


@pytest.mark.parametrize("name", [n for n in NAMES if DIALECTS[n].renewal.marker])
def test_markers_are_attributes_with_a_form(name):
    """The server can tell a marker from anything else in the subject."""
    marker = DIALECTS[name].renewal.marker
    assert marker.attribute in ATTRIBUTES
    re.compile(marker.form)
    assert not marker.matches("")
    assert not marker.matches("ada@northwind.example, OU=admins")


def test_fleets_marker_is_what_fleet_sends():
    """Fleet expands it to `fleet-` and the profile's UUID, which has a letter before it."""
    marker = DIALECTS["fleet"].renewal.marker
    assert marker.matches("fleet-a9f8b6a1e-3c52-4f0e-9d52-0c7a4d3a1b11")
    assert not marker.matches("staff")


SPELLABLE = []
for dialect in DIALECTS.values():
    for plan in (staff_plan(), students_plan()):
        asked = [name for name in plan.profile.variables if name not in KNOWN_WHEN_MADE]
        if set(asked) <= dialect.spellings.get("apple", {}).keys():
            SPELLABLE.append((dialect, plan))


@pytest.mark.parametrize(("dialect", "plan"), SPELLABLE, ids=lambda v: getattr(v, "name", None) or v.group)
def test_profile_in_a_dialect(dialect, plan, snapshot):
    """The identity in an MDM's own words, in a profile that lint has nothing against."""
    asked = [name for name in plan.profile.variables if name not in KNOWN_WHEN_MADE]
    spelling = dialect.spelling("apple", asked)
    (artifact,) = build(
        marked(plan, dialect), lambda name: "a-static-challenge" if name == CHALLENGE else spelling(name)
    )
    assert lint(artifact.path, artifact.content) == ()
    scep = plistlib.loads(artifact.content)["PayloadContent"][2]["PayloadContent"]
    words = {key: scep[key] for key in ("Subject", "SubjectAltName") if key in scep}
    assert plistlib.dumps(words).decode() == snapshot(extension_class=file_type("plist"))


def test_some_dialect_carries_each_example_group():
    """The dialect snapshots are not vacuous."""
    assert {dialect.name for dialect, plan in SPELLABLE if plan.group == "staff"} == {"fleet", "zentral"}
    assert {dialect.name for dialect, plan in SPELLABLE if plan.group == "students"} == {
        *("jamf-pro", "intune", "fleet", "kandji", "mosyle", "workspace-one", "zentral"),
    }
    assert needed(students_plan())[-1] == CHALLENGE
