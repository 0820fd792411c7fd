"""The contract's org for real: its hierarchy, its server on loopback, a device of every platform."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.northwind import NORTHWIND, STAFF_CHALLENGE, neutral

from onboard.payloads import BUILDERS
from onboard.pki import read_certificates
from onboard.plan import make_plan
from onboard.provision import Site, StateFolder, init
from onboard.provision.minting import mint
from onboard.rehearse import Given, Stage, redirecting_client, rehearse
from onboard.rehearse.result import all_ok
from onboard.secret import Secret
from onboard.serve import configure
from scep_server.runtime import running_server
from scep_server.sqlite_store import SqliteStore


@dataclass
class World:
    site: Site
    artifacts: tuple[Given, ...]

    @contextmanager
    def stage(self, **more) -> Iterator[Stage]:
        with running_server(configure(self.site, {"staff": STAFF_CHALLENGE})) as url:
            client = redirecting_client({"scep.northwind.example": url})
            yield Stage(client=client, values=self.values, now=datetime.now(UTC), **more)
            client.close()

    def values(self, group: str, platform: str) -> dict[str, str]:
        if group != "students":
            person = f"ada.{platform}@northwind.example"
            return {"user.email": person, "user.upn": person}
        minted = mint(
            NORTHWIND.group(group),
            {},
            valid_for=timedelta(hours=1),
            now=datetime.now(UTC),
            entropy=os.urandom,
            pepper=self.site.state.pepper(),
        )
        store = SqliteStore(self.site.state.store)
        store.add_challenges([minted.record])
        store.close()
        return {"device.id": f"device-{platform}", "challenge": minted.challenge.reveal()}


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    folder: Path = tmp_path_factory.mktemp("northwind")
    site = Site(
        organization=NORTHWIND,
        folder=folder,
        state=StateFolder(folder / ".onboard"),
        now=datetime.now(UTC),
        entropy=os.urandom,
    )
    init(site)
    public = read_certificates(NORTHWIND, folder)
    plans = [
        make_plan(NORTHWIND, group, public, STAFF_CHALLENGE if group.name == "staff" else None)
        for group in NORTHWIND.groups
    ]
    artifacts = tuple(
        Given.of(artifact)
        for plan in plans
        for platform in plan.platforms
        for artifact in BUILDERS[platform](plan, neutral)
    )
    return World(site, artifacts)


def test_every_device_of_the_org_enrols(world):
    """Each group and platform: read, pinned, enrolled from the artifact alone, on each of its networks."""
    with world.stage() as stage:
        results = rehearse(world.artifacts, stage)
    assert all_ok(results), [r for r in results if not r.ok]
    assert {(r.group, r.platform) for r in results if r.enrolled} == {
        (group.name, platform.value)
        for group in NORTHWIND.groups
        for platform in group.platforms
        if platform.value != "android"
    }


def test_a_wrong_challenge_is_refused(world):
    """An artifact with another secret gets nowhere, and the row says why."""
    plan = make_plan(
        NORTHWIND,
        NORTHWIND.group("staff"),
        read_certificates(NORTHWIND, world.site.folder),
        Secret("another-long-enough-secret"),
    )
    given = [Given.of(a) for p in plan.platforms for a in BUILDERS[p](plan, neutral)]
    with world.stage() as stage:
        results = rehearse(given, stage)
    assert not [r for r in results if r.enrolled]
    assert all("refused" in r.reason for r in results if r.platform != "android")
