"""The ONC room as a whole: what it recognises, which mode it takes a file for, and that it never raises."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.northwind import neutral, staff_plan
from support.strategies import plans

from onboard.errors import Severity
from onboard.lint.onc import Mode, likely_mode, lint, lint_at, recognises, validate
from onboard.lint.onc.fields import SHAPES
from onboard.payloads.chromeos.onc import build

NAMES = sorted({name for shape in SHAPES.values() for name in shape.fields} | {"Recommended", "Odd"})
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
) | st.sampled_from(["", "WiFi", "Ethernet", "WPA-EAP", "EAP-TLS", "8021X", "Static", "x", "${LOGIN_ID}"])
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=30,
)


@given(st.dictionaries(st.sampled_from(NAMES), TREES), st.sampled_from(Mode))
def test_any_tree_is_judged(tree, mode):
    """No arrangement of ONC's own names makes the validator raise, and the same file is judged the same."""
    content = json.dumps(tree).encode()
    assert validate("x", content, mode) == validate("x", content, mode)
    lint("x", content)
    lint_at("x", content, datetime(2026, 1, 1, tzinfo=UTC))


@given(st.binary(max_size=200))
def test_any_bytes_are_judged(content):
    """Bytes of any kind give findings or nothing, never an exception."""
    recognises(content)
    lint("x", content)


@settings(max_examples=25)  # each builds and judges some ten files
@given(plans())
def test_any_legal_plan_gives_good_onc(plan):
    """Whatever an organization defines within the rules, ChromeOS takes all of it, in each mode."""
    (artifact,) = build(plan, neutral)
    for mode in Mode:
        errors = [f for f in validate("x", artifact.content, mode) if f.severity is Severity.ERROR]
        assert errors == []


def test_expired_authority_needs_the_clock():
    """A CA is judged by its dates where a clock is given, and only there."""
    (artifact,) = build(staff_plan(), neutral)
    assert lint_at("x", artifact.content, datetime(2027, 1, 1, tzinfo=UTC)) == ()
    late = lint_at("x", artifact.content, datetime(2099, 1, 1, tzinfo=UTC))
    assert {(f.rule, f.severity) for f in late} == {("onc-lint-09", Severity.ERROR)}
    assert lint_at("x", b"no JSON", datetime(2099, 1, 1, tzinfo=UTC)) == ()


@pytest.mark.parametrize(
    ("document", "mode"),
    [
        ({"NetworkConfigurations": []}, Mode.IMPORT),
        ({"GlobalNetworkConfiguration": {"BlockedHexSSIDs": []}}, Mode.DEVICE_POLICY),
        ({"GlobalNetworkConfiguration": {"AllowOnlyPolicyNetworksToAutoconnect": True}}, Mode.USER_POLICY),
        ({"NetworkConfigurations": [{"Name": "${DEVICE_ASSET_ID}"}]}, Mode.DEVICE_POLICY),
        ({"NetworkConfigurations": [{"Name": "${LOGIN_ID}"}]}, Mode.USER_POLICY),
        ({"NetworkConfigurations": [{"Recommended": []}]}, Mode.USER_POLICY),
    ],
)
def test_the_file_speaks_for_its_mode(document, mode):
    """What only one place takes decides where a file belongs."""
    assert likely_mode(document) is mode


@pytest.mark.parametrize(
    ("content", "ours"),
    [
        (b'{"NetworkConfigurations": []}', True),
        (b'{"Type": "EncryptedConfiguration", "Ciphertext": "x"}', True),
        (b'{"openNetworkConfiguration": {"NetworkConfigurations": []}}', False),
        (b'{"Type": "x"}', False),
        (b"<plist/>", False),
    ],
)
def test_recognised_by_content(content, ours):
    """ONC is told by its own top-level fields."""
    assert recognises(content) is ours
