"""Bundles for Intune, made from the example org: what their tests read."""

from __future__ import annotations

import json
from dataclasses import replace

from support.northwind import students_plan

from onboard.errors import VariableError
from onboard.names import ATTRIBUTES
from onboard.payloads.intune import build
from onboard.plan import SubjectPart
from onboard.variables import Template

SPELLINGS = {
    "user.email": "{{EmailAddress}}",
    "user.upn": "{{UserPrincipalName}}",
    "device.id": "{{DeviceId}}",
    "device.name": "{{DeviceName}}",
    "device.serial": "{{SerialNumber}}",
}


def spelled(name: str) -> str:
    if name not in SPELLINGS:
        msg = f"Intune has no {name}"
        raise VariableError(msg, [name])
    return SPELLINGS[name]


def bundles(plan, *, validated: bool) -> dict[str, dict]:
    return {a.platform.value: json.loads(a.content) for a in build(plan, spelled, validated=validated)}


def bodies(bundle: dict) -> dict[str, dict]:
    return {entry["key"]: entry["body"] for entry in bundle["objects"]}


def device_plan():
    """Students with a name that Windows can carry."""
    plan = students_plan()
    parts = (
        SubjectPart(type=ATTRIBUTES["common_name"], value=Template.of("device.name")),
        *plan.scep.subject[1:],
    )
    return replace(plan, scep=replace(plan.scep, subject=parts))
