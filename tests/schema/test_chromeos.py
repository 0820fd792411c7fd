"""The discovery document, the policy schemas and the facts of Chromium's validator judge tables and files.

The files are found through ONBOARD_SCHEMAS; they are not part of the project.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from support.northwind import certificates, neutral, staff_plan, students_plan

from onboard.errors import Severity
from onboard.lint.onc import fields
from onboard.lint.onc.fields import SHAPES, Kind
from onboard.lint.onc.rules import RULES
from onboard.payloads.chromeos import onc, policy
from onboard.payloads.chromeos.required_certificate import required_certificate

SCHEMAS = os.environ.get("ONBOARD_SCHEMAS", "")
pytestmark = pytest.mark.skipif(
    not SCHEMAS, reason="ONBOARD_SCHEMAS does not say where the official schemas are"
)
FOLDER = Path(SCHEMAS) / "chromeos"
PLANS = [staff_plan(), students_plan()]
# Fields that today's validator does not know (its own note says so).
NOT_IN_THE_SIGNATURE = {"BSSIDAllowlist", "FTEnabled"}
LITERALS = {
    "string": Kind.STRING,
    "boolean": Kind.BOOLEAN,
    "integer": Kind.INTEGER,
    "list<string>": Kind.STRINGS,
}
PYTHON = {
    "string": str,
    "boolean": bool,
    "bool": bool,
    "integer": int,
    "array": list,
    "list": list,
    "object": dict,
}


def read(name: str) -> dict:
    return json.loads((FOLDER / name).read_text())


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_field_table(name):
    """Each object has the fields of Chromium's signature, with its types, and Recommended where it has it."""
    known = read("onc_fields.json")["objects"][name]
    shape = SHAPES[name]
    assert set(shape.fields) == set(known["fields"]) - NOT_IN_THE_SIGNATURE
    assert shape.recommended is known["recommended_list"]
    for field, facts in known["fields"].items():
        if field in shape.fields:
            kind = facts["type"]
            expected = LITERALS.get(kind, Kind.OBJECTS if kind.startswith("list<") else Kind.OBJECT)
            assert shape.fields[field].kind is expected, field


def test_every_object_is_known():
    """No object of the facts is missing in the table, and none is invented."""
    assert set(SHAPES) == set(read("onc_fields.json")["objects"])


@pytest.mark.parametrize(
    ("ours", "path"),
    [
        (fields.SECURITY, ("WiFi", "Security", "enum")),
        (fields.OUTER, ("EAP", "Outer", "enum")),
        (fields.INNER, ("EAP", "Inner", "enum")),
        (set(fields.CLIENT_CERT_COMPANIONS), ("EAP", "ClientCertType", "enum")),
        (fields.NETWORK_TYPES, ("NetworkConfiguration", "Type", "enum")),
        (fields.DEVICE_POLICY_TYPES, ("NetworkConfiguration", "Type", "device_policy_enum")),
        (fields.NETWORK_TYPES, ("GlobalNetworkConfiguration", "DisableNetworkTypes", "item_enum")),
    ],
)
def test_closed_sets(ours, path):
    """The values that are accepted are Chromium's."""
    name, field, key = path
    assert set(ours) == set(read("onc_fields.json")["objects"][name]["fields"][field][key])


def test_device_only_settings():
    """The global settings for device policy alone are Chromium's."""
    known = read("onc_fields.json")["objects"]["GlobalNetworkConfiguration"]["fields"]
    assert set(fields.DEVICE_ONLY) == {name for name, facts in known.items() if facts.get("device_only")}


def test_rule_table():
    """Every rule of the facts is in the table; an error is what Chromium refuses or drops."""
    known = {}
    for rule in read("onc_rules.json")["rules"]:
        known[rule["id"].replace("LINT", "lint-").removeprefix("ONC")] = rule["import_mode"]
    assert set(RULES) == set(known) | {"000"}
    for name, mode in known.items():
        if mode != "lint":
            expected = Severity.WARNING if mode == "warn" else Severity.ERROR
            assert RULES[name].severity is expected, name


def emitted() -> Iterator[tuple[str, dict]]:
    for plan in PLANS:
        (artifact,) = onc.build(plan, neutral)
        yield from _objects("Toplevel", json.loads(artifact.content))


def _objects(name: str, found: dict) -> Iterator[tuple[str, dict]]:
    yield name, found
    for key, value in found.items():
        kind = read("onc_fields.json")["objects"][name]["fields"][key]["type"]
        inner = kind.removeprefix("list<").removesuffix(">")
        if inner in SHAPES:
            for item in value if isinstance(value, list) else [value]:
                yield from _objects(inner, item)


