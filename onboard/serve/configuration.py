"""Organization + state folder -> the SCEP server's configuration: keys loaded once, secrets resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography import x509

from onboard.errors import PkiError
from onboard.model import Authority, ChallengeType, Group, Rate
from onboard.provision import Site, issuance_policies
from onboard.provision.foreign import note_https
from onboard.provision.hierarchy import crl_valid_for, has_crl_file
from onboard.provision.leaves import read
from onboard.provision.serving import Loader
from onboard.provision.sharing import Shared, static_challenges
from onboard.secret import Secret
from onboard.serve.upkeep import Upkeep
from scep_server import limits
from scep_server.authority import IssuingAuthority
from scep_server.challenges import StaticChallenge
from scep_server.revocation import Responder
from scep_server.runtime.config import Reporting, Served, ServerConfig, Tls, system_clock
from scep_server.service import Alternate, ApprovalQueue, Endpoint
from scep_server.service.publishing import PublishedAuthority
from scep_server.sqlite_store import SqliteStore

_BURST_SECONDS = 10  # a lecture hall that opens its laptops at the same moment is no attack


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What one server serves; the parts may run on different hosts.

    Attributes:
        scep: the SCEP endpoints.
        pki: CRLs, OCSP and issuer certificates.
    """

    scep: bool = True
    pki: bool = True

    @property
    def name(self) -> str:
        """What they are called together."""
        return "+".join(part for part, served in (("scep", self.scep), ("pki", self.pki)) if served)


def configure(
    site: Site,
    challenges: Mapping[str, Secret],
    *,
    former: Mapping[str, Sequence[Shared]] | None = None,
    parts: Parts | None = None,
    trusted_proxies: Sequence[limits.Network] = (),
    tls: Tls | None = None,
    keep_up: bool = False,
    reports: Reporting | None = None,
) -> ServerConfig:
    """Everything that the organization's server needs.

    Args:
        site: organization, folders and clock.
        challenges: the resolved secret of each group that shares one.
        former: secrets that groups shared before and that are still taken.
        parts: what to serve; everything when None.
        trusted_proxies: networks whose X-Forwarded-For is believed.
        tls: certificate and key, to serve https.
        reports: what leaves this machine of the audit trail, of `reporting`; None: nothing does.
        keep_up: renew RA, OCSP and signing certificates while it runs, take what others renewed, and note
            where the certificate for https lies.

    Raises:
        PkiError: a certificate or key is not there.
        StateError: the state folder cannot be used.
    """
    parts = parts or Parts()
    if keep_up:
        note_https(site.state, parts.name, None if tls is None else tls.certificate)
    organization, pepper = site.organization, site.state.pepper()
    shared = {group.name: _static(group, challenges, former or {}, pepper) for group in organization.groups}

    def load(now: Site) -> Served:
        return _served(now, shared, parts)

    served = load(site)
    return ServerConfig(
        endpoints=served.endpoints,
        authorities=served.authorities,
        reporting=reports,
        refresh=Upkeep(site, load, system_clock) if keep_up else None,
        open_store=lambda: SqliteStore(site.state.store),
        pepper=pepper,
        per_address=_rate(organization.scep.per_address),
        per_group=_rate(organization.scep.per_group),
        trusted_proxies=tuple(trusted_proxies),
        prefix=urlsplit(organization.scep.url).path.rstrip("/"),
        tls=tls,
        known_weak=site.state.known_weak(),
    )


def _served(site: Site, shared: Mapping[str, tuple[StaticChallenge, ...]], parts: Parts) -> Served:
    organization, loader = site.organization, Loader.of(site)
    return Served(
        endpoints=tuple(
            _endpoint(loader, group, name, shared[group.name])
            for group in organization.groups
            for name in group.names
            if parts.scep
        ),
        authorities=tuple(_published(loader, a) for a in organization.authorities if a.is_ours)
        if parts.pki
        else None,
    )


def _rate(rate: Rate | None) -> limits.Rate | None:
    if rate is None:
        return None
    return limits.Rate(per_second=rate.per_second, burst=max(1.0, rate.per_second * _BURST_SECONDS))


