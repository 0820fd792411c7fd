"""A later day: who renews by then, who need not, who comes too late, and what a narrow window breaks."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import timedelta

import pytest
from support.northwind import NORTHWIND, STAFF, STAFF_CHALLENGE, STUDENTS, STUDENTS_CA
from support.sites import at
from support.world import make_world

from onboard.model import Platform
from onboard.rehearse.organization import Company, artifacts, rehearse_organization
from onboard.rehearse.play import rehearse
from onboard.rehearse.result import Result, Step
from onboard.rehearse.servers import day
from onboard.rehearse.stage import Stage
from onboard.rehearse.upkeep import keep_up
from onboard.rehearse.values import Fillings
from scep_server.sqlite_store import SqliteStore

DAYS = timedelta(days=1)
IN_THE_WINDOW = 341 * DAYS


@pytest.fixture(autouse=True)
def _without_radius(monkeypatch):
    """EAP-TLS of another day is proven in tests/interop; here nobody needs FreeRADIUS."""
    monkeypatch.setenv("PATH", "/nonexistent")


def company_of(folder, *groups, **changed) -> Company:
    organization = replace(NORTHWIND, groups=groups or NORTHWIND.groups, **changed)
    site = make_world(folder, organization).site
    return Company(site=site, challenges={"staff": STAFF_CHALLENGE}, progress=lambda row: None)


def play(folder, ahead: timedelta, *groups, **changed) -> tuple[Result, ...]:
    company = replace(company_of(folder, *groups, **changed), ahead=ahead)
    rows = rehearse_organization(company, artifacts(company, company.organization.groups, ()))
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


LONG = replace(STAFF.profile, valid_for=900 * DAYS, renew_within=900 * DAYS)


def test_an_ra_is_renewed_by_then_as_serve_would(tmp_path):
    """The RA of today has ended, upkeep has made the next one, and the org's own folder is as it was."""
    patient = replace(STAFF, profile=LONG)
    world = make_world(tmp_path, replace(NORTHWIND, groups=(patient,)))
    before = {path: path.stat().st_mtime_ns for path in world.site.state.path.rglob("*.pem")}
    rows = play(tmp_path, 880 * DAYS, patient)
    assert all(row.ok for row in rows), [(row.platform, row.reason) for row in rows if not row.ok]
    assert {row.platform for row in rows if row.renewed} == {"apple", "windows", "chromeos", "linux"}
    assert {path: path.stat().st_mtime_ns for path in world.site.state.path.rglob("*.pem")} == before


def test_an_endpoint_whose_authority_has_ended_is_named_and_the_others_go_on(tmp_path):
    """A rehearsal does not end with the first authority: each row says what became of its own endpoint."""
    ending = replace(STUDENTS_CA, valid_for=850 * DAYS)
    groups = (replace(STAFF, profile=LONG), replace(STUDENTS, authority=ending))
    authorities = tuple(ending if a.name == ending.name else a for a in NORTHWIND.authorities)
    rows = play(tmp_path, 860 * DAYS, *groups, authorities=authorities)
    assert all(row.ok for row in rows if row.group == "staff"), rows
    assert not [row for row in rows if row.group == "students" and row.ok]


def test_a_device_that_would_renew_at_a_closed_endpoint_hears_why(tmp_path):
    """The certificate still stands and its window is open, and nobody is there to ask."""
    company = company_of(tmp_path, replace(STAFF, profile=LONG))
    given = artifacts(company, company.organization.groups, (Platform.APPLE,))
    with ExitStack() as stack:
        opened = [
            stack.enter_context(day(company, tmp_path / "store", tmp_path / str(ahead.days), ahead))
            for ahead in (timedelta(0), 800 * DAYS)
        ]
        store = stack.enter_context(closing(SqliteStore(tmp_path / "store")))
        fillings = Fillings(site=company.site, store=store)
        today, then = (
            Stage(client=d.client, values=fillings.on(d.now), now=d.now, closed=d.closed) for d in opened
        )
        closed = replace(then, closed={"staff": "the RA has ended"})
        rows = rehearse(given, replace(today, later=closed))
    assert all(row.failed is Step.RENEW and row.reason.endswith("the RA has ended") for row in rows), rows


def test_what_keeps_an_endpoint_closed_is_said(tmp_path):
    """An authority that has ended, or whose key is not at hand any more when its RA needs the next one."""
    site = company_of(tmp_path, STAFF).site
    kept = keep_up(at(site, site.now + 800 * DAYS), tmp_path / "kept")
    assert (dict(kept.closed), kept.served) == ({}, site.organization)
    gone = keep_up(at(site, site.now + 2000 * DAYS), tmp_path / "gone")
    assert "'staff' ended on" in gone.closed["staff"]
    assert not gone.served.groups
    (site.state.path / "keys" / "staff.key").unlink()
    sealed = keep_up(at(site, site.now + 800 * DAYS), tmp_path / "sealed")
    assert "cannot issue" in sealed.closed["staff"]
