"""A later day: who renews by then, who need not, who comes too late, and what a narrow window breaks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from support.northwind import NORTHWIND, STAFF, STAFF_CHALLENGE, STUDENTS
from support.world import make_world

from onboard.errors import PkiError
from onboard.rehearse.organization import Company, artifacts, rehearse_organization
from onboard.rehearse.result import Result, Step

DAYS = timedelta(days=1)
IN_THE_WINDOW = 341 * DAYS


@pytest.fixture(autouse=True)
def _without_radius(monkeypatch):
    """EAP-TLS of another day is proven in tests/interop; here nobody needs FreeRADIUS."""
    monkeypatch.setenv("PATH", "/nonexistent")


def play(folder, ahead: timedelta, *groups) -> tuple[Result, ...]:
    organization = replace(NORTHWIND, groups=groups or NORTHWIND.groups)
    company = Company(
        site=make_world(folder, organization).site,
        challenges={"staff": STAFF_CHALLENGE},
        ahead=ahead,
        progress=lambda row: None,
    )
    rows = rehearse_organization(company, artifacts(company, organization.groups, ()))
    return tuple(row for row in rows if row.platform != "android")


def test_every_platform_has_a_fresh_certificate_in_the_window(tmp_path):
    """Eleven months on each device of the org has renewed, each in its own way, and is not refused."""
    rows = play(tmp_path, IN_THE_WINDOW)
    assert all(row.ok and row.renewed for row in rows), [r for r in rows if not r.ok]
    assert {(row.platform, row.renewal) for row in rows} == {
        ("apple", "renewed by MDM push"),
        ("windows", "renewed by daily task"),
        ("chromeos", "renewed by connector"),
        ("linux", "renewed by certmonger"),
    }


def test_before_the_window_the_first_certificate_goes_on(tmp_path):
    """A month on nothing is due but what an MDM pushes at any time."""
    rows = play(tmp_path, 30 * DAYS)
    assert all(row.ok for row in rows)
    assert {row.platform: row.renewed for row in rows} == {
        "apple": True,
        "windows": None,
        "chromeos": None,
        "linux": None,
    }
    assert all("not before" in row.renewal for row in rows if row.platform != "apple")


def test_after_the_end_nobody_is_on(tmp_path):
    """A certificate that ran out renews nothing, and the row says since when."""
    rows = play(tmp_path, 400 * DAYS)
    assert not [row for row in rows if row.ok]
    assert all(row.failed is Step.RENEW and "ran out on" in row.reason for row in rows)


def test_a_window_narrower_than_the_clients_is_told(tmp_path):
    """Four weeks before the end certmonger asks; a server with a window of ten days refuses it."""
    narrow = replace(STAFF.profile, renew_within=10 * DAYS)
    rows = play(tmp_path, IN_THE_WINDOW, replace(STAFF, profile=narrow))
    linux = [row for row in rows if row.platform == "linux"]
    assert linux
    assert all(not row.ok and row.failed is Step.RENEW and "refused" in row.reason for row in linux)


def test_a_pushed_profile_brings_a_challenge_of_its_own(tmp_path):
    """Where challenges are one-time the first one is long spent, and the second push holds another."""
    rows = play(tmp_path, IN_THE_WINDOW, STUDENTS)
    assert [row.renewed for row in rows if row.platform == "apple"] == [True]


def test_today_alone_foretells_the_renewal(tmp_path):
    """Without a later day the row says who renews and from when on, and nothing was renewed."""
    rows = play(tmp_path, timedelta(0), STAFF)
    assert all(row.ok and row.renewed is None for row in rows)
    (linux, *_) = [row for row in rows if row.platform == "linux"]
    assert linux.renewal.startswith("certmonger, from ")


def test_an_ra_that_has_run_out_by_then_is_told(tmp_path):
    """Nothing enrols or renews at an endpoint whose RA has ended; the day does not even begin."""
    with pytest.raises(PkiError, match=r"on \d{4}-.*RA of group"):
        play(tmp_path, 800 * DAYS)
