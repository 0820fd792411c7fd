"""A RADIUS server of the admin's own: devices are put before it, and what it shows of itself is judged."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from cryptography import x509

from onboard.devices.errors import RadiusError
from onboard.devices.radius import udp as radius_udp
from onboard.devices.radius.eap import EapOutcome
from onboard.devices.scep.client import Identity
from onboard.devices.settings import NetworkSettings, TunnelMethod
from onboard.errors import OnboardError
from onboard.model import Radius
from onboard.pki import read_certificates
from onboard.radius import judge_chain
from onboard.rehearse.approving import approver, onlooker
from onboard.rehearse.company import Company
from onboard.rehearse.from_site import air, labels, vlans
from onboard.rehearse.given import Given
from onboard.rehearse.places import located
from onboard.rehearse.play import rehearse
from onboard.rehearse.result import Result, all_ok
from onboard.rehearse.servers import scep
from onboard.rehearse.stage import Outcome, Stage, unplayed
from onboard.rehearse.values import Fillings
from onboard.secret import Secret
from scep_server.sqlite_store import SqliteStore

_VERSIONS = ("1.2", "1.3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """Where the server is."""

    radius: Radius  # what the org says of it
    address: tuple[str, int]
    secret: Secret  # that it has for this machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found.

    Attributes:
        rows: a row for each device and network.
        chain: certificates that the server showed, its own first; TLS 1.3 shows that one alone.
        findings: why devices would refuse the certificate; empty where none would.
        versions: what came of each TLS version: empty where it is spoken, else the reason.
    """

    rows: tuple[Result, ...]
    chain: tuple[x509.Certificate, ...] = field(repr=False)
    findings: tuple[str, ...]
    versions: dict[str, str]

    @property
    def is_good(self) -> bool:
        """Whether every device got on, and the certificate is one for all."""
        return all_ok(self.rows) and bool(self.chain) and not self.findings


def check(company: Company, given: Sequence[Given], remote: Remote) -> Checked:
    """Enrol a device for each group and platform, and put it before the server.

    Raises:
        PkiError: a key or certificate that enrolment needs is not here.
        StateError: the state folder cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="onboard-radius-") as scratch:
        radius = _Asked(remote, company, Path(scratch) / "devices")
        rows = tuple(_rows(company, given, radius, Path(scratch)))
        own = {network.name for network in company.organization.networks if remote.radius in network.servers}
        return Checked(
            rows=tuple(row for row in rows if row.network_key in own),
            chain=radius.chain,
            findings=_findings(company, remote.radius, radius.chain),
            versions=radius.versions(),
        )


def _rows(company: Company, given: Sequence[Given], radius: _Asked, scratch: Path) -> Iterator[Result]:
    path = company.site.state.store if company.live else scratch / "store.sqlite3"
    with (
        closing(SqliteStore(path)) as store,
        scep(company, path, timedelta(0)) as client,
    ):
        now = company.site.now
        stage = Stage(
            decide=onlooker(store, now) if company.live else approver(company.organization, store, now),
            client=client,
            values=Fillings(site=company.site, store=store, given=company.values).on(company.site.now),
            now=company.site.now,
            authenticator=radius,
            vlans=vlans(company.organization),
            label=labels(company.organization),
            air=air(company.organization),
            progress=company.progress,
        )
        for result in rehearse(given, stage):
            yield located(company.organization, result)


def _findings(company: Company, radius: Radius, chain: Sequence[x509.Certificate]) -> tuple[str, ...]:
    if not chain:
        return ()
    certificates = read_certificates(company.organization, company.site.folder)
    anchors = [certificates[anchor.name] for anchor in radius.trust]
    return judge_chain(chain, radius.server_names, anchors, company.site.now)


class _Asked:
    """The server while it is asked; an `Authenticator`."""

    def __init__(self, remote: Remote, company: Company, folder: Path) -> None:
        self.chain: tuple[x509.Certificate, ...] = ()
        self._remote = remote
        self._label = labels(company.organization)
        self._own = {n.name for n in company.organization.networks if remote.radius in n.servers}
        self._folder = folder
        self._first: tuple[NetworkSettings, Identity, Sequence[x509.Certificate]] | None = None

    def authenticate(
        self,
        group: str,
        network: NetworkSettings,
        identity: Identity,
        chain: Sequence[x509.Certificate],
        site: str = "",
    ) -> Outcome | None:
        """As `Authenticator` says; None on networks of other servers. This machine is at no site."""
        del site
        if self._label(group, network) not in self._own:
            return None
        self._first = self._first or (network, identity, chain)
        outcome = self._ask(network, identity, chain)
        reason = _reason(outcome) or unplayed(network, *TunnelMethod)
        return Outcome(accepted=outcome.accepted, vlan=outcome.vlan, reason=reason)

    def versions(self) -> dict[str, str]:
        """Which TLS versions the server speaks; empty where no device came so far."""
        return {} if self._first is None else {v: self._version(v, *self._first) for v in _VERSIONS}

    def _version(
        self, version: str, network: NetworkSettings, identity: Identity, chain: Sequence[x509.Certificate]
    ) -> str:
        only = replace(network, tls_minimum=version, tls_maximum=version)
        try:
            outcome = self._ask(only, identity, chain)
        except RadiusError as error:
            return str(error)
        return "" if outcome.tls == version or outcome.server else outcome.reason

    def _ask(
        self, network: NetworkSettings, identity: Identity, chain: Sequence[x509.Certificate]
    ) -> EapOutcome:
        outcome = radius_udp.authenticate(
            network, identity, chain, self._remote.address, self._remote.secret, self._folder
        )
        if len(outcome.server) > len(self.chain):
            self.chain = outcome.server
        return outcome


def _reason(outcome: EapOutcome) -> str:
    if outcome.by_device:
        return f"the device refused the RADIUS server: {outcome.reason}"
    return outcome.reason


def parse_address(text: str) -> tuple[str, int]:
    """`HOST`, `HOST:PORT` or `[ADDRESS]:PORT`; 1812 without a port.

    Raises:
        OnboardError: it is none of these.
    """
    host, _, port = text.rpartition(":")
    if not host or text.endswith("]") or (host.count(":") and not host.startswith("[")):
        host, port = text, "1812"
    if not port.isdecimal() or not 0 < int(port) < 65536 or not host.strip("[]"):
        msg = f"{text!r} is no address of a RADIUS server"
        raise OnboardError(msg, hint="write HOST, HOST:PORT or [ADDRESS]:PORT")
    return host.strip("[]"), int(port)
