"""The servers of one day: SCEP and PKI on loopback or the org's own, and a FreeRADIUS for each entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from cryptography import x509

from onboard.devices.scep.client import Identity
from onboard.devices.settings import NetworkSettings
from onboard.model import Organization
from onboard.pki import read_certificates
from onboard.radius import make_policy
from onboard.rehearse import faketime
from onboard.rehearse.company import Company
from onboard.rehearse.from_site import current_crls, fetch_crls, labels, server_certificate
from onboard.rehearse.negative import Entry
from onboard.rehearse.radius_server import is_possible, running_radius
from onboard.rehearse.stage import Authenticator, Outcome
from onboard.rehearse.transport import redirecting_client
from onboard.rehearse.upkeep import Kept, keep_up
from onboard.serve import configure
from scep_server.runtime import running_server
from scep_server.runtime.config import system_clock
from scep_server.sqlite_store import SqliteStore
from scep_server.store import StoredCrl


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What devices meet on one day."""

    now: datetime
    client: httpx.Client
    entries: Mapping[str, Entry]  # by RADIUS entry; those whose certificate is ours
    authenticator: Authenticator | None
    closed: Mapping[str, str] = field(default_factory=dict)  # by group: why its endpoint is not served


@contextmanager
def day(company: Company, store: Path, scratch: Path, ahead: timedelta) -> Iterator[Day]:
    """Every server of the day, until the block ends.

    Args:
        company: whose servers.
        store: the records of the throw-away server; days of one rehearsal share them.
        scratch: a private folder of this day.
        ahead: how far this day is from today.

    Raises:
        PkiError: a key or certificate that a server needs is not here, or does not belong together.
        StateError: the state folder cannot be used.
        EapolError: FreeRADIUS is installed and did not start.
    """
    kept = Kept(site=replace(company.site, now=company.site.now + ahead))
    if ahead:
        kept = keep_up(kept.site, scratch / "state")
    served = replace(kept.site, organization=kept.served)
    then = replace(company, site=kept.site)
    playable = is_possible() and (not ahead or faketime.library() is not None)
    with ExitStack() as stack:
        client = stack.enter_context(scep(replace(then, site=served), store, ahead))
        entries = stack.enter_context(_radius(then, client, scratch, ahead)) if playable else {}
        servers = {name: entry.server for name, entry in entries.items()}
        authenticator = ByNetwork(company.organization, servers) if playable else None
        yield Day(
            now=then.site.now,
            client=client,
            entries=entries,
            authenticator=authenticator,
            closed=kept.closed,
        )


@contextmanager
def scep(company: Company, store: Path, ahead: timedelta) -> Iterator[httpx.Client]:
    """A way to the SCEP server: a throw-away one with the org's keys, or the org's own."""
    if company.live:
        with httpx.Client(timeout=30) as client:
            yield client
        return
    config = replace(
        configure(company.site, company.challenges),
        open_store=lambda: _DayStore(store),
        per_address=None,  # every device of the rehearsal has one address
        clock=lambda: system_clock() + ahead,
    )
    urls = (company.organization.scep.url, company.organization.pki.url)
    with running_server(config) as base, redirecting_client(dict.fromkeys(map(_host, urls), base)) as client:
        yield client


class _DayStore(SqliteStore):
    """The records that all days share, and CRLs of this day's own: another day's would be of its time."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._crls: dict[str, StoredCrl] = {}

    def crl(self, issuer: str) -> StoredCrl | None:
        """See `ReadingStore.crl`."""
        return self._crls.get(issuer)

    def save_crl(self, issuer: str, crl: StoredCrl) -> bool:
        """See `Store.save_crl`."""
        self._crls[issuer] = crl
        return True


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


@contextmanager
def _radius(
    company: Company, client: httpx.Client, scratch: Path, ahead: timedelta
) -> Iterator[Mapping[str, Entry]]:
    """A FreeRADIUS for each RADIUS entry whose certificate is ours."""
    certificates = read_certificates(company.organization, company.site.folder)
    entries: dict[str, Entry] = {}
    with ExitStack() as stack:
        for radius in company.organization.radius:
            own = server_certificate(company.site, radius)
            if own is not None:
                policy = make_policy(company.organization, radius, certificates)
                crls = current_crls(company.site, policy) if company.live else fetch_crls(policy, client)
                running = running_radius(policy, own, crls, scratch / radius.name, ahead=ahead)
                server = stack.enter_context(running)
                entries[radius.name] = Entry(policy=policy, certificate=own, crls=crls, server=server)
        yield entries


class ByNetwork:
    """Sends each device to the RADIUS servers of the network that it joins; an `Authenticator`."""

    def __init__(self, organization: Organization, servers: Mapping[str, Authenticator]) -> None:
        """The servers by their name in the organization."""
        self._label = labels(organization)
        self._radius = {n.name: [radius.name for radius in n.servers] for n in organization.networks}
        self._servers = servers

    def authenticate(
        self,
        group: str,
        network: NetworkSettings,
        identity: Identity,
        chain: Sequence[x509.Certificate],
        site: str = "",
    ) -> Outcome | None:
        """As `Authenticator` says; of several clusters each must let the device in, into the same VLAN."""
        names = self._radius.get(self._label(group, network), [])
        playable = [name for name in names if name in self._servers]
        first: Outcome | None = None
        for name in playable:
            outcome = self._servers[name].authenticate(group, network, identity, chain, site)
            if outcome is None:
                continue
            if not outcome.accepted:
                return outcome if len(names) == 1 else _named(name, outcome)
            if first is not None and outcome.vlan != first.vlan:
                return _named(name, replace(outcome, accepted=False, reason=f"VLAN {outcome.vlan}"))
            first = first or outcome
        absent = [name for name in names if name not in self._servers]
        if first is not None and absent:
            return replace(first, reason=f"radius {', '.join(absent)} was not played: its key is not here")
        return first


def _named(name: str, outcome: Outcome) -> Outcome:
    return replace(outcome, reason=f"radius {name}: {outcome.reason}")
