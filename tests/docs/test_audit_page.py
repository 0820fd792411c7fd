"""The page about the audit trail describes the events that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from onboard.orgfile import loads
from scep_server.audit import EVENT_SCHEMA, EventKind
from scep_server.reporting import formats

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "audit.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_schema_is_the_one_in_use():
    """SIEM rules are written against this page."""
    (text,) = blocks("json")
    assert json.loads(text) == json.loads(json.dumps(dict(EVENT_SCHEMA)))


def test_every_kind_is_explained():
    """A new kind of event has a line."""
    kinds = PAGE.partition("## Kinds")[2].partition("## The schema")[0]
    assert all(f"`{kind.value}`" in kinds for kind in EventKind)


def test_every_field_has_its_place_in_each_form():
    """A field that no SIEM gets would be missed when it is needed."""
    table = PAGE.partition("## Forms")[2].partition("## Kinds")[0]
    fields = set(EVENT_SCHEMA["properties"]) - {"schema"}
    assert all(f"`{field}`" in table for field in fields)
    spelled = {*formats._CEF_STRINGS, *formats._CEF_NAMES, *formats._ECS_LABELS}
    assert spelled <= fields


def test_the_example_can_be_used():
    """The section as it is printed is accepted beside the example org."""
    (text,) = blocks("yaml")
    org = (ROOT / "examples" / "northwind.yaml").read_text()
    organization = loads(f"{org}\n{text}")
    assert {sink.name for sink in organization.audit} == set(yaml.safe_load(text)["audit"]["sinks"])
