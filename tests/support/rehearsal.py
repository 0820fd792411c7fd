"""An organization of tests/orgs that can be rehearsed: read, provisioned in a scratch folder."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from support.changes import Change

from onboard.orgfile import load
from onboard.provision import Site, StateFolder, init
from onboard.rehearse import Given
from onboard.rehearse.company import Company
from onboard.secret import Secret

ORGS = Path(__file__).parents[1] / "orgs"
CHALLENGE = Secret("0123456789abcdefghij")


def company(name: str, folder: Path, **more) -> Company:
    """The org of that name after `ca init`; every group that shares a challenge has the same one."""
    organization = load(ORGS / f"{name}.yaml")
    site = Site(
        organization=organization,
        folder=folder,
        state=StateFolder(folder / ".onboard"),
        now=datetime.now(UTC),
        entropy=os.urandom,
    )
    init(site)
    shared = {g.name: CHALLENGE for g in organization.groups if g.challenge.secret is not None}
    return Company(site=site, challenges=shared, progress=lambda row: None, **more)


def changed(given: tuple[Given, ...], kind: str, change: Change) -> list[Given]:
    """The artifacts with each one of the kind changed."""
    return [replace(g, content=change(g.content)) if g.kind == kind else g for g in given]
