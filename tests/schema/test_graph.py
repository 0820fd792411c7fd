"""Graph objects judged by the published entity table: properties, enum members, what may not be missing."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

import pytest
from support.northwind import staff_plan

from onboard.payloads.intune import build

_SCHEMAS = os.environ.get("ONBOARD_SCHEMAS", "")
pytestmark = pytest.mark.skipif(
    not _SCHEMAS, reason="set ONBOARD_SCHEMAS to the folder of official schemas to run this"
)
_NS = "microsoft.graph."
_PRIMITIVES = {
    "Edm.String": str,
    "Edm.Binary": str,
    "Edm.Boolean": bool,
    "Edm.Int32": int,
}


@cache
def _table() -> dict:
    return json.loads((Path(_SCHEMAS) / "graph" / "entities.json").read_text())


def _merged(api: str, name: str, part: str) -> dict:
    """Properties or navigation of a type and its bases; what is read-only in beta is so in v1.0."""
    types = _table()[api]["types"]
    found: dict = {}
    while name and name in types:
        beta = _table()["beta"]["types"].get(name, {}).get(part, {})
        own = {
            key: {**kind, "readOnly": kind.get("readOnly") or beta.get(key, {}).get("readOnly")}
            for key, kind in types[name].get(part, {}).items()
        }
        found = {**own, **found}
        name = (types[name].get("base") or "").removeprefix(_NS)
    return found


def _check_value(api: str, kind: dict, value: object, where: str) -> None:
    name = kind["type"]
    if name.startswith("Collection("):
        assert isinstance(value, list), where
        for item in value:
            _check_value(api, {**kind, "type": name[11:-1]}, item, where)
        return
    if name in _PRIMITIVES:
        assert type(value) is _PRIMITIVES[name], where
        low, high = kind.get("range", (value, value))
        assert low <= value <= high, where
        return
    short = name.removeprefix(_NS)
    enums = _table()["beta"]["enums"]
    if short in enums:
        members = value.split(",") if kind.get("flags") else [value]
        assert set(members) <= set(enums[short]["members"]), f"{where}: {value}"
        return
    _check_object(api, value.get("@odata.type", "").removeprefix("#" + _NS) or short, value, where)


def _check_object(api: str, name: str, body: dict, where: str) -> None:
    properties = _merged(api, name, "properties")
    assert properties, f"{where}: {name} is not a type of {api}"
    for key, value in body.items():
        if key == "@odata.type":
            assert value == f"#{_NS}{name}"
            continue
        assert key in properties, f"{where}: {name} has no {key}"
        assert not properties[key].get("readOnly"), f"{where}: {key} is read-only"
        _check_value(api, properties[key], value, f"{where}.{key}")
    for key, kind in properties.items():
        if not kind.get("nullable", True) and not kind.get("readOnly"):
            assert key in body, f"{where}: {name} demands {key}"


def _objects(*, validated: bool):
    spelling = {"user.email": "{{EmailAddress}}", "user.upn": "{{UserPrincipalName}}"}.__getitem__
    for artifact in build(staff_plan(), spelling, validated=validated):
        yield from json.loads(artifact.content)["objects"]


@pytest.mark.parametrize("validated", [False, True])
def test_every_object_is_one_that_graph_takes(validated):
    """Each key is a property of its type in its API version, each value fits, nothing demanded is missing."""
    entries = list(_objects(validated=validated))
    assert len(entries) >= 5
    for entry in entries:
        name = entry["body"]["@odata.type"].removeprefix("#" + _NS)
        _check_object(entry["api"], name, entry["body"], entry["key"])


def test_every_reference_fits_its_navigation():
    """A bind is a navigation property, single or collection, and its target has the type that it takes."""
    entries = {entry["key"]: entry for entry in _objects(validated=True)}
    count = 0
    for entry in entries.values():
        name = entry["body"]["@odata.type"].removeprefix("#" + _NS)
        navigation = _merged("beta", name, "navigation")
        for key, target in entry["bind"].items():
            assert key in navigation, f"{entry['key']}: {name} has no {key}"
            collection = navigation[key]["type"].startswith("Collection(")
            assert isinstance(target, list) == collection, entry["key"]
            wanted = navigation[key]["type"].removeprefix("Collection(").removesuffix(")").removeprefix(_NS)
            for other in target if collection else [target]:
                assert wanted in _bases(entries[other]["body"]["@odata.type"].removeprefix("#" + _NS))
                count += 1
    assert count > 10


def _bases(name: str) -> list[str]:
    types, found = _table()["beta"]["types"], []
    while name in types:
        found.append(name)
        name = (types[name].get("base") or "").removeprefix(_NS)
    return found


def test_the_check_can_fail():
    """A wrong member and an unknown key are refused, so passing means something."""
    entry = next(e for e in _objects(validated=True) if e["key"] == "windows-scep")
    name = "windows81SCEPCertificateProfile"
    for change in ({"keySize": "size3072"}, {"challenge": "x"}, {"renewalThresholdPercentage": 100}):
        with pytest.raises(AssertionError):
            _check_object("beta", name, {**entry["body"], **change}, "changed")
