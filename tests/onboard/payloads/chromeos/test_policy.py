"""Chrome Policy requests: in an order that works, and honest about what the API cannot hold."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from support.northwind import certificates, neutral, staff_plan, students_plan
from support.snapshots import file_type

from onboard.lint import chrome_policy
from onboard.model import NetworkType
from onboard.payloads.chromeos import onc
from onboard.payloads.chromeos.policy import build
from onboard.plan import GroupPlan


def policy(plan: GroupPlan) -> dict:
    (artifact,) = build(plan, neutral)
    return json.loads(artifact.content)


def settings(plan: GroupPlan, position: int) -> dict:
    networks = [step for step in policy(plan)["define"] if step["path"].endswith(":defineNetwork")]
    return {entry["policySchema"]: entry["value"] for entry in networks[position]["body"]["settings"]}


@pytest.mark.parametrize("plan", [staff_plan(), students_plan()], ids=lambda plan: plan.group)
def test_requests_as_file(plan, snapshot):
    """The requests of a group are this file, and lint has nothing to say about it."""
    (artifact,) = build(plan, neutral)
    assert chrome_policy.lint(artifact.path, artifact.content) == ()
    assert artifact.content.decode() == snapshot(extension_class=file_type("json"))


def test_certificates_before_networks_and_after_them():
    """A network names its CA, so CAs are defined first and removed last."""
    found = policy(staff_plan())
    assert [step["path"].rpartition(":")[2] for step in found["define"]] == [
        "defineCertificate",
        "defineCertificate",
        "defineNetwork",
        "defineNetwork",
    ]
    assert [step["path"].rpartition(":")[2] for step in found["remove"]] == [
        "removeNetwork",
        "removeNetwork",
        "removeCertificate",
        "removeCertificate",
    ]


@pytest.mark.parametrize(("plan", "users"), [(staff_plan(), True), (students_plan(), False)])
def test_level_follows_the_holder(plan, users):
    """A person's certificate is seen by user policy, a device's by device policy; the other level is off."""
    found = settings(plan, 0)
    assert found["chrome.networks.wifi.AllowForChromeUsers"] == {"allowForChromeUsers": users}
    assert found["chrome.networks.wifi.AllowForChromeDevices"] == {"allowForChromeDevices": not users}


def test_details_say_what_the_onc_says():
    """Identity, suffixes and the group's unit are those of the ONC."""
    plan = staff_plan()
    (artifact,) = onc.build(plan, neutral)
    eap = json.loads(artifact.content)["NetworkConfigurations"][0]["WiFi"]["EAP"]
    found = settings(plan, 0)["chrome.networks.wifi.Details"]["details"]["eap"]
    assert found["identity"] == eap["Identity"]
    assert found["domainSuffixMatch"] == eap["DomainSuffixMatch"]
    assert found["useSystemCas"] is eap["UseSystemCAs"] is False
    pattern = found["clientCertPattern"]
    assert pattern["issuer"] == {"commonName": "Northwind Staff Issuing CA"}
    assert pattern["subject"] == {"organizationalUnit": "staff"}


def test_losses_are_named():
    """A second CA, exact names and a second wire are lost, and the report says so."""
    plan = staff_plan()
    wired = {"type": NetworkType.ETHERNET, "ssid": None, "security": None}
    wifi = replace(plan.networks[0], anchors=tuple(certificates()[name] for name in ("root", "students")))
    plan = replace(plan, networks=(wifi, plan.networks[1], replace(wifi, name="lab", **wired)))
    found = {(loss["network"], loss["field"]) for loss in policy(plan)["losses"]}
    assert {
        ("campus", "ServerCARefs"),
        ("campus", "SubjectAlternativeNameMatch"),
        ("lab", "Ethernet"),
    } <= found
    assert "Northwind Student Issuing CA" in str(policy(plan)["losses"])


def test_wildcards_lose_no_exact_names():
    """Where the ONC has suffixes only, the API holds them all."""
    plan = staff_plan()
    plan = replace(plan, networks=(replace(plan.networks[0], server_names=("*.radius.example",)),))
    assert {loss["field"] for loss in policy(plan)["losses"]} == {"ClientCertPattern.IssuerCARef"}


def test_no_secret_inside():
    """The challenge is no part of the requests."""
    (artifact,) = build(staff_plan(), neutral)
    assert not artifact.secret
    assert b"correct-horse" not in artifact.content
