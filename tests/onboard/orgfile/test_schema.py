"""The JSON Schema and the loader agree: the same good and bad files go through both."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from support.legal_orgs import Org, as_yaml, legal_orgs

from onboard import resources
from onboard.errors import OrgFileError
from onboard.orgfile import json_schema, loads

TESTS = Path(__file__).parents[2]
VALIDATOR = Draft202012Validator(json_schema())

# What a schema cannot know: other parts of the file, bytes, YAML itself.
BEYOND = {
    *("unknown-authority", "unknown-issuer", "unknown-network", "unknown-profile", "unknown-radius"),
    *("like-nobody", "like-itself", "like-in-a-circle", "like-a-group-with-a-mistake"),
    "like-a-group-that-it-cannot-be",
    *("second-profile-unknown", "profile-of-the-same-holder", "profiles-that-look-alike"),
    *("wpa3-192-in-a-tunnel", "network-for-nobody", "title-with-a-variable"),
    *("unknown-trust", "issuer-of-itself", "issuers-in-a-circle"),
    # two values compared
    *(
        "authority-outlives-issuer",
        "crl-of-minutes",
        "foreign-authority-that-issues",
        "common-name-twice",
        "groups-that-look-alike",
        "profile-outlives-authority",
    ),
    *("renewal-longer-than-life", "server-name-twice", "ssid-of-onboarding", "ssid-twice"),
    "user-variable-of-a-device",
    *("former-name-of-another-group", "former-name-of-today"),
    *("single-certificate-hides-the-root", "single-certificate-of-ec"),
    # bytes, ranges, forms
    *("ssid-too-long", "ssid-with-control", "duration-too-long", "rate-of-zero", "short-literal"),
    *("url-with-bad-port", "pattern-of-nothing", "secret-with-bad-variable", "secret-of-a-keyring"),
    *("country-by-name", "trust-without-file", "addresses-by-name", "addresses-with-host-bits"),
    "day-that-is-none",
    # what platforms can do
    "approval-on-chromeos",
    *("anchor-not-a-root-on-windows", "nothing-left-for-android", "rare-attribute-on-chromeos"),
    *("wpa3-192-on-chromeos", "wpa3-192-with-short-keys", "wpa3-192-with-short-acme-keys"),
    *("apple-key-of-wifi", "captive-bypass-of-macs", "proxy-without-url", "setup-modes-of-a-person"),
    *("tls-13-of-freeradius", "tls-13-without-stapling", "mdm-with-unknown-group"),
    *("tpm-with-long-keys", "wpa3-192-on-old-windows", "teap-on-old-windows", "teap-without-computers"),
    # what RADIUS servers can do
    *(
        "radius-client-by-name",
        "radius-client-twice",
        "radius-client-with-host-bits",
        "radius-of-two-versions",
    ),
    *("reply-with-a-tunnel", "vlan-of-unknown-network", "vlan-of-unknown-site"),
    *("teap-with-freeradius", "teap-with-nps", "nps-without-sid", "peap-beside-eap-tls", "fips-with-wpa3"),
}
# What other YAML readers refuse, or read differently: each has its own words and none of our business.
YAML = {
    *("repeated-group", "repeated-key", "repeated-section", "vlan-octal", "alias-inside-itself", "deep"),
    *("key-is-a-list", "laughs", "second-document", "tab", "tag", "secret-that-looks-like-a-tag"),
    *("unclosed-quote", "unknown-alias", "unquoted-colon"),
}


class _EditorLoader(yaml.SafeLoader):
    """YAML as an editor's language server sees it: numbers, truth values and nulls, no dates."""


_EditorLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def as_editors_see_it(text: str) -> object:
    return yaml.load(text, _EditorLoader)  # the independent reading that this test is about


def schema_errors(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(as_editors_see_it(text))]


def loader_errors(text: str) -> list[str]:
    try:
        loads(text)
    except OrgFileError as error:
        return [str(mistake) for mistake in error.mistakes]
    return []


GOOD = sorted([*(TESTS / "mistakes" / "warnings").glob("*.yaml"), *(TESTS / "orgs").glob("*.yaml")])
GOOD += sorted((TESTS.parent / "examples").glob("*.yaml"))
BAD = sorted((TESTS / "mistakes").glob("*.yaml"))


def test_it_is_a_schema():
    """The schema must itself be legal JSON Schema 2020-12."""
    Draft202012Validator.check_schema(json_schema())
    assert json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_files_pass_both(path: Path):
    """What the loader takes, the schema must take."""
    assert loader_errors(path.read_text()) == []
    assert schema_errors(path.read_text()) == []


def test_starter_passes_both():
    """What `onboard init` writes must show no red line in an editor."""
    text = resources.text("templates", "init/org.yaml")
    assert loader_errors(text) == schema_errors(text) == []


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_files_fail_both(path: Path):
    """What the loader refuses, the schema must refuse too, unless a schema cannot know it."""
    text = path.read_text()
    assert loader_errors(text)
    if path.stem not in YAML:
        assert bool(schema_errors(text)) is (path.stem not in BEYOND)


def test_what_is_beyond_exists():
    """The list of what a schema cannot know must name files that are there."""
    assert {path.stem for path in BAD} >= BEYOND | YAML


@settings(max_examples=40)
@given(legal_orgs())
def test_any_legal_org_passes_both(org: Org):
    """Any legal org must pass the schema too."""
    text = as_yaml(org)
    assert loader_errors(text) == []
    assert schema_errors(text) == []


def _places(data: object, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    children = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [place, *(found for key, value in children for found in _places(value, (*place, key)))]


def _replaced(data: object, place: tuple[str | int, ...], value: object) -> object:
    changed = copy.deepcopy(data)
    target = changed
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = value
    return changed


ACME = as_editors_see_it((TESTS / "orgs" / "acme.yaml").read_text())


@pytest.mark.parametrize("value", [None, [], {"x": 1}, "no such thing", 1.5])
@pytest.mark.parametrize("place", _places(ACME)[1:], ids=lambda place: ".".join(map(str, place)))
def test_whatever_the_schema_refuses_the_loader_refuses(place: tuple[str | int, ...], value: object):
    """No value may be red in the editor and fine for `check`; a wrong type must be red in both."""
    changed = _replaced(ACME, place, value)
    text = as_yaml(changed)
    by_schema, by_loader = schema_errors(text), loader_errors(text)
    assert not by_schema or by_loader
    if (isinstance(value, list | dict) or value is None) and not all("is called" in e for e in by_loader):
        assert by_schema
