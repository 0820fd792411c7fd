"""docs/windows.md says what the product says."""

from __future__ import annotations

import re
from pathlib import Path

from support.northwind import neutral, staff_plan

from onboard.options import EapMethod, KeyProtection, RadiusType
from onboard.payloads.windows import build
from onboard.payloads.windows.fleet import build_fleet
from onboard.payloads.windows.troubles import TROUBLES

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "windows.md").read_text()
PAGE_BY_SYMPTOM = (DOCS / "troubleshooting.md").read_text()


def test_troubles_are_those_of_the_product():
    """Page, instructions and doctor name the same causes and cures."""
    for trouble in TROUBLES:
        assert f"| {trouble.sign} | {trouble.cause} | {trouble.cure} |" in PAGE
    assert PAGE.partition("## When it fails")[2].count("\n| ") == len(TROUBLES) + 1


def test_troubleshooting_has_what_windows_shows():
    """By symptom: what doctor knows of Windows and Intune, in its own words."""
    told = [t for t in TROUBLES if f"| {t.sign} | {t.cause} | {t.cure} |" in PAGE_BY_SYMPTOM]
    assert {trouble.name for trouble in told} >= {
        "1206",
        "0x87D1FDE8",
        "SCEP 16",
        "SCEP 32",
        "TPM",
        "TLS 1.3",
    }


def test_files_that_are_named_are_made():
    """Every file of the table of ways is one that generate writes."""
    made = {
        a.path.split("/", 2)[2] for a in (*build(staff_plan(), neutral), *build_fleet(staff_plan(), neutral))
    }
    named = set(re.findall(r"`((?:GROUP|fleet-|customizations)[\w.-]*)`", PAGE)) - {"GROUP.graph.json"}
    assert {name.replace("GROUP", "staff") for name in named} <= made
    assert len(named) == 6


def test_every_value_is_there():
    """Whatever an org may write for Windows is in the table."""
    for value in (*EapMethod, *KeyProtection, *RadiusType):
        assert f"`{value}`" in PAGE