def test_emitted_onc_by_the_facts_alone():
    """What we emit has known fields, right types and allowed values, judged without our own validator."""
    table = read("onc_fields.json")["objects"]
    seen = 0
    for name, found in emitted():
        for key, value in found.items():
            facts = table[name]["fields"][key]
            assert "status" not in facts
            assert not facts.get("credential")
            if facts["type"] in LITERALS:
                assert isinstance(value, PYTHON[facts["type"].partition("<")[0]]), key
            assert value in facts.get("enum", [value]), key
            seen += 1
    assert seen > 50


def odd_plan():
    """Two CAs, a wildcard, and odd text: what bends the requests most."""
    plan = staff_plan()
    anchors = tuple(certificates()[name] for name in ("root", "students"))
    changed = replace(plan.networks[0], anchors=anchors, server_names=("*.radius.example",))
    return replace(plan, networks=(changed, plan.networks[1]), organization_name='Bob & "Co"')


def methods() -> dict[str, dict]:
    """The discovery document's methods by the last part of their path."""
    found: dict[str, dict] = {}

    def collect(resource: dict) -> None:
        for method in resource.get("methods", {}).values():
            found[method["path"]] = method
        for inner in resource.get("resources", {}).values():
            collect(inner)

    collect(read("chromepolicy.v1.json"))
    return found


def fits(schema: dict, value: object, where: str) -> None:
    """Judge a JSON value by a schema of the discovery document."""
    if "$ref" in schema:
        schema = read("chromepolicy.v1.json")["schemas"][schema["$ref"]]
    kind = schema.get("type")
    if kind in PYTHON:
        assert isinstance(value, PYTHON[kind]), where
    if kind == "object" and "properties" in schema:
        for key, inner in value.items():
            assert key in schema["properties"], f"{where}.{key}"
            assert not schema["properties"][key].get("readOnly"), f"{where}.{key}"
            fits(schema["properties"][key], inner, f"{where}.{key}")
        required = {k for k, v in schema["properties"].items() if "Required." in v.get("description", "")}
        assert required <= set(value), where
    if kind == "array":
        for item in value:
            fits(schema["items"], item, f"{where}[]")


def policy_value_fits(fields_: dict, value: dict, where: str) -> None:
    """Judge a policy value by the listing of the chrome.networks schemas."""
    for key, inner in value.items():
        assert key in fields_, f"{where}.{key}"
        facts = fields_[key]
        if facts["type"] == "message":
            policy_value_fits(facts["fields"], inner, f"{where}.{key}")
        else:
            assert isinstance(inner, PYTHON[facts["type"]]), f"{where}.{key}"


@pytest.mark.parametrize("plan", [*PLANS, odd_plan()], ids=["staff", "students", "odd"])
def test_requests_fit_the_discovery_document(plan):
    """Each request is a known method with known fields, its required ones present, and lasting types."""
    (artifact,) = policy.build(plan, neutral)
    document = json.loads(artifact.content)
    known = methods()
    for step in (*document["define"], *document["remove"]):
        method = known[step["path"].replace("v1/customers/{customer}", "v1/{+customer}")]
        assert method["httpMethod"] == step["method"]
        assert document["scope"] in method["scopes"]
        fits({"$ref": method["request"]["$ref"]}, step["body"], step["id"])


@pytest.mark.parametrize("plan", [*PLANS, odd_plan()], ids=["staff", "students", "odd"])
def test_settings_fit_the_policy_schemas(plan):
    """Each setting is a schema of chrome.networks and has fields of that schema only."""
    known = read("chrome_networks_policy_schemas.json")["schemas"]
    (artifact,) = policy.build(plan, neutral)
    for step in json.loads(artifact.content)["define"]:
        for setting in step["body"]["settings"]:
            policy_value_fits(known[setting["policySchema"]]["fields"], setting["value"], step["id"])


@pytest.mark.parametrize("plan", PLANS, ids=["staff", "students"])
def test_required_certificate_fits_the_policy(plan):
    """The value validates by the policy's schema, has what the code needs, and no field beyond."""
    ((name, value),) = required_certificate(plan, profile_id="p", policy_version="v").items()
    schema = read(f"{name}.schema.json")
    jsonschema.validate(value, schema)
    for profile in value:
        assert (
            set(schema["items"]["x-runtime-required"]) <= set(profile) <= set(schema["items"]["properties"])
        )
