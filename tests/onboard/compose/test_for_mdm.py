"""Payloads for an MDM: its own words, its marker, no signature, and refusals that name every reason."""

from __future__ import annotations

import json
import plistlib
from dataclasses import replace

import pytest
from support.northwind import DEVICE_EAP_TLS, USER_EAP_TLS, staff_plan, students_plan
from support.snapshots import file_type

from onboard.cms import is_cms
from onboard.compose.for_mdm import carried, compose_for, marked, needed, refused, remarks
from onboard.dialects import DIALECTS
from onboard.errors import PayloadError, VariableError
from onboard.lint import lint
from onboard.model import Platform, Ssid, SubjectAttribute
from onboard.names import ATTRIBUTES
from onboard.plan import GroupPlan, SubjectPart
from onboard.secret import Secret
from onboard.variables import Template

APPLE = [dialect for dialect in DIALECTS.values() if "apple" in dialect.platforms]
CHALLENGE = Secret("a-static-challenge-of-nobody")


def plan_for(dialect) -> GroupPlan:
    """Staff with a subject that the dialect can spell: a person, a device, or nothing but the group."""
    known = dialect.spellings["apple"]
    name = next((n for n in ("user.email", "device.id", "user.upn") if n in known), "")
    value = Template.of(name) if name else Template(("a-shared-device",))
    profile = replace(
        DEVICE_EAP_TLS if name.startswith("device") or not name else USER_EAP_TLS,
        subject=(SubjectAttribute(type=ATTRIBUTES["common_name"], value=value),),
        subject_alt_names=(),
    )
    plan = staff_plan()
    parts = (SubjectPart(type=ATTRIBUTES["common_name"], value=value), *plan.scep.subject[1:])
    scep = replace(plan.scep, challenge=CHALLENGE, subject=parts, subject_alt_names=())
    return replace(plan, profile=profile, scep=scep)


def profile_for(dialect) -> bytes:
    artifacts = compose_for(plan_for(dialect), dialect, platforms=[Platform.APPLE])
    (found,) = (c.artifact for c in artifacts if c.artifact.kind == "mobileconfig")
    return found.content


@pytest.mark.parametrize("dialect", APPLE, ids=lambda dialect: dialect.name)
def test_profile_as_uploaded(dialect, snapshot):
    """The profile in an MDM's own words is this file; lint has nothing against it, and nobody signed it."""
    content = profile_for(dialect)
    assert lint("x", content) == ()
    assert not is_cms(content)
    assert content.decode() == snapshot(extension_class=file_type("mobileconfig"))


@pytest.mark.parametrize("dialect", APPLE, ids=lambda dialect: dialect.name)
def test_marker_is_in_the_subject_where_the_mdm_wants_one(dialect):
    """Fleet and Jamf find what they must renew by an attribute of the subject; others get none."""
    (scep,) = (
        p for p in plistlib.loads(profile_for(dialect))["PayloadContent"] if p["PayloadType"].endswith("scep")
    )
    values = [pair[1] for rdn in scep["PayloadContent"]["Subject"] for pair in rdn]
    marker = dialect.renewal.marker
    markers = [value for value in values if marker and value == marker.text]
    assert len(markers) == (1 if marker and marker.text else 0)


def test_no_variable_of_ours_is_left():
    """Whatever an MDM does not fill in would end up as text in a certificate."""
    for dialect in APPLE:
        assert b"${" not in profile_for(dialect)


def test_every_missing_variable_is_named_for_every_platform():
    """One error says all that is wrong, with the reason of each."""
    with pytest.raises(VariableError) as caught:
        compose_for(students_plan(), DIALECTS["nanohub"])
    assert caught.value.names == ("device.id", "challenge")
    assert "fills in nothing" in str(caught.value)
    with pytest.raises(VariableError) as caught:
        compose_for(staff_plan(), DIALECTS["workspace-one"])
    assert str(caught.value).count("group staff,") == 2


def test_one_time_challenges_are_refused_with_the_reason():
    """An MDM that cannot fetch a challenge for each device says so, whatever else it can spell."""
    for dialect in APPLE:
        with pytest.raises(VariableError) as caught:
            compose_for(students_plan(), dialect, platforms=[Platform.APPLE])
        assert "challenge" in caught.value.names
        assert dialect.one_time in str(caught.value)


