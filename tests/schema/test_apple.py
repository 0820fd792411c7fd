"""Apple's own schema files judge what is emitted, and hold lint's table of keys to the letter.

The files are found through ONBOARD_SCHEMAS; they are not part of the project.
"""

from __future__ import annotations

import datetime as dt
import os
import plistlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from support.northwind import neutral, staff_plan, students_plan

from onboard.apple_options import (
    GROUP_KEYS,
    NETWORK_KEYS,
    AcmeServer,
    AppleOptions,
    AppleSystem,
    Key,
    Kind,
    Medium,
    Passpoint,
    Scope,
    TlsVersions,
)
from onboard.lint.apple import grammar
from onboard.lint.apple import keys as table
from onboard.lint.apple.payload_types import ETHERNET_INTERFACES
from onboard.payloads.apple import build
from onboard.plan import GroupPlan

SCHEMAS = os.environ.get("ONBOARD_SCHEMAS", "")
pytestmark = pytest.mark.skipif(
    not SCHEMAS, reason="ONBOARD_SCHEMAS does not say where the official schemas are"
)
PROFILES = Path(SCHEMAS) / "apple" / "mdm" / "profiles"

TYPES: Mapping[str, type | tuple[type, ...]] = {
    "<string>": str,
    "<integer>": int,
    "<real>": float,
    "<boolean>": bool,
    "<date>": dt.datetime,
    "<data>": bytes,
    "<array>": list,
    "<dictionary>": dict,
    "<any>": object,
}
# Known faults of the published files (apple/device-management, October 2024).
FREE_FORM = frozenset(ETHERNET_INTERFACES)  # one key ANY: judged by Wi-Fi's rows and Interface
LATER_KEYS = {"AllowJoinBeforeFirstUnlock", "CertificateRenewalTimeInterval"}
WRONG_TYPE = {"TLSTrustedCertificatesItem"}  # <string>, while it holds certificates


def load(name: str) -> dict:
    return yaml.SafeLoader((PROFILES / f"{name}.yaml").read_text()).get_single_data()


def rows(name: str) -> list[dict]:
    return load(name)["payloadkeys"]


def ethernet_rows() -> list[dict]:
    radio = {"SSID_STR", "EncryptionType", "HIDDEN_NETWORK", "AutoJoin"}
    return [row for row in rows("com.apple.wifi.managed") if row["key"] not in radio] + [
        {"key": "Interface", "type": "<string>"}
    ]


def problems(where: str, value: object, row: dict) -> Iterator[str]:
    """What Apple's row has against a value; it follows the value, so anchors in the YAML do no harm."""
    kind = TYPES[row["type"]]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind not in {bool, object}):
        yield f"{where}: {value!r} is not {row['type']}"
    elif row.get("rangelist") and value not in row["rangelist"]:
        yield f"{where}: {value!r} is not in {row['rangelist']}"
    elif isinstance(value, list):
        (item,) = row["subkeys"]
        for index, content in enumerate(value):
            yield from problems(f"{where}[{index}]", content, item)
    elif row["key"] == "ConsentText":  # the published rows name the languages "default" and "ConsentTextItem"
        yield from (f"{where}.{key}: no text" for key, text in value.items() if not isinstance(text, str))
    elif isinstance(value, dict) and row.get("subkeys"):
        yield from dictionary_problems(where, value, row["subkeys"])


def dictionary_problems(where: str, value: dict, subkeys: list[dict]) -> Iterator[str]:
    known = {row["key"]: row for row in subkeys}
    for key, content in value.items():
        if key in known:
            yield from problems(f"{where}.{key}", content, known[key])
        elif "ANY" not in known:
            yield f"{where}.{key}: there is no such key"
    for key, row in known.items():
        if row.get("presence") == "required" and key not in value and key != "ANY":
            yield f"{where}.{key}: absent"


def profile_problems(profile: dict) -> Iterator[str]:
    yield from dictionary_problems("", profile, rows("TopLevel"))
    common = rows("CommonPayloadKeys")
    for index, payload in enumerate(profile["PayloadContent"]):
        kind = payload["PayloadType"]
        particular = ethernet_rows() if kind in FREE_FORM else rows(kind)
        yield from dictionary_problems(f"PayloadContent[{index}]", payload, [*common, *particular])


def with_options() -> GroupPlan:
    """Staff with every option that an org can write."""
    settings = {name: sample(key) for name, key in NETWORK_KEYS.items() if key.medium is not Medium.ETHERNET}
    plan = staff_plan()
    network = replace(
        plan.networks[0],
        hidden=True,
        outer_identity="x@northwind.example",
        tls=TlsVersions(minimum="1.3", maximum="1.3"),
        passpoint=Passpoint(domain="northwind.example", roaming_consortiums=("5A03BA0000",)),
        apple=settings,
    )
    keys = {name: sample(key) for name, key in GROUP_KEYS.items()}
    apple = AppleOptions(systems={AppleSystem.MACOS: (12,)}, scope=Scope.SYSTEM, keys=keys)
    return replace(plan, networks=(network,), apple=apple, access_for=dt.timedelta(days=90))


