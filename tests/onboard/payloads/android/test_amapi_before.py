"""The two stages of an Android policy: nothing that needs the key before the key is there."""

from __future__ import annotations

import json

import pytest
from support.northwind import neutral, staff_plan, students_plan

from onboard.lint import lint
from onboard.payloads.android import amapi, amapi_before, build

PLANS = pytest.mark.parametrize("plan", [staff_plan(), students_plan()], ids=lambda plan: plan.group)


def networks(artifact) -> dict:
    return json.loads(artifact.content)["openNetworkConfiguration"]


@PLANS
def test_before_there_is_no_network(plan) -> None:
    """The first stage names no key pair: the API would refuse a network whose key is not there."""
    (before,) = amapi_before.build(plan, neutral)
    assert networks(before)["NetworkConfigurations"] == []
    assert b"KeyPairAlias" not in before.content
    assert lint(before.path, before.content) == ()


@PLANS
def test_the_second_stage_adds_networks_only(plan) -> None:
    """Trust is the same in both, so that going from one to the other touches no certificate."""
    (before,), (after,) = amapi_before.build(plan, neutral), amapi.build(plan, neutral)
    assert networks(before)["Certificates"] == networks(after)["Certificates"]
    assert networks(after)["NetworkConfigurations"]


def test_the_order_of_the_files() -> None:
    """The stages come in the order in which they are applied."""
    kinds = [artifact.kind for artifact in build(staff_plan(), neutral)]
    assert kinds.index("amapi-before") < kinds.index("amapi")