def _endpoint(loader: Loader, group: Group, name: str, shared: tuple[StaticChallenge, ...]) -> Endpoint:
    """The endpoint of a group at one of its keys: old payloads go on asking for the key of their day."""
    previous, following = _alternates(loader, group)
    waits = group.challenge.type is ChallengeType.APPROVAL
    policy, *more = issuance_policies(loader.site.organization, group, name)
    return Endpoint(
        name=name,
        group=group.name,
        formerly=group.formerly,
        authority=loader.issuing(group.authority.name),
        recipients=loader.recipients(group),
        policy=policy,
        more_policies=tuple(more),
        static=() if waits else shared,
        previous=previous,
        next=following,
        approval=ApprovalQueue(guards=shared, lasts=group.challenge.valid_for) if waits else None,
        single_certificate=group.single_certificate,
    )


def _static(
    group: Group, challenges: Mapping[str, Secret], former: Mapping[str, Sequence[Shared]], pepper: bytes
) -> tuple[StaticChallenge, ...]:
    secret = challenges.get(group.name)
    today = () if secret is None else (Shared(secret=secret, until=group.challenge.until),)
    return static_challenges(group.challenge, (*today, *former.get(group.name, ())), pepper)


def _alternates(loader: Loader, group: Group) -> tuple[tuple[Alternate, ...], Alternate | None]:
    """The other authorities of a group in a rollover (RFC 8894 §4.7): those that were, and the one to come.

    To come is what began later than the authority that issues now. One that can sign no more, because its
    key was taken away or its RA has expired, is left out: devices that seal to it ask for the CA anew.
    """
    previous: list[Alternate] = []
    following: Alternate | None = None
    for other in group.also_accepted:
        pairs = _standing(loader, group, other)
        if pairs and following is None and _begins_later(loader, other, group.authority):
            following = pairs[0]
        else:
            previous += pairs
    return tuple(previous), following


def _standing(loader: Loader, group: Group, other: Authority) -> list[Alternate]:
    if not loader.site.at_hand(other.name):
        return []
    issuer = loader.issuing(other.name)
    try:
        recipients = loader.recipients(group, other.name)
    except PkiError:  # expired, or the rollover has not been provisioned yet
        return []
    return [Alternate(authority=issuer, recipient=recipient) for recipient in recipients]


def _begins_later(loader: Loader, one: Authority, other: Authority) -> bool:
    first, second = loader.site.certificate(one.name), loader.site.certificate(other.name)
    return (
        first is not None and second is not None and first.not_valid_before_utc > second.not_valid_before_utc
    )


def _published(loader: Loader, authority: Authority) -> PublishedAuthority:
    site = loader.site
    certificate = site.certificate(authority.name)
    if certificate is None:
        msg = f"pki/{authority.name}.pem is not there"
        raise PkiError(msg, hint="run 'onboard ca init' first")
    by_hand = has_crl_file(site.organization, authority)
    return PublishedAuthority(
        name=authority.name,
        certificate=certificate,
        signer=None if by_hand else _signer(loader, authority),
        crl_valid_for=crl_valid_for(site.organization, authority),
        crl_file=site.public(authority.name, "crl"),
        responder=_responder(loader, authority, certificate),
        infrastructure=_unrecorded(loader, certificate),
    )


def _signer(loader: Loader, authority: Authority) -> IssuingAuthority | None:
    """Who signs an authority's CRLs; None where a rollover goes on and its key was taken away already."""
    issues = any(group.authority.name == authority.name for group in loader.site.organization.groups)
    return loader.issuing(authority.name) if issues or loader.site.at_hand(authority.name) else None


def _responder(loader: Loader, authority: Authority, issuer: x509.Certificate) -> Responder | None:
    delegate = loader.ocsp_signer(authority.name)
    if delegate is None:
        return None
    return Responder(issuer=issuer, signer=delegate.certificate, key=delegate.key)


def _unrecorded(loader: Loader, issuer: x509.Certificate) -> frozenset[int]:
    """Serials that an authority issued outside the store: authorities below it, and the infrastructure."""
    site = loader.site
    certificates = [site.certificate(authority.name) for authority in site.organization.authorities]
    leaves = [(kind, pair) for (kind, _), made in loader.stock.items() for pair in made if pair.is_whole]
    certificates += [read(site.state, kind, pair) for kind, pair in leaves]
    return frozenset(c.serial_number for c in certificates if c is not None and c.issuer == issuer.subject)
