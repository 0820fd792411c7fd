"""Whatever an org definition may say, the WLAN and LAN profiles are valid by the strict XSDs."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from support.legal_orgs import legal_orgs
from support.legal_plans import plans_of, with_method

from onboard.options import EapMethod
from onboard.payloads.windows import network_files

_SCHEMAS = os.environ.get("ONBOARD_SCHEMAS", "")
pytestmark = pytest.mark.skipif(
    not _SCHEMAS, reason="set ONBOARD_SCHEMAS to the folder of official schemas to run this"
)


@cache
def _xsd() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(Path(_SCHEMAS) / "windows" / "strict" / "profiles.xsd"))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(legal_orgs(), st.sampled_from(EapMethod))
def test_profiles_of_every_legal_org_pass_the_strict_schema(org, method):
    """Odd SSIDs, wildcards, any security, method and holder: order, namespaces and values stay right."""
    for plan in plans_of(org, "windows"):
        for artifact in (*network_files(plan), *network_files(with_method(plan, method))):
            if artifact.kind in {"wlan-profile", "lan-profile"}:
                _xsd().assertValid(etree.fromstring(artifact.content))
