"""Apple's own schema files judge the declarations; they are found through ONBOARD_SCHEMAS."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from support.northwind import STAFF_CHALLENGE, neutral, staff_plan, students_plan

from onboard.apple_options import AcmeServer, AppleOptions
from onboard.errors import PayloadError
from onboard.payloads.apple.declarative import declarations
from onboard.plan import GroupPlan

SCHEMAS = os.environ.get("ONBOARD_SCHEMAS", "")
ROOT = Path(SCHEMAS) / "apple" / "declarative" / "declarations"
FILES = {
    "com.apple.asset.credential.scep": "assets/credential.scep",
    "com.apple.asset.credential.acme": "assets/credential.acme",
    "com.apple.configuration.legacy": "configurations/legacy",
    "com.apple.configuration.security.identity": "configurations/security.identity",
}
TYPES = {
    "<string>": str,
    "<integer>": int,
    "<boolean>": bool,
    "<array>": list,
    "<dictionary>": dict,
    "<data>": str,  # base64 in JSON
}
URL = "https://mdm.northwind.example/files"
needs_schemas = pytest.mark.skipif(
    not SCHEMAS, reason="ONBOARD_SCHEMAS does not say where the official schemas are"
)


def with_acme(plan: GroupPlan) -> GroupPlan:
    return replace(plan, apple=AppleOptions(acme=AcmeServer(directory="https://acme.northwind.example/dir")))


def made(plan: GroupPlan) -> dict[str, dict]:
    documents = declarations(plan, neutral, URL, f"{plan.group}/apple/{plan.group}.mobileconfig")
    return {document.path.rsplit("/", 1)[1]: json.loads(document.content) for document in documents}


def rows(name: str) -> list[dict]:
    return yaml.SafeLoader((ROOT / f"{name}.yaml").read_text()).get_single_data()["payloadkeys"]


def problems(where: str, value: dict, subkeys: list[dict]) -> Iterator[str]:
    known = {row["key"]: row for row in subkeys}
    for key, content in value.items():
        if key not in known:
            yield f"{where}.{key}: there is no such key"
            continue
        row = known[key]
        if type(content) is not TYPES[row["type"]]:
            yield f"{where}.{key}: {content!r} is not {row['type']}"
        elif row.get("rangelist") and content not in row["rangelist"]:
            yield f"{where}.{key}: {content!r} is not in {row['rangelist']}"
        elif isinstance(content, dict):
            yield from problems(f"{where}.{key}", content, row["subkeys"])
    yield from (
        f"{where}.{key}: absent"
        for key, row in known.items()
        if row.get("presence") == "required" and key not in value
    )


@needs_schemas
@pytest.mark.parametrize("plan", [staff_plan(), with_acme(students_plan())], ids=lambda plan: plan.group)
def test_documents_conform(plan):
    """Every key, type and required key of a declaration and of a credential is as Apple publishes it."""
    for name, document in made(plan).items():
        if name.endswith(".credential.json"):
            schema = rows(f"assets/credentials/{name.split('.')[0]}")
            assert list(problems(name, document, schema)) == []
        else:
            assert set(document) == {"Type", "Identifier", "ServerToken", "Payload"}
            assert list(problems(name, document["Payload"], rows(FILES[document["Type"]]))) == []


@needs_schemas
def test_the_walk_catches_faults():
    """The judge itself is judged."""
    document = made(staff_plan())["scep.credential.json"]
    schema = rows("assets/credentials/scep")
    assert list(problems("", {**document, "KeyIsExtractable": False}, schema))
    assert list(problems("", {**document, "Keysize": "2048"}, schema))
    assert list(problems("", {k: v for k, v in document.items() if k != "URL"}, schema))


def test_references_resolve():
    """A configuration names an asset that is there, and an asset a document that is there."""
    documents = made(with_acme(staff_plan()))
    identifiers = {document["Identifier"] for document in documents.values() if "Identifier" in document}
    for kind in ("scep", "acme"):
        asset, uses = documents[f"asset-{kind}.json"], documents[f"identity-{kind}.json"]
        assert uses["Payload"]["CredentialAssetReference"] == asset["Identifier"]
        assert asset["Payload"]["Reference"]["DataURL"].endswith(f"/{kind}.credential.json")
    assert len(identifiers) == 5


def test_a_challenge_leaves_no_digest_behind():
    """The credential holds it and is secret; no declaration lets anyone test guesses of it."""
    plan = staff_plan()
    documents = declarations(plan, neutral, URL, "x.mobileconfig")
    other = replace(plan, scep=replace(plan.scep, challenge=type(STAFF_CHALLENGE)("another-challenge-of-26")))
    changed = declarations(other, neutral, URL, "x.mobileconfig")
    for document, same in zip(documents, changed, strict=True):
        holds = STAFF_CHALLENGE.reveal().encode() in document.content
        assert document.secret is holds
        assert (document.content == same.content) is not holds


def test_documents_are_served_by_https_only():
    """Devices refuse http."""
    with pytest.raises(PayloadError, match="https"):
        declarations(staff_plan(), neutral, "http://mdm.northwind.example", "x")
