"""The contract's org for real: hierarchy, artifacts and server, in a scratch folder and on loopback."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.northwind import NORTHWIND, STAFF_CHALLENGE, neutral

from onboard.model import Organization
from onboard.payloads import BUILDERS
from onboard.pki import read_certificates
from onboard.plan import make_plan
from onboard.provision import Site, StateFolder, init
from onboard.provision.minting import mint
from onboard.rehearse import Given, Stage, redirecting_client
from onboard.serve import configure
from scep_server.runtime import running_server
from scep_server.sqlite_store import SqliteStore


@dataclass
class World:
    """A site with its artifacts."""

    site: Site
    artifacts: tuple[Given, ...]

    @contextmanager
    def stage(self, **more) -> Iterator[Stage]:
        """The org's server, and devices whose names lead to it."""
        with running_server(configure(self.site, {"staff": STAFF_CHALLENGE})) as url:
            client = redirecting_client({"scep.northwind.example": url, "pki.northwind.example": url})
            yield Stage(client=client, values=self.values, now=datetime.now(UTC), **more)
            client.close()

    def values(self, group: str, platform: str) -> dict[str, str]:
        """A person or device of its own for each platform; a minted challenge for students."""
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


def make_world(folder: Path, organization: Organization = NORTHWIND) -> World:
    """Hierarchy and artifacts of an organization below `folder`."""
    site = Site(
        organization=organization,
        folder=folder,
        state=StateFolder(folder / ".onboard"),
        now=datetime.now(UTC),
        entropy=os.urandom,
    )
    init(site)
    public = read_certificates(organization, folder)
    plans = [
        make_plan(organization, group, public, STAFF_CHALLENGE if group.name == "staff" else None)
        for group in organization.groups
    ]
    artifacts = tuple(
        Given.of(artifact)
        for plan in plans
        for platform in plan.platforms
        for artifact in BUILDERS[platform](plan, neutral)
    )
    return World(site, artifacts)
