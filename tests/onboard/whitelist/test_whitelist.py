"""The garden: complete for the org, and never open to captive-portal detection in captive mode."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.northwind import NORTHWIND

from onboard import catalogue
from onboard.catalogue import Captive, Role
from onboard.errors import OnboardError
from onboard.model import GardenMode, Organization
from onboard.whitelist import Whitelist, build, covers

ONBOARDING = NORTHWIND.onboarding
assert ONBOARDING is not None
SERVICES = sorted(catalogue.tags())


def with_services(*services: str) -> Organization:
    return replace(NORTHWIND, onboarding=replace(ONBOARDING, services=services))


def opened(whitelist: Whitelist) -> set[tuple[str, int]]:
    return {(entry.host, port) for entry in whitelist.entries for port in entry.ports}


def detection_hosts() -> set[tuple[str, int]]:
    """Every cleartext probe, and the HTTPS host that Android asks first."""
    rows = catalogue.load("captive-detection").rows
    probes = {(row.host, port) for row in rows if row.captive is Captive.PROBE for port in row.ports}
    return probes | {("www.google.com", 443)}


def test_own_hosts_are_open() -> None:
    """A device reaches the portal, the SCEP server and the CRLs of its organization."""
    hosts = opened(build(NORTHWIND))
    assert {("start.northwind.example", 443), ("scep.northwind.example", 443)} <= hosts
    assert ("pki.northwind.example", 80) in hosts


def test_explicit_port_of_a_url_is_the_one_that_opens() -> None:
    """A SCEP server on its own port is reachable on that port and no other."""
    org = replace(NORTHWIND, scep=replace(NORTHWIND.scep, url="https://scep.northwind.example:8443"))
    assert {p for h, p in opened(build(org)) if h == "scep.northwind.example"} == {8443}


@given(services=st.lists(st.sampled_from(SERVICES), max_size=6, unique=True))
def test_captive_mode_never_opens_detection(services: list[str]) -> None:
    """No combination of services opens a detection host: by name, by wildcard or by address range."""
    whitelist = build(with_services(*services), GardenMode.CAPTIVE)
    for entry in whitelist.entries:
        for host, port in detection_hosts():
            assert not (port in entry.ports and covers(entry.host, host)), (entry, host)


@pytest.mark.parametrize("host", ["captive.apple.com", "connectivitycheck.gstatic.com"])
def test_zero_touch_mode_opens_detection(host: str) -> None:
    """Without a portal every system must find its detection host, or its assistant stops."""
    whitelist = build(NORTHWIND, GardenMode.ZERO_TOUCH)
    assert (host, 80) in opened(whitelist)
    assert next(e for e in whitelist.entries if e.host == host).required


def test_captive_mode_lists_detection_as_closed() -> None:
    """The administrator sees which hosts must stay closed."""
    closed = {refusal.host for refusal in build(NORTHWIND, GardenMode.CAPTIVE).closed}
    assert "captive.apple.com" in closed


def test_mode_defaults_to_the_orgs() -> None:
    """Without a wish the garden is what the org definition says."""
    assert build(NORTHWIND).mode is GardenMode.CAPTIVE


@pytest.mark.parametrize("name", SERVICES)
def test_every_tag_loads_with_source_and_date(name: str) -> None:
    """Each row of the catalogue says where the fact comes from and when it was checked."""
    tag = catalogue.load(name)
    assert tag.rows
    assert all(row.source and row.checked.year >= 2026 and row.ports for row in tag.rows)


@pytest.mark.parametrize("name", SERVICES)
def test_every_required_tag_exists(name: str) -> None:
    """`requires` names tags that the catalogue has."""
    assert set(catalogue.load(name).requires) <= catalogue.tags()


def test_server_side_rows_stay_out() -> None:
    """Hosts that only an MDM server contacts are not opened to devices."""
    server_only = {r.host for r in catalogue.load("apple-mdm").rows if r.role is not Role.DEVICE}
    assert server_only
    assert not server_only & {e.host for e in build(with_services("apple-mdm")).entries}


def test_rows_of_several_tags_merge() -> None:
    """A host that two services need appears once, with the ports of both, required if one requires it."""
    whitelist = build(with_services(*SERVICES), GardenMode.ZERO_TOUCH)
    keys = [(entry.host, entry.protocol) for entry in whitelist.entries]
    assert len(keys) == len(set(keys))


def test_unknown_placeholders_are_reported() -> None:
    """A row that needs a value the org does not give is named instead of printed with braces."""
    whitelist = build(with_services("okta"))
    assert any("{org}" in refusal.host for refusal in whitelist.unfilled)
    assert not any("{" in entry.host for entry in whitelist.entries)


def test_the_race_is_lost_by_nobody() -> None:
    """www.google.com stays closed in captive mode: Android would skip the portal."""
    whitelist = build(with_services("android-base", "chromeos-base", "google-workspace-sso"))
    assert "www.google.com" not in {entry.host for entry in whitelist.entries}


@pytest.mark.parametrize("tag", ["android-base", "chromeos-base", "google-workspace-sso"])
def test_people_can_sign_in_at_google_while_captive(tag: str) -> None:
    """The sign-in host is open on 443 though an HTTPS fallback probe asks it too; on 80 it is not."""
    hosts = opened(build(with_services(tag), GardenMode.CAPTIVE))
    assert ("accounts.google.com", 443) in hosts
    assert not {host for host, port in hosts if port == 80 and host.endswith(("gstatic.com", "google.com"))}


def test_without_onboarding_there_is_no_garden() -> None:
    """An org without an onboarding section gets an error that says what to add."""
    with pytest.raises(OnboardError, match="onboarding"):
        build(replace(NORTHWIND, onboarding=None))


def test_aliases_agree_with_the_files() -> None:
    """The alias table says what the files of the catalogue say, no more and no less."""
    folder = Path(catalogue.__file__).parent / "tags"
    tags = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    assert dict(catalogue.ALIASES) == {alias: tag["tag"] for tag in tags for alias in tag["aliases"]}
