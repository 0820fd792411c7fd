"""Each key of a good Apple profile broken in turn: misspelt, mistyped, absent, emptied."""

from __future__ import annotations

import plistlib

import pytest
from support.apple_profiles import EVERY_KEY, IDS, holder, judged, profile

from onboard.errors import Severity
from onboard.lint import lint

# Keys whose absence means something harmless, or that say the default aloud.
MAY_BE_ABSENT = {
    "PayloadDescription",
    "PayloadOrganization",
    "AutoJoin",
    "HIDDEN_NETWORK",
    "CaptiveBypass",
    "Name",
    "Retries",
    "Key Type",
    "AllowAllAppsAccess",
    "SubjectAltName",
    "rfc822Name",
    "ntPrincipalName",
    "SetupModes",
}


@pytest.mark.parametrize(("group", "path"), EVERY_KEY, ids=IDS)
def test_a_misspelt_key_is_caught(group, path):
    """A key with one letter too many is an error that names the right one."""
    tree = profile(group)
    at = holder(tree, path)
    at[path[-1] + "s"] = at.pop(path[-1])
    found = lint("a.mobileconfig", plistlib.dumps(tree))
    errors = [f for f in found if f.severity is Severity.ERROR]
    assert errors
    assert any(path[-1] in f"{f.hint} {f.message}" for f in errors)


@pytest.mark.parametrize(("group", "path"), EVERY_KEY, ids=IDS)
def test_a_wrong_type_is_caught(group, path):
    """A value of every other type is an error at its place."""
    tree = profile(group)
    at, key = holder(tree, path), path[-1]
    good = at[key]
    for bad in ("text", 7, 7.5, True, b"data", [], {}):
        if type(bad) is type(good) or (isinstance(bad, list) and key == "rfc822Name"):
            continue
        at[key] = bad
        assert any(severity is Severity.ERROR for _, _, severity in judged(tree)), (key, bad)


@pytest.mark.parametrize(
    ("group", "path"),
    [
        (g, p)
        for g, p in EVERY_KEY
        if p[-1] not in MAY_BE_ABSENT and not (len(p) > 1 and p[-1] == "PayloadDisplayName")
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else value,
)
def test_an_absent_key_is_caught(group, path):
    """What a device needs, or what its default makes unsafe, is missed."""
    tree = profile(group)
    del holder(tree, path)[path[-1]]
    assert judged(tree)


@pytest.mark.parametrize(("group", "path"), EVERY_KEY, ids=IDS)
def test_an_emptied_value_is_caught(group, path):
    """Empty text, data, arrays and dictionaries never pass where something is needed."""
    tree = profile(group)
    at, key = holder(tree, path), path[-1]
    empty = {str: "", bytes: b"", list: [], dict: {}}.get(type(at[key]))
    if empty is None or key in MAY_BE_ABSENT or (len(path) > 1 and key == "PayloadDisplayName"):
        return
    at[key] = empty
    assert judged(tree), path