def sample(key: Key) -> object:
    """A value of a key."""
    return {
        Kind.BOOLEAN: True,
        Kind.TEXT: "proxy.example",
        Kind.PORT: 3128,
        Kind.URL: "http://proxy.example/x.pac",
        Kind.CHOICE: key.choices[-1:] and key.choices[-1],
        Kind.CHOICES: key.choices,
        Kind.TEXTS: ("com.example.app",),
        Kind.LANGUAGES: {"default": "Agree?", "de": "Einverstanden?"},
        Kind.KEYS: {name: sample(inner) for name, inner in key.keys.items()},
    }[key.kind]


@pytest.mark.parametrize(
    "plan", [staff_plan(), students_plan(), with_options()], ids=["staff", "students", "options"]
)
def test_emitted_profile_conforms(plan):
    """Every key, type, value and required key of an emitted profile is as Apple publishes it."""
    (artifact,) = build(plan, neutral)
    assert list(profile_problems(plistlib.loads(artifact.content))) == []


def test_the_acme_profile_conforms():
    """The second profile of a group with an ACME server."""
    acme = AcmeServer(directory="https://acme.northwind.example/directory")
    plan = replace(staff_plan(), apple=AppleOptions(acme=acme))
    for artifact in build(plan, neutral):
        assert list(profile_problems(plistlib.loads(artifact.content))) == []


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            lambda p: p["PayloadContent"][2]["PayloadContent"].update({"KeyType": "RSA"}),
            "KeyType: there is no",
        ),
        (lambda p: p["PayloadContent"][2]["PayloadContent"].update({"Keysize": 3072}), "3072 is not in"),
        (lambda p: p["PayloadContent"][2]["PayloadContent"].update({"Keysize": "2048"}), "is not <integer>"),
        (
            lambda p: p["PayloadContent"][2]["PayloadContent"].update({"Subject": [["CN", "x"]]}),
            "is not <array>",
        ),
        (lambda p: p["PayloadContent"][2]["PayloadContent"].pop("URL"), "URL: absent"),
        (lambda p: p["PayloadContent"][3].update({"EncryptionType": "WPA2 Enterprise"}), "is not in"),
        (lambda p: p["PayloadContent"][3].update({"AutoJoin": 1}), "is not <boolean>"),
        (lambda p: p["PayloadContent"][4].update({"Bogus": 1}), "Bogus: there is no"),
        (lambda p: p.update({"PayloadVersion": True}), "is not <integer>"),
    ],
)
def test_the_walk_catches_faults(fault, said):
    """The judge itself is judged: each seeded fault is seen."""
    (artifact,) = build(staff_plan(), neutral)
    profile = plistlib.loads(artifact.content)
    fault(profile)
    assert any(said in problem for problem in profile_problems(profile))


@pytest.mark.parametrize("kind", sorted(table.PAYLOADS.keys() - FREE_FORM))
def test_lint_knows_every_published_key(kind):
    """Lint's table of a type is Apple's: names, types, values, what is required, where it is absent."""
    compare(kind, table.PAYLOADS[kind].keys, rows(kind))


def test_lint_knows_the_top_level_and_common_keys():
    """The same for what every profile and payload has."""
    top = {name: key for name, key in table.TOP.items() if name != "ConsentText"}
    compare("", top, [row for row in rows("TopLevel") if row["key"] != "ConsentText"])
    compare("", table.COMMON, rows("CommonPayloadKeys"))


@pytest.mark.parametrize("kind", sorted(table.PAYLOADS))
def test_lint_knows_where_a_payload_type_exists(kind):
    """A type is absent on a system exactly when Apple says n/a."""
    assert table.PAYLOADS[kind].absent_on == absent_on(load(kind)["payload"])


def compare(where: str, ours: Mapping[str, grammar.Key], published: list[dict]) -> None:
    theirs = {row["key"]: row for row in published if row["key"] != "ANY"}
    assert set(ours) - LATER_KEYS == set(theirs), where
    for name, row in theirs.items():
        compare_key(f"{where}.{name}", ours[name], row)


def compare_key(where: str, ours: grammar.Key, row: dict) -> None:
    if row["key"] in WRONG_TYPE:
        assert ours.kind is grammar.Kind.DATA
        return
    kind = grammar.Kind.STRING if ours.kind is grammar.Kind.TEXTS else ours.kind
    assert f"<{kind}>" == row["type"], where
    assert ours.values == tuple(row.get("rangelist", ())), where
    if row["key"] not in {"SetupModesItem", "PayloadContentItem"}:  # items of arrays cannot be absent
        assert ours.required == (row.get("presence") == "required"), where
    assert ours.absent_on == absent_on(row), where
    bounds = row.get("range")
    assert ours.bounds == ((bounds["min"], bounds["max"]) if bounds else None), where
    if ours.item is not None:
        compare_key(where, ours.item, row["subkeys"][0])
    if ours.keys is not None:
        compare(where, ours.keys, row["subkeys"])


def absent_on(row: dict) -> frozenset[grammar.Os]:
    systems = (row.get("supportedOS") or {}).items()
    return frozenset(grammar.Os(name) for name, facts in systems if facts.get("introduced") == "n/a")
