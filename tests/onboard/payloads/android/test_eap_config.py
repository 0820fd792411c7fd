"""`.eap-config`: networks and whom to trust; no enrolment, and it says so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from defusedxml.ElementTree import fromstring
from support.northwind import neutral, staff_plan, students_plan
from support.snapshots import file_type

from onboard.lint import eap_config as judge
from onboard.model import Ssid, Support
from onboard.payloads.android.eap_config import build
from onboard.plan import GroupPlan


def tree(plan: GroupPlan):
    (artifact,) = build(plan, neutral)
    return fromstring(artifact.content)


@pytest.mark.parametrize("plan", [staff_plan(), students_plan()], ids=lambda plan: plan.group)
def test_metadata_as_file(plan, snapshot):
    """The metadata of a group is this file, and lint has nothing to say about it."""
    (artifact,) = build(plan, neutral)
    assert judge.lint(artifact.path, artifact.content) == ()
    assert not artifact.secret
    assert artifact.content.decode() == snapshot(extension_class=file_type("xml"))


def test_tls_without_a_client_part():
    """EAP-TLS by number; the client part is there and empty; the description says why."""
    found = tree(staff_plan())
    method = found.find(".//AuthenticationMethod")
    assert method.findtext("EAPMethod/Type") == "13"
    assert len(method.find("ClientSideCredential")) == 0
    assert "SCEP" in found.findtext(".//Description")


def test_networks_with_the_same_trust_share_a_provider():
    """One provider for one set of demands on the server, another for another."""
    plan = staff_plan()
    assert len(tree(plan).findall("EAPIdentityProvider")) == 1
    campus = plan.networks[0]
    halls = replace(campus, name="halls", ssid=Ssid("Halls"), server_names=("halls.northwind.example",))
    found = tree(replace(plan, networks=(campus, halls)))
    assert [p.findtext(".//ServerID") for p in found] == [
        "radius.northwind.example",
        "halls.northwind.example",
    ]
    assert len({p.get("ID") for p in found}) == 2


def test_wired_networks_are_left_out():
    """No Android client takes a wired network, as `check` says; nor is its trust in the file."""
    plan = staff_plan()
    desk = replace(plan.networks[1], server_names=("wired.northwind.example",))
    found = tree(replace(plan, networks=(plan.networks[0], desk)))
    assert [p.findtext(".//SSID") for p in found] == ["Northwind"]
    assert not any("wired" in (node.text or "") for node in found.iter())


def test_odd_text_survives():
    """An SSID and a name with markup are text; wildcards become what clients compare."""
    plan = replace(staff_plan(), organization_name='Bob & "Co" <5G>', support=Support())
    plan = replace(
        plan, networks=(replace(plan.networks[0], ssid=Ssid("<&>"), server_names=("*.radius.example",)),)
    )
    found = tree(plan)
    assert found.findtext(".//SSID") == "<&>"
    assert found.findtext(".//ServerID") == "radius.example"
    assert found.findtext(".//DisplayName") == 'Bob & "Co" <5G> (staff)'
    assert found.find(".//Helpdesk") is None
