"""Graph objects judged by the published entity table: properties, enum members, what may not be missing."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.legal_orgs import legal_orgs
from support.legal_plans import plans_of, with_method
from support.northwind import staff_plan, students_plan

from onboard.model import Platform
from onboard.options import EapMethod
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


_PREFIXES = ("ios", "macOS", "androidDeviceOwner", "androidWorkProfile")
_WIRED = {"iosWiredNetworkConfiguration", "macOSWiredNetworkConfiguration"}
_VOUCHED = {
    *("windows81TrustedRootCertificate", "windows81SCEPCertificateProfile", "windows10CustomConfiguration"),
    *(f"{prefix}TrustedRootCertificate" for prefix in _PREFIXES),
    *(f"{prefix}ScepCertificateProfile" for prefix in _PREFIXES),
    *(f"{prefix}EnterpriseWiFiConfiguration" for prefix in _PREFIXES),
}
_ALONE = {
    *("windows81TrustedRootCertificate", "windows10CustomConfiguration"),
    *("androidDeviceOwnerTrustedRootCertificate", "androidWorkProfileTrustedRootCertificate"),
}
_OF_APPLE = {
    staff_plan: {"iosCustomConfiguration", "macOSCustomConfiguration"},
    students_plan: {"iosTrustedRootCertificate", "macOSTrustedRootCertificate"},
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


_PLATFORMS = (Platform.WINDOWS, Platform.APPLE, Platform.ANDROID)


def _spelled(name: str) -> str:
    """Variables look like this in a SCEP profile; any word but {{DeviceId}} does for the table."""
    return "{{Any" + name.title().replace(".", "") + "}}"


def _objects(*, validated: bool):
    for artifact in build(staff_plan(), _spelled, validated=validated):
        yield from json.loads(artifact.content)["objects"]


@pytest.mark.parametrize("validated", [False, True])
def test_every_object_is_one_that_graph_takes(validated):
    """Each key is a property of its type in its API version, each value fits, nothing demanded is missing."""
    entries = list(_objects(validated=validated))
    assert len(entries) >= 5
    for entry in entries:
        _check_entry(entry)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(legal_orgs(), st.booleans(), st.sampled_from(EapMethod))
def test_every_object_of_every_legal_org_is_one_that_graph_takes(org, vouches, method):
    """Odd SSIDs, any method, options and challenge: objects and references stay what the table allows."""
    for plan in plans_of(org, "windows"):
        # Intune takes {}|; in a subject for its own, and Android https alone: both are refused.
        can = not set("{}|;") & set(plan.organization_name) and plan.scep.url.startswith("https:")
        validated = vouches and can
        everywhere = replace(with_method(plan, method), platforms=_PLATFORMS)
        for artifact in build(everywhere, _spelled, validated=validated):
            bundle = json.loads(artifact.content)
            assert bundle["objects"]
            for entry in bundle["objects"]:
                _check_entry(entry)
            _check_references(bundle["objects"])


@pytest.mark.parametrize("plan", [staff_plan, students_plan], ids=["static", "one-time"])
@pytest.mark.parametrize("validated", [False, True])
def test_each_platform_gets_the_objects_of_its_challenge(plan, validated):
    """Platform by platform, what is made for a challenge of ours and where Intune vouches for the request."""
    everywhere = replace(plan(), platforms=_PLATFORMS)
    made = {
        entry["body"]["@odata.type"].rpartition(".")[2]
        for artifact in build(everywhere, _spelled, validated=validated)
        for entry in json.loads(artifact.content)["objects"]
    }
    wired = plan is staff_plan
    assert made == (_VOUCHED | (_WIRED if wired else set()) if validated else _ALONE | _OF_APPLE[plan])


def test_every_reference_fits_its_navigation():
    """A bind is a navigation property, single or collection, and its target has the type that it takes."""
    assert _check_references(list(_objects(validated=True))) > 10


def _check_entry(entry: dict) -> None:
    name = entry["body"]["@odata.type"].removeprefix("#" + _NS)
    _check_object(entry["api"], name, entry["body"], entry["key"])


def _check_references(objects: list[dict]) -> int:
    """How many references there are, all of them to what their navigation takes."""
    entries = {entry["key"]: entry for entry in objects}
    assert len(entries) == len(objects)
    count = 0
    for entry in objects:
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
    return count


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
