"""The whole main job on the example org, in a scratch folder and on loopback: what `onboard demo` shows.

The simulated devices are given the generated files and nothing else. Two things stand in for the world around
them: host names lead to loopback, and variables are filled in as an MDM would.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from onboard import resources
from onboard.compose import compose
from onboard.compose.spelling import neutral
from onboard.errors import OnboardError
from onboard.model import ChallengeType, Organization
from onboard.orgfile import load
from onboard.output import write
from onboard.pki import read_certificates
from onboard.plan import make_plan
from onboard.provision import Entropy, Outcome, Row, Site, StateFolder, init
from onboard.rehearse import Result, read_folder
from onboard.rehearse.organization import Company, rehearse_organization
from onboard.secret import Secret
from onboard.whitelist import Whitelist, build
from scep_server.sqlite_store import SqliteStore
from scep_server.store import CertificateRecord

_EXAMPLE = "northwind.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where the demo plays.

    Attributes:
        folder: scratch folder; holds org.yaml, pki/, .onboard/ and payloads/.
        site: the organization and its folders.
        challenges: static challenges by group.
    """

    folder: Path
    site: Site
    challenges: Mapping[str, Secret] = field(repr=False)

    @property
    def organization(self) -> Organization:
        """The example organization."""
        return self.site.organization

    @property
    def payloads(self) -> Path:
        """The generated files."""
        return self.folder / "payloads"


def prepare(now: datetime, entropy: Entropy) -> Scene:
    """A scratch folder with the example org, and a fresh static challenge for each group that has one."""
    folder = Path(tempfile.mkdtemp(prefix="onboard-demo-"))
    org = folder / "org.yaml"
    org.write_text(resources.text("examples", _EXAMPLE), encoding="utf-8")
    organization = load(org)
    site = Site(
        organization=organization,
        folder=folder,
        state=StateFolder(folder / ".onboard"),
        now=now,
        entropy=entropy,
    )
    static = (g for g in organization.groups if g.challenge.type is ChallengeType.STATIC)
    return Scene(folder=folder, site=site, challenges={g.name: Secret(entropy(16).hex()) for g in static})


def make_authorities(scene: Scene) -> tuple[Row, ...]:
    """Root, issuing CAs, RAs and the rest.

    Raises:
        OnboardError: something was not made.
    """
    rows = init(scene.site)
    missing = [row.name for row in rows if row.outcome is Outcome.BLOCKED]
    if missing:
        msg = f"not made: {', '.join(missing)}"
        raise OnboardError(msg)
    return rows


def make_payloads(scene: Scene) -> int:
    """Write the payloads of every group and platform; how many."""
    organization = scene.organization
    certificates = read_certificates(organization, scene.folder)
    checked = [
        artifact
        for group in organization.groups
        for artifact in compose(
            make_plan(organization, group, certificates, scene.challenges.get(group.name)), neutral
        )
    ]
    write(scene.payloads, organization.identifier, checked)
    return len(checked)


def play_devices(
    scene: Scene, progress: Callable[[Result], None]
) -> tuple[tuple[Result, ...], tuple[CertificateRecord, ...]]:
    """Let a device of each platform enrol and, where FreeRADIUS is, join; rows and certificates.

    Raises:
        EapolError: FreeRADIUS is installed and did not start.
    """
    company = Company(
        site=scene.site, challenges=scene.challenges, store=scene.site.state.store, progress=progress
    )
    results = rehearse_organization(company, read_folder(scene.payloads))
    with closing(SqliteStore(scene.site.state.store)) as store:
        return results, tuple(store.certificates())


def garden(scene: Scene) -> Whitelist:
    """The whitelist of the example's onboarding SSID."""
    return build(scene.organization)
