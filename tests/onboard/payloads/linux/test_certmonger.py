"""The enrolment script: settings that mean what they say, whatever is in them, in any POSIX shell."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.northwind import neutral, staff_plan, students_plan, with_subject, without_challenge
from support.snapshots import file_type

from onboard.errors import PayloadError
from onboard.lint import certmonger as judge
from onboard.names import AltNameKind
from onboard.payloads.linux.certmonger import build, escape_dn, quote
from onboard.plan import AltNamePart, GroupPlan
from onboard.secret import Secret
from onboard.variables import Template

SHELLS = [shell for shell in ("dash", "bash", "sh") if shutil.which(shell)]


def script(plan: GroupPlan, spelling=neutral) -> str:
    (artifact,) = build(plan, spelling)
    return artifact.content.decode()


def settings(plan: GroupPlan, spelling=neutral):
    return judge.parse_settings(script(plan, spelling))


@pytest.mark.parametrize("plan", [staff_plan(), students_plan()], ids=lambda plan: plan.group)
def test_script_as_file(plan, snapshot):
    """The script of a group is this file, and lint has nothing to say about it."""
    (artifact,) = build(without_challenge(plan), neutral)
    assert judge.lint(artifact.path, artifact.content) == ()
    assert artifact.content.decode() == snapshot(extension_class=file_type("sh"))


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("plan", [staff_plan(), students_plan()], ids=lambda plan: plan.group)
def test_every_shell_reads_it(shell, plan):
    """The script is well-formed for each shell that is here."""
    done = subprocess.run([shell, "-n"], input=script(plan).encode(), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_settings_are_the_groups_own():
    """URL, pin, challenge, subject and key are what the plan says."""
    plan = staff_plan()
    found = settings(plan)
    assert found["scep_url"] == plan.scep.url
    assert found["root_sha256"] == plan.root.sha256.hex()
    assert found["challenge"] == "correct-horse-battery-staple"
    assert found["subject"] == "CN=${user.email},OU=staff,O=Northwind University"
    assert found["email"] == "${user.email}"
    assert (found["key_bits"], found["extended_key_usage"]) == ("2048", "1.3.6.1.5.5.7.3.2")


def test_secret_exactly_with_a_challenge():
    """The file is a secret where the challenge is in it; a one-time challenge leaves its place."""
    assert build(staff_plan(), neutral)[0].secret
    (artifact,) = build(students_plan(), neutral)
    assert not artifact.secret
    assert settings(students_plan())["challenge"] == "${challenge}"


def test_head_says_what_to_give():
    """What must be given on the command line is in the head; what the computer knows is not."""
    assert "sh staff.sh user.email=VALUE\n" in script(staff_plan())
    assert "sh students.sh --challenge-file FILE\n" in script(students_plan())


def test_known_values_are_escaped_once():
    """A value with a comma stays one value of the subject; elsewhere it stays as it is."""
    found = settings(staff_plan(), {"user.email": 'smith, "j"@x.example'}.__getitem__)
    assert found["subject"] == 'CN=smith\\, \\"j\\"@x.example,OU=staff,O=Northwind University'
    assert found["email"] == 'smith, "j"@x.example'


def test_rare_attributes_by_oid():
    """Attribute names that certmonger would drop are written as OIDs."""
    plan = with_subject(staff_plan(), common_name="x", serial_number="5", domain_component="example")
    assert settings(plan)["subject"] == "CN=x,2.5.4.5=5,DC=example"


@pytest.mark.parametrize(
    ("kinds", "word"),
    [
        ((AltNameKind.UPN,), "user principal name"),
        ((AltNameKind.URI,), "URI"),
        ((AltNameKind.DNS, AltNameKind.DNS), "Only the first dns"),
    ],
)
def test_names_that_cannot_be_asked_for(kinds, word):
    """What certmonger has no option for is not asked for, and the head says so."""
    plan = staff_plan()
    names = tuple(AltNamePart(kind=kind, value=Template(("x.example",))) for kind in kinds)
    text = script(replace(plan, scep=replace(plan.scep, subject_alt_names=names)))
    assert word in text.partition("set -eu")[0]


@given(st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" '\"\\$`!"), max_size=40))
def test_any_challenge_is_one_word(challenge):
    """Whatever a challenge holds, the settings give it back and nothing else moves."""
    plan = staff_plan()
    plan = replace(plan, scep=replace(plan.scep, challenge=Secret(f"x{challenge}")))
    found = settings(plan)
    assert found["challenge"] == f"x{challenge}"
    assert {k: v for k, v in found.items() if k != "challenge"} == {
        k: v for k, v in settings(staff_plan()).items() if k != "challenge"
    }


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=30))
def test_the_shell_agrees(value):
    """A real shell reads a quoted setting as the same text."""
    done = subprocess.run(
        ["sh", "-c", f"v={quote(value)}; printf '%s' \"$v\""], capture_output=True, check=True
    )
    assert done.stdout.decode() == value


@pytest.mark.parametrize("value", ["a\nb", "a\x00", "\x1b[2J"])
def test_control_characters_are_refused(value):
    """No setting needs a line end, and a terminal may obey the rest."""
    with pytest.raises(PayloadError, match="control characters") as caught:
        quote(value)
    assert value not in str(caught.value)


@given(st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=30))
def test_escaped_names_read_back(value):
    """RFC 4514: unescaping gives the value, and no separator is left bare."""
    escaped = escape_dn(value)
    assert re.sub(r"\\(.)", r"\1", escaped) == value
    assert not re.search(r'(?<!\\)(?:\\\\)*[,+"<>;=]', re.sub(r'\\[,+"\\<>;=# ]', "", escaped))


def test_helper_pins_the_same_root():
    """The helper that runs at every renewal pins the root that the settings pin."""
    text = script(staff_plan())
    assert text.count(f"root_sha256='{staff_plan().root.sha256.hex()}'") == 2
    assert text.count("scep_url='https://scep.northwind.example/scep/staff'") == 2
