"""Rehearses a whole organization: its artifacts, a throw-away server with its keys, FreeRADIUS where it is.

Devices are real clients, so real certificates are issued. Their keys end with the rehearsal, and so do the
records of a throw-away server; with a live server the records stay, as for any device.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from cryptography import x509

from onboard.compose import compose
from onboard.compose.spelling import neutral
from onboard.devices.scep_client import Identity
from onboard.devices.settings import NetworkSettings
from onboard.model import ChallengeType, Group, Organization, Platform
from onboard.pki import read_certificates
from onboard.plan import make_plan
from onboard.provision import Site
from onboard.provision.minting import mint
from onboard.radius import make_policy
from onboard.rehearse.from_site import current_crls, fetch_crls, labels, server_certificate, vlans
from onboard.rehearse.given import Given
from onboard.rehearse.places import located
from onboard.rehearse.play import Authenticator, Outcome, Stage, rehearse
from onboard.rehearse.radius_server import is_possible, running_radius
from onboard.rehearse.result import Result
from onboard.rehearse.transport import redirecting_client
from onboard.secret import Secret
from onboard.serve import configure
from onboard.variables import CHALLENGE, VARIABLES
from scep_server.runtime import running_server
from scep_server.sqlite_store import SqliteStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """An organization with everything that its rehearsal needs.

    Attributes:
        site: organization, folders, clock, entropy.
        challenges: resolved static challenges by group.
        values: for variables, instead of invented ones.
        live: enrol at the org's own server, over the network as it is.
        progress: called with each row.
    """

    site: Site
    challenges: Mapping[str, Secret] = field(repr=False)
    values: Mapping[str, str] = field(default_factory=dict)
    live: bool = False
    progress: Callable[[Result], None]

    @property
    def organization(self) -> Organization:
        """The organization."""
        return self.site.organization


def artifacts(company: Company, groups: Sequence[Group], platforms: Sequence[Platform]) -> tuple[Given, ...]:
    """What `generate` would write; raises as `compose` does."""
    certificates = read_certificates(company.organization, company.site.folder)
    return tuple(
        Given.of(checked.artifact)
        for group in groups
        if not platforms or set(platforms) & set(group.platforms)
        for checked in compose(
            make_plan(company.organization, group, certificates, company.challenges.get(group.name)),
            neutral,
            platforms=platforms,
        )
    )


def rehearse_organization(company: Company, given: Sequence[Given]) -> tuple[Result, ...]:
    """Play every device of the artifacts; rows in their order.

    Raises:
        PkiError: a key or certificate that the server needs is not here.
        StateError: the state folder cannot be used.
        EapolError: FreeRADIUS is installed and did not start.
    """
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="onboard-rehearsal-")))
        client, store = stack.enter_context(_scep(company, scratch))
        authenticator = stack.enter_context(_radius(company, client, scratch)) if is_possible() else None

        def values(group: str, platform: str) -> Mapping[str, str]:
            return _values(company, store, company.organization.group(group), platform)

        stage = Stage(
            client=client,
            values=values,
            now=company.site.now,
            authenticator=authenticator,
            vlans=vlans(company.organization),
            label=labels(company.organization),
            progress=company.progress,
        )
        return tuple(_remarked(company.organization, result) for result in rehearse(given, stage))


@contextmanager
def _scep(company: Company, scratch: Path) -> Iterator[tuple[httpx.Client, SqliteStore]]:
    """A way to the SCEP server, and the store that it asks for challenges."""
    path = company.site.state.store if company.live else scratch / "store.sqlite3"
    with ExitStack() as stack:
        store = stack.enter_context(closing(SqliteStore(path)))
        if company.live:
            yield stack.enter_context(httpx.Client(timeout=30)), store
            return
        config = replace(
            configure(company.site, company.challenges),
            open_store=lambda: SqliteStore(path),
            per_address=None,  # every device of the rehearsal has one address
        )
        base = stack.enter_context(running_server(config))
        urls = (company.organization.scep.url, company.organization.pki.url)
        hosts = {urlsplit(url).hostname or "": base for url in urls}
        yield stack.enter_context(redirecting_client(hosts)), store


@contextmanager
def _radius(company: Company, client: httpx.Client, scratch: Path) -> Iterator[Authenticator]:
    """A FreeRADIUS for each RADIUS entry whose certificate is ours."""
    certificates = read_certificates(company.organization, company.site.folder)
    servers: dict[str, Authenticator] = {}
    with ExitStack() as stack:
        for radius in company.organization.radius:
            own = server_certificate(company.site, radius)
            if own is not None:
                policy = make_policy(company.organization, radius, certificates)
                crls = current_crls(company.site, policy) if company.live else fetch_crls(policy, client)
                running = running_radius(policy, own, crls, scratch / "radius" / radius.name)
                servers[radius.name] = stack.enter_context(running)
        yield _ByNetwork(company.organization, servers)


class _ByNetwork:
    """Sends each device to the RADIUS server of the network that it joins."""

    def __init__(self, organization: Organization, servers: Mapping[str, Authenticator]) -> None:
        self._label = labels(organization)
        self._radius = {network.name: network.radius.name for network in organization.networks}
        self._servers = servers

    def authenticate(
        self, group: str, network: NetworkSettings, identity: Identity, chain: Sequence[x509.Certificate]
    ) -> Outcome | None:
        """As `Authenticator` says."""
        server = self._servers.get(self._radius.get(self._label(group, network), ""))
        return None if server is None else server.authenticate(group, network, identity, chain)


def _remarked(organization: Organization, result: Result) -> Result:
    """With the line to look at; and what one device alone cannot show."""
    result = located(organization, result)
    one_time = organization.group(result.group).challenge.type is ChallengeType.ONE_TIME
    if result.ok and result.platform == Platform.CHROMEOS and one_time:
        # Google's form has one field for a challenge, and every Chromebook of the org unit comes with it.
        return replace(result, reason="the first Chromebook only: the connector cannot mint challenges")
    return result


def _values(company: Company, store: SqliteStore, group: Group, platform: str) -> Mapping[str, str]:
    """What an MDM fills in: a person and a device for each platform, a challenge where it is minted."""
    values = {name: variable.example for name, variable in VARIABLES.items() if variable.holder is not None}
    person = f"rehearsal.{platform}@{_domain(group)}"
    values |= {"user.email": person, "user.upn": person}
    values["device.id"] = str(uuid.UUID(bytes=company.site.entropy(16), version=4))
    values |= company.values
    if group.challenge.type is ChallengeType.ONE_TIME:
        minted = mint(
            group,
            {name: values[name] for name in group.profile.variables if name in values},
            valid_for=None,
            now=company.site.now,
            entropy=company.site.entropy,
            pepper=company.site.state.pepper(),
        )
        store.add_challenges([minted.record])
        values[CHALLENGE] = minted.challenge.reveal()
    return values


def _domain(group: Group) -> str:
    """A domain that the profile's `values` allow; they are globs such as `*@northwind.example`."""
    allowed = group.profile.values.get("user.email") or group.profile.values.get("user.upn") or ""
    domain = allowed.rpartition("@")[2]
    return domain if domain and "*" not in domain else "example.org"