def test_platforms_that_an_mdm_does_not_manage_are_left_out():
    """Jamf has no Windows; nothing is guessed for it."""
    assert carried(DIALECTS["jamf-pro"], Platform) == (Platform.APPLE,)
    made = compose_for(plan_for(DIALECTS["jamf-pro"]), DIALECTS["jamf-pro"])
    assert {checked.artifact.platform for checked in made} == {Platform.APPLE}


def test_windows_for_fleet_is_in_fleets_flavour():
    """Fleet refuses whole SyncML documents."""
    made = compose_for(staff_plan(), DIALECTS["fleet"], platforms=[Platform.WINDOWS])
    assert [c.artifact.path.rsplit("/", 1)[1] for c in made] == [
        "fleet-1-trust.xml",
        "fleet-2-certificate.xml",
        "fleet-3-networks.xml",
    ]


def test_intune_gets_graph_objects_beside():
    """Intune's own types are made for Intune only."""
    made = compose_for(plan_for(DIALECTS["intune"]), DIALECTS["intune"], platforms=[Platform.APPLE])
    assert sorted(c.artifact.kind for c in made) == ["graph", "mobileconfig"]


def test_intune_without_its_word_brings_windows_trust_and_networks_only():
    """No native SCEP profile and no challenge in any file, whatever the challenge is; and it is said."""
    for plan in (staff_plan(), students_plan()):
        made = compose_for(plan, DIALECTS["intune"], platforms=[Platform.WINDOWS])
        kinds = [c.artifact.kind for c in made]
        assert "graph" in kinds
        assert not {"syncml", "script"} & set(kinds)
        assert not any(c.artifact.secret for c in made)
        types = {
            entry["body"]["@odata.type"]
            for c in made
            if c.artifact.kind == "graph"
            for entry in json.loads(c.artifact.content)["objects"]
        }
        assert types == {
            "#microsoft.graph.windows81TrustedRootCertificate",
            "#microsoft.graph.windows10CustomConfiguration",
        }
        said = " ".join(remarks(plan, DIALECTS["intune"], [Platform.WINDOWS]))
        assert "challenge: {type: intune}" in said
        assert "script" in said


def test_intune_serves_a_group_in_part():
    """A platform that is refused gets trust and the reason beside the others; none of it holds a secret."""
    for plan, reason in ((staff_plan(), "${user.email}"), (students_plan(), "${challenge}")):
        everywhere = replace(plan, platforms=(Platform.APPLE, Platform.WINDOWS, Platform.ANDROID))
        made = {c.artifact.path: c.artifact for c in compose_for(everywhere, DIALECTS["intune"])}
        assert {a.platform for a in made.values()} == set(everywhere.platforms)
        assert not any(a.secret for a in made.values())
        bundle = json.loads(made[f"{plan.group}/apple/{plan.group}.graph.json"].content)
        assert {e["body"]["@odata.type"].rpartition("TrustedRoot")[2] for e in bundle["objects"]} == {
            "Certificate"
        }
        assert reason in bundle["notes"][0]
        assert bundle["notes"][0] in remarks(everywhere, DIALECTS["intune"])
        assert set(refused(everywhere, DIALECTS["intune"])) == {Platform.APPLE}


def test_intune_gets_no_file_of_androids_other_managers():
    """Android Management API and geteduroam are no ways of Intune; its own objects are."""
    made = compose_for(staff_plan(), DIALECTS["intune"], platforms=[Platform.ANDROID])
    assert [c.artifact.kind for c in made] == ["graph"]


def test_only_intune_has_remarks():
    """Other MDMs carry the group's challenge."""
    assert remarks(staff_plan(), DIALECTS["fleet"]) == ()


def test_jamf_is_not_given_what_it_breaks():
    """An ampersand in a value is decoded once too often there."""
    plan = plan_for(DIALECTS["jamf-pro"])
    plan = replace(plan, networks=(replace(plan.networks[0], ssid=Ssid("R&D")),))
    with pytest.raises(PayloadError, match="Jamf Pro breaks"):
        compose_for(plan, DIALECTS["jamf-pro"])
    assert compose_for(plan_for(DIALECTS["kandji"]), DIALECTS["kandji"])


def test_neutral_plans_have_no_marker():
    """Only an MDM's own output asks for the attribute."""
    plan = staff_plan()
    assert marked(plan, DIALECTS["zentral"]) is plan
    assert len(marked(plan, DIALECTS["fleet"]).scep.subject) == len(plan.scep.subject) + 1
    assert needed(plan) == ("user.email", "user.upn")
