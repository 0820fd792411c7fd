"""Apple's declarations and credentials: one fault at a time, and what we make is silent."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.northwind import neutral, staff_plan, students_plan

from onboard.apple_options import AcmeServer, AppleOptions
from onboard.lint import declaration, lint
from onboard.payloads.apple.declarative import declarations

_ACME = AppleOptions(acme=AcmeServer(directory="https://acme.northwind.example/dir"))
_PLANS = (replace(staff_plan(), apple=_ACME), replace(students_plan(), apple=_ACME))
_URL = "https://mdm.northwind.example/files"
MADE = [
    document
    for plan in _PLANS
    for document in declarations(plan, lambda name: f"{name}@x.example", _URL, "p")
]
GOOD = {d.path.rsplit("/", 1)[1]: json.loads(d.content) for d in MADE}
SCEP, ACME = GOOD["scep.credential.json"], GOOD["acme.credential.json"]
ASSET, USES, LEGACY = GOOD["asset-acme.json"], GOOD["identity-scep.json"], GOOD["legacy.json"]


def rules(document: object) -> list[str]:
    return [finding.rule for finding in lint("x", json.dumps(document).encode())]


@pytest.mark.parametrize("spelling", [neutral, lambda name: f"{name}@x.example"], ids=["neutral", "final"])
@pytest.mark.parametrize("plan", _PLANS, ids=lambda plan: plan.group)
def test_as_built_they_are_silent(plan, spelling) -> None:
    """Nothing is wrong with what we make, and each document is known for what it is."""
    for document in declarations(plan, spelling, _URL, "p"):
        assert declaration.recognises(document.content)
        assert lint(document.path, document.content) == ()


@pytest.mark.parametrize("name", GOOD)
def test_each_key_broken_in_turn(name) -> None:
    """A key that is misspelt, and a value of another type, are each told, wherever they stand."""
    for path in _paths(GOOD[name]):
        for spoil in (_misspell, _retype):
            document = json.loads(json.dumps(GOOD[name]))
            inner = document
            for key in path[:-1]:
                inner = inner[key]
            spoil(inner, path[-1])
            assert rules(document), (path, spoil.__name__)


def _paths(value: dict, before: tuple[str, ...] = ()):
    for key, inner in value.items():
        yield (*before, key)
        if isinstance(inner, dict):
            yield from _paths(inner, (*before, key))


def _misspell(holder: dict, key: str) -> None:
    holder[f"{key}s"] = holder.pop(key)


def _retype(holder: dict, key: str) -> None:
    holder[key] = None


FAULTS: list[tuple[str, dict, Callable[[dict], object]]] = [
    ("D03", SCEP, lambda d: d.pop("URL")),
    ("D03", ACME, lambda d: d.update(ClientIdentifier="")),
    ("D03", LEGACY, lambda d: d.pop("Identifier")),
    ("D03", LEGACY, lambda d: d["Payload"].clear()),
    ("D04", SCEP, lambda d: d.update(Keysize="4096")),
    ("D04", SCEP, lambda d: d.update(Retries=True)),
    ("D04", ACME, lambda d: d.update(Attest=1)),
    ("D02", SCEP, lambda d: d.update(KeyIsExtractable=False)),
    ("D02", SCEP, lambda d: d.update(SubjectAltName={"email": "ada@x.example"})),
    ("D05", SCEP, lambda d: d.update({"Key Type": "EC"})),
    ("D05", LEGACY, lambda d: d.update(Type="com.apple.configuration.wifi")),
    ("D05", ASSET, lambda d: d["Payload"]["Authentication"].update(Type="Basic")),
    ("D06", SCEP, lambda d: d.update(URL="scep.northwind.example")),
    ("D06", ACME, lambda d: d.update(DirectoryURL="http://acme.northwind.example")),
    ("D06", LEGACY, lambda d: d["Payload"].update(ProfileURL="http://mdm.northwind.example/p")),
    ("D06", ASSET, lambda d: d["Payload"]["Reference"].update(DataURL="https://[x")),
    ("D07", ASSET, lambda d: d["Payload"]["Reference"].update({"Hash-SHA-256": "AB" * 32})),
    ("D07", ASSET, lambda d: d["Payload"]["Reference"].update(Size=0)),
    ("D08", SCEP, lambda d: d.update(Subject=[["CN", "ada"]])),
    ("D08", ACME, lambda d: d.update(Subject=[])),
    ("D09", SCEP, lambda d: d.pop("Keysize")),
    ("D09", SCEP, lambda d: d.update(Keysize=1024)),
    ("D09", SCEP, lambda d: d.pop("Key Usage")),
    ("D09", ACME, lambda d: d.update(KeySize=521)),
    ("D09", ACME, lambda d: d.update(KeyType="RSA", KeySize=1024, HardwareBound=False, Attest=False)),
    ("D09", ACME, lambda d: d.update(KeyType="RSA", KeySize=2048)),
    ("D09", ACME, lambda d: d.update(HardwareBound=False, Attest=True)),
    ("D10", USES, lambda d: d["Payload"].pop("KeyIsExtractable")),
    ("D10", USES, lambda d: d["Payload"].update(KeyIsExtractable=True)),
    ("D10", USES, lambda d: d["Payload"].update(AllowAllAppsAccess=True)),
    ("D11", SCEP, lambda d: d.pop("CAFingerprint")),
    ("D11", SCEP, lambda d: d.update(CAFingerprint="not base64")),
    ("D11", SCEP, lambda d: d.update(CAFingerprint="AAAA")),
]


@pytest.mark.parametrize(("rule", "good", "spoil"), FAULTS, ids=[f"{i}-{f[0]}" for i, f in enumerate(FAULTS)])
def test_one_fault(rule, good, spoil) -> None:
    """A spoilt document is told by its rule and by no other."""
    document = json.loads(json.dumps(good))
    spoil(document)
    assert rules(document) == [f"apple-{rule}"]


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"ServerToken": 1, "ServerToken": 2}'])
def test_what_is_no_object(content) -> None:
    """Broken JSON is one error, with its place."""
    assert [f.rule for f in declaration.lint("x", content)] == ["apple-D01"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from([*SCEP, *ACME, *ASSET, "Reference", "DataURL", "x"]), inner)
        ),
        max_leaves=12,
    )
)
def test_any_json(document) -> None:
    """Whatever the document, the judge does not raise."""
    declaration.lint("x", json.dumps(document).encode())
