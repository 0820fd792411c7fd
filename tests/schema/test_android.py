"""The EAP metadata schema and the Android Management API's facts judge what is emitted.

The files are found through ONBOARD_SCHEMAS; they are not part of the project.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree
from support.northwind import certificates, neutral, staff_plan, students_plan

from onboard.lint import amapi as judge
from onboard.model import Security, Ssid, Support
from onboard.payloads.android import amapi, eap_config

SCHEMAS = os.environ.get("ONBOARD_SCHEMAS", "")
pytestmark = pytest.mark.skipif(
    not SCHEMAS, reason="ONBOARD_SCHEMAS does not say where the official schemas are"
)


def odd_plan():
    """Two sets of trust, a wildcard, markup in every text, no helpdesk."""
    plan = staff_plan()
    wifi = replace(plan.networks[0], ssid=Ssid("<&>"), server_names=("*.radius.example",))
    wifi = replace(wifi, security=Security.WPA3_ENTERPRISE_192)
    halls = replace(plan.networks[0], name="halls", ssid=Ssid("Halls"), anchors=(certificates()["students"],))
    return replace(plan, networks=(wifi, halls), organization_name='Bob & "Co"', support=Support())


PLANS = pytest.mark.parametrize(
    "plan", [staff_plan(), students_plan(), odd_plan()], ids=["staff", "students", "odd"]
)


@PLANS
def test_eap_config_validates(plan):
    """The metadata is valid by the schema that clients' authors work from."""
    (artifact,) = eap_config.build(plan, neutral)
    schema = etree.XMLSchema(etree.parse(Path(SCHEMAS) / "eap_config" / "eap-metadata.xsd"))
    schema.assertValid(etree.fromstring(artifact.content))


def facts() -> dict:
    return json.loads((Path(SCHEMAS) / "android" / "amapi_onc_subset.json").read_text())


@PLANS
def test_networks_are_of_the_subset(plan):
    """What the API requires is there, what it does not support is not, and values are of its sets."""
    (artifact,) = amapi.build(plan, neutral)
    onc = json.loads(artifact.content)["openNetworkConfiguration"]
    known = facts()
    for certificate in onc["Certificates"]:
        assert not set(known["Certificate"]["unsupported"]) & set(certificate)
        assert certificate["Type"] in known["Certificate"]["Type"]
    for network in onc["NetworkConfigurations"]:
        assert set(known["NetworkConfiguration"]["required"]) == set(network)
        assert network["Type"] in known["NetworkConfiguration"]["Type"]
        wifi = network["WiFi"]
        assert set(wifi) <= {*known["WiFi"]["one_of"], *known["WiFi"]["supported"], "Security"}
        assert wifi["Security"] in known["WiFi"]["Security"]
        eap = wifi["EAP"]
        companions = known["EAP"]["companion"]
        assert set(eap) <= {*known["EAP"]["supported"], "Outer", "ClientCertType", *companions.values()}
        assert eap["Outer"] in known["EAP"]["Outer"]
        assert eap[companions[eap["ClientCertType"]]]


def test_lint_has_the_facts():
    """The tables of lint say what the facts say."""
    known = facts()
    companions = known["EAP"]["companion"]
    assert set(known["WiFi"]["Security"]) == judge.SECURITY
    assert {*known["WiFi"]["one_of"], *known["WiFi"]["supported"], "Security"} == judge.WIFI
    assert set(known["EAP"]["Outer"]) == judge.OUTER
    assert companions == judge.COMPANIONS
    expected = {*known["EAP"]["supported"], "Outer", "Inner", "ClientCertType", *companions.values()}
    assert expected == judge.EAP


def test_the_policy_has_the_field():
    """The fragment's one field is an object of the API's Policy."""
    policy = json.loads((Path(SCHEMAS) / "android" / "androidmanagement.v1.wifi.json").read_text())
    field = policy["schemas"]["Policy (subset)"]["properties"]["openNetworkConfiguration"]
    assert field["type"] == "object"
