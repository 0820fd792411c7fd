"""Organization -> GroupPlan: everything resolved for one group, platform-neutral, with stable identifiers.

Pure: the same organization, certificates and secrets give the same plan. Builders look nothing up and decide
nothing but spelling.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from onboard.apple_options import AppleOptions, Passpoint, Setting, TlsVersions
from onboard.errors import PkiError
from onboard.model import (
    ChallengeType,
    EnrollmentProfile,
    Group,
    Network,
    NetworkType,
    Organization,
    Platform,
    Security,
    Ssid,
    Support,
)
from onboard.names import AltNameKind, AttributeType
from onboard.options import EapMethod, RadiusType, WindowsOptions
from onboard.pki import PublicCertificate
from onboard.secret import Secret
from onboard.variables import CHALLENGE, Holder, Template

# The namespace of every identifier. Changing it re-enrols everybody.
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "onboard.identifiers.v1")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectPart:
    """One attribute of the subject a device asks for."""

    type: AttributeType
    value: Template  # organization.name and group.name are already text


@dataclass(frozen=True, slots=True, kw_only=True)
class AltNamePart:
    """One subject alternative name a device asks for."""

    kind: AltNameKind
    value: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPlan:
    """A network as a payload needs it."""

    name: str  # key in org.yaml
    type: NetworkType
    ssid: Ssid | None  # None exactly for Ethernet
    security: Security | None  # None exactly for Ethernet
    server_names: tuple[str, ...]  # never empty
    anchors: tuple[PublicCertificate, ...]  # never empty: roots of the RADIUS server's chain
    radius: RadiusType = RadiusType.FREERADIUS
    eap: EapMethod = EapMethod.TLS
    fips: bool = False
    mac_randomization: bool = False
    hidden: bool = False
    outer_identity: str = ""
    passpoint: Passpoint | None = None
    tls: TlsVersions = field(default_factory=TlsVersions)
    apple: Mapping[str, Setting] = field(default_factory=dict, hash=False)
    # TEAP: who issues to the computers and to the people of all groups on this network; empty otherwise
    chained: Mapping[Holder, tuple[PublicCertificate, ...]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScepPlan:
    """How a device enrols."""

    url: str  # <scep.url>/scep/<group>
    challenge: Secret | None = field(repr=False)  # None: the place of a one-time challenge, ${challenge}
    subject: tuple[SubjectPart, ...]
    subject_alt_names: tuple[AltNamePart, ...]
    key_bits: int  # 2048 or 4096, RSA
    waits: bool = False  # whether a person approves each request, which takes a while


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPlan:
    """Everything a builder needs for one group."""

    organization_name: str
    organization_identifier: str
    support: Support
    group: str
    first_name: str = ""  # what identifiers are made of, where the group was renamed; else empty
    platforms: tuple[Platform, ...]
    profile: EnrollmentProfile
    issuing: PublicCertificate  # signs the devices' certificates
    issuers: tuple[PublicCertificate, ...]  # of `issuing`, nearest first; the last is the root
    # Chains of authorities whose certificates go on working during a rollover, each as issuing, *issuers.
    also_accepted: tuple[tuple[PublicCertificate, ...], ...] = ()
    networks: tuple[NetworkPlan, ...]  # in order of preference
    scep: ScepPlan
    apple: AppleOptions = field(default_factory=AppleOptions)
    access_for: timedelta | None = None
    windows: WindowsOptions = field(default_factory=WindowsOptions)
    onboarding_ssid: Ssid | None = None  # where devices without a certificate start; None without onboarding

    @property
    def root(self) -> PublicCertificate:
        """The root of the devices' certificates; SCEP clients pin it."""
        return self.issuers[-1] if self.issuers else self.issuing

    @property
    def signers(self) -> tuple[PublicCertificate, ...]:
        """Who may have signed the device's certificate: `issuing`, then those before or after it."""
        return (self.issuing, *(chain[0] for chain in self.also_accepted))

    @property
    def variables(self) -> tuple[str, ...]:
        """Every variable that payloads of this group may ask for, the challenge apart."""
        identifier = self.apple.acme.client_identifier if self.apple.acme else ""
        return tuple(dict.fromkeys((*self.profile.variables, *Template.parse(identifier).variables)))

    @property
    def holder(self) -> Holder:
        """Whether certificates name a person or a device."""
        return self.profile.holder

    @property
    def anchors(self) -> tuple[PublicCertificate, ...]:
        """Every certificate a device must hold: RADIUS anchors, then the issuing chains; each once."""
        everything = [a for network in self.networks for a in network.anchors]
        everything += [certificate for chain in self.also_accepted for certificate in reversed(chain)]
        everything += [*reversed(self.issuers), self.issuing]
        return tuple({certificate.sha256: certificate for certificate in everything}.values())

    def identifier(self, *place: str) -> str:
        """Reverse-DNS identifier of a thing in this group, e.g. `identifier("apple", "scep")`."""
        return ".".join((self.organization_identifier, "onboard", self.first_name or self.group, *place))

    def uuid(self, *place: str) -> uuid.UUID:
        """UUIDv5 of the organization's identifier and the thing's place; stable across content changes."""
        return _uuid("/".join((self.organization_identifier, self.first_name or self.group, *place)))


