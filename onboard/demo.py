"""The whole main job on the example org, in a scratch folder and on loopback: what `onboard demo` shows.

The simulated devices are given the generated files and nothing else. Two things stand in for the world around
them: host names lead to loopback, and variables are filled in as an MDM would.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from onboard import resources
from onboard.compose import compose
from onboard.compose.spelling import neutral
from onboard.devices.settings import NetworkSettings
from onboard.errors import OnboardError
from onboard.model import ChallengeType, Group, Organization
from onboard.orgfile import load
from onboard.output import write
from onboard.pki import read_certificates
from onboard.plan import make_plan
from onboard.provision import Entropy, Outcome, Row, Site, StateFolder, init
from onboard.provision.minting import mint
from onboard.rehearse import Result, Stage, read_folder, redirecting_client, rehearse
from onboard.secret import Secret
from onboard.serve import configure
from onboard.variables import CHALLENGE, VARIABLES
from onboard.whitelist import Whitelist, build
from scep_server.runtime import running_server
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
    """Start the server, let a device of each platform enrol, stop it; results and the issued certificates."""
    with ExitStack() as stack:
        wires = {
            group.name: network.name
            for group in scene.organization.groups
            for network in group.networks
            if network.ssid is None
        }
        base = stack.enter_context(running_server(configure(scene.site, scene.challenges)))
        store = stack.enter_context(closing(SqliteStore(scene.site.state.store)))
        host = urlsplit(scene.organization.scep.url).hostname or ""
        client = stack.enter_context(redirecting_client({host: base}))

        def values(group: str, platform: str) -> Mapping[str, str]:
            return _values(scene, store, scene.organization.group(group), platform)

        def label(group: str, network: NetworkSettings) -> str:
            return network.name if network.ssid else wires.get(group, network.name)

        stage = Stage(client=client, values=values, now=scene.site.now, label=label, progress=progress)
        results = rehearse(read_folder(scene.payloads), stage)
        return results, tuple(store.certificates())


def garden(scene: Scene) -> Whitelist:
    """The whitelist of the example's onboarding SSID."""
    return build(scene.organization)


def _values(scene: Scene, store: SqliteStore, group: Group, platform: str) -> Mapping[str, str]:
    """What an MDM would fill in: the person and the device, and a challenge where it is minted for each."""
    values = {name: variable.example for name, variable in VARIABLES.items() if variable.holder is not None}
    # a person of her own for each device: a second live key under one asserted name raises an alarm
    values["user.email"] = values["user.upn"] = f"ada.{platform}@northwind.example"
    values["device.id"] = str(uuid.UUID(bytes=scene.site.entropy(16), version=4))
    if group.challenge.type is ChallengeType.ONE_TIME:
        bound = {name: values[name] for name in group.profile.variables if name in values}
        minted = mint(
            group,
            bound,
            valid_for=None,
            now=scene.site.now,
            entropy=scene.site.entropy,
            pepper=scene.site.state.pepper(),
        )
        store.add_challenges([minted.record])
        values[CHALLENGE] = minted.challenge.reveal()
    return values
