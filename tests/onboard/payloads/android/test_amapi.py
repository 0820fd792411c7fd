"""The Android policy fragment: that API's own dialect, with what the platform makes mandatory."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from support.northwind import certificates, neutral, staff_plan, students_plan
from support.snapshots import file_type

from onboard.lint import amapi as judge
from onboard.model import Security
from onboard.payloads.android.amapi import build, key_pair_alias
from onboard.plan import GroupPlan


def networks(plan: GroupPlan, spelling=neutral) -> dict:
    (artifact,) = build(plan, spelling)
    return json.loads(artifact.content)["openNetworkConfiguration"]


@pytest.mark.parametrize("plan", [staff_plan(), students_plan()], ids=lambda plan: plan.group)
def test_fragment_as_file(plan, snapshot):
    """The fragment of a group is this file, and lint has nothing to say about it."""
    (artifact,) = build(plan, neutral)
    assert judge.lint(artifact.path, artifact.content) == ()
    assert not artifact.secret
    assert artifact.content.decode() == snapshot(extension_class=file_type("json"))


def test_mandatory_fields():
    """A root CA, a name suffix and the alias of the key: without one of them Android refuses the network."""
    plan = staff_plan()
    found = networks(plan)
    eap = found["NetworkConfigurations"][0]["WiFi"]["EAP"]
    (anchor,) = (c for c in found["Certificates"] if c["GUID"] in eap["ServerCARefs"])
    assert base64.b64decode(anchor["X509"]) == certificates()["root"].der
    assert eap["DomainSuffixMatch"] == ["radius.northwind.example"]
    assert (eap["ClientCertType"], eap["ClientCertKeyPairAlias"]) == ("KeyPairAlias", key_pair_alias(plan))
    assert not {"ClientCertPattern", "UseSystemCAs", "SaveCredentials"} & eap.keys()


def test_wifi_only():
    """The API has no wire: the wired network is left out, and so would be anchors that only it needs."""
    assert [n["Type"] for n in networks(staff_plan())["NetworkConfigurations"]] == ["WiFi"]
    plan = staff_plan()
    desk = replace(plan.networks[1], anchors=(certificates()["students"],))
    assert len(networks(replace(plan, networks=(plan.networks[0], desk)))["Certificates"]) == 1


@pytest.mark.parametrize(
    ("security", "word"),
    [
        (Security.WPA2_ENTERPRISE, "WPA-EAP"),
        (Security.WPA3_ENTERPRISE, "WPA-EAP"),
        (Security.WPA3_ENTERPRISE_192, "WPA3-Enterprise_192"),
    ],
)
def test_security(security, word):
    """192-bit security has a word of its own here, unlike in the Chromebook's ONC."""
    plan = staff_plan()
    plan = replace(plan, networks=(replace(plan.networks[0], security=security),))
    assert networks(plan)["NetworkConfigurations"][0]["WiFi"]["Security"] == word


def test_identity_is_spelled():
    """The identity is the person's address, as the channel spells it."""
    assert _identity(staff_plan(), neutral) == "${user.email}"
    assert (
        _identity(staff_plan(), {"user.email": "ada@northwind.example"}.__getitem__)
        == "ada@northwind.example"
    )


def _identity(plan, spelling):
    return networks(plan, spelling)["NetworkConfigurations"][0]["WiFi"]["EAP"]["Identity"]