@functools.lru_cache(maxsize=8192)  # a portal asks for the same ones with each download
def _uuid(place: str) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, place)


def make_plan(
    organization: Organization,
    group: Group,
    certificates: Mapping[str, PublicCertificate],
    challenge: Secret | None,
) -> GroupPlan:
    """The plan of one group.

    Args:
        organization: the whole definition.
        group: one of its groups.
        certificates: public certificates by authority name or "file:PATH".
        challenge: the resolved static challenge or a minted one; None keeps `${challenge}` in its place.

    Raises:
        PkiError: a certificate that the group needs is not there.
    """
    known = {"organization.name": organization.name, "group.name": group.name}
    chains = [
        tuple(_certificate(certificates, authority.name) for authority in organization.chain(accepted))
        for accepted in group.authorities
    ]
    issuing, *issuers = chains[0]
    return GroupPlan(
        organization_name=organization.name,
        organization_identifier=organization.identifier,
        support=organization.support,
        group=group.name,
        first_name=group.formerly[0] if group.formerly else "",
        platforms=group.platforms,
        profile=group.profile,
        issuing=issuing,
        issuers=tuple(issuers),
        also_accepted=tuple(chains[1:]),
        networks=tuple(_network(network, organization, certificates) for network in group.networks),
        windows=group.windows,
        apple=group.apple,
        access_for=group.access_for,
        onboarding_ssid=organization.onboarding.ssid if organization.onboarding else None,
        scep=ScepPlan(
            url=organization.scep.endpoint(group.name),
            challenge=challenge,
            subject=tuple(SubjectPart(type=a.type, value=a.value.bind(known)) for a in group.profile.subject),
            subject_alt_names=tuple(
                AltNamePart(kind=n.kind, value=n.value.bind(known)) for n in group.profile.subject_alt_names
            ),
            key_bits=group.profile.key.bits,
            waits=group.challenge.type is ChallengeType.APPROVAL,
        ),
    )


def challenge_template(plan: GroupPlan) -> Template:
    """The challenge as a template: its text, or the variable `${challenge}`."""
    return (
        Template.of(CHALLENGE) if plan.scep.challenge is None else Template((plan.scep.challenge.reveal(),))
    )


def _network(
    network: Network, organization: Organization, certificates: Mapping[str, PublicCertificate]
) -> NetworkPlan:
    return NetworkPlan(
        name=network.name,
        type=network.type,
        ssid=network.ssid,
        security=network.security,
        server_names=tuple(dict.fromkeys(name for server in network.servers for name in server.server_names)),
        anchors=tuple(_certificate(certificates, name) for name in _anchors(network)),
        radius=network.radius.type,
        eap=network.eap,
        fips=network.fips,
        mac_randomization=network.mac_randomization,
        hidden=network.hidden,
        outer_identity=network.outer_identity,
        passpoint=network.passpoint,
        tls=network.radius.tls,
        apple=network.apple,
        chained=_chained(network, organization, certificates) if network.eap is EapMethod.TEAP else {},
    )


def _anchors(network: Network) -> tuple[str, ...]:
    """Of all its RADIUS servers: a device cannot say which name goes with which root."""
    return tuple(dict.fromkeys(anchor.name for server in network.servers for anchor in server.trust))


def _chained(
    network: Network, organization: Organization, certificates: Mapping[str, PublicCertificate]
) -> Mapping[Holder, tuple[PublicCertificate, ...]]:
    """A computer and its user are in two groups, so the network's profile knows the issuers of all."""
    issuers: dict[Holder, dict[str, PublicCertificate]] = {Holder.DEVICE: {}, Holder.USER: {}}
    for group in organization.groups:
        if Platform.WINDOWS in group.platforms and network.name in {n.name for n in group.networks}:
            for authority in group.authorities:
                certificate = _certificate(certificates, authority.name)
                issuers[group.profile.holder][authority.name] = certificate
    return {holder: tuple(found.values()) for holder, found in issuers.items()}


def _certificate(certificates: Mapping[str, PublicCertificate], name: str) -> PublicCertificate:
    try:
        return certificates[name]
    except KeyError:
        msg = f"the certificate of authority {name!r} is not there yet (pki/{name}.pem)"
        raise PkiError(msg, hint="run 'onboard ca init' first") from None
