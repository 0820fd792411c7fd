"""Everything that a builder needs for one group, and the plan of one of its certificates alone."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from onboard.apple_options import AppleOptions, Scope
from onboard.capabilities import Feature, limitations
from onboard.model import EnrollmentProfile, Platform, Ssid, Support
from onboard.options import WindowsOptions
from onboard.pki import PublicCertificate
from onboard.plan.parts import CertificatePlan, NetworkPlan, ScepPlan, SubjectPart
from onboard.secret import Secret
from onboard.variables import CHALLENGE, Holder, Template

# The namespace of every identifier. Changing it re-enrols everybody.
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "onboard.identifiers.v1")
_HOLDERS: Mapping[Scope, Holder] = {Scope.SYSTEM: Holder.DEVICE, Scope.USER: Holder.USER}


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPlan:
    """Everything a builder needs for one group.

    Where the group has a certificate for the person and one for the computer, `profile` and `scep` are those
    that org.yaml names first, and `second` is the other. `certificates` gives a plan for each.
    """

    organization_name: str
    organization_identifier: str
    support: Support
    group: str
    title: str  # what people see of the group: they never need its key
    first_name: str = ""  # what identifiers are made of, where the group was renamed; else empty
    platforms: tuple[Platform, ...]
    profile: EnrollmentProfile
    issuing: PublicCertificate  # signs the devices' certificates
    issuers: tuple[PublicCertificate, ...]  # of `issuing`, nearest first; the last is the root
    # Chains of authorities whose certificates go on working during a rollover, each as issuing, *issuers.
    also_accepted: tuple[tuple[PublicCertificate, ...], ...] = ()
    networks: tuple[NetworkPlan, ...]  # in order of preference
    scep: ScepPlan
    second: CertificatePlan | None = None
    beside: Holder | None = None  # of a plan of `second` alone: its holder, which its identifiers say
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
        own = [name for profile in self._profiles for name in profile.variables]
        return tuple(dict.fromkeys((*own, *Template.parse(identifier).variables)))

    @property
    def holder(self) -> Holder:
        """Whether certificates name a person or a device; of two, what the first names."""
        return self.profile.holder

    @property
    def usages(self) -> tuple[str, ...]:
        """The extended key usages that every certificate of the group has."""
        common = set.intersection(*(set(profile.extended_key_usages) for profile in self._profiles))
        return tuple(usage for usage in self.profile.extended_key_usages if usage in common)

    @property
    def certificates(self) -> tuple[GroupPlan, ...]:
        """A plan for each kind of certificate, alone; identifiers of the first stay as they are."""
        if self.second is None:
            return (self,)
        other = self.second
        first = replace(self, second=None)
        return (first, replace(first, profile=other.profile, scep=other.scep, beside=other.profile.holder))

    @property
    def suffix(self) -> str:
        """The end of names and kinds of files that are about the second certificate; empty for the first."""
        return "" if self.beside is None else f"-{self.beside}"

    def on(self, platform: Platform) -> GroupPlan:
        """The plan for a platform: its networks, and one certificate where its clients cannot hold two.

        That is the first in org.yaml, unless the scope of a Mac says whose keychain it goes to.
        """
        networks = tuple(n for n in self.networks if not n.platforms or platform in n.platforms)
        if networks != self.networks:
            return replace(self, networks=networks).on(platform)
        if self.second is None or not limitations((platform,), Feature.SECOND_CERTIFICATE):
            return self
        first, second = self.certificates
        scope = self.apple.scope if platform is Platform.APPLE else None
        wanted = first.holder if scope is None else _HOLDERS[scope]
        return first if first.holder is wanted else replace(second, beside=None)

    def asking_for(self, part: SubjectPart) -> GroupPlan:
        """The plan in which every certificate has one attribute more in its subject."""
        first = replace(self, scep=replace(self.scep, subject=(*self.scep.subject, part)))
        if self.second is None:
            return first
        scep = replace(self.second.scep, subject=(*self.second.scep.subject, part))
        return replace(first, second=replace(self.second, scep=scep))

    def with_challenges(self, challenges: Mapping[Holder, Secret]) -> GroupPlan:
        """The plan with a challenge of its own for the certificate of each holder."""
        scep = replace(self.scep, challenge=challenges.get(self.holder))
        if self.second is None:
            return replace(self, scep=scep)
        other = self.second
        own = replace(other.scep, challenge=challenges.get(other.profile.holder))
        return replace(self, scep=scep, second=replace(other, scep=own))

    @property
    def _profiles(self) -> tuple[EnrollmentProfile, ...]:
        return (self.profile,) if self.second is None else (self.profile, self.second.profile)

    @property
    def anchors(self) -> tuple[PublicCertificate, ...]:
        """Every certificate a device must hold: RADIUS anchors, then the issuing chains; each once."""
        everything = [a for network in self.networks for a in network.anchors]
        everything += [certificate for chain in self.also_accepted for certificate in reversed(chain)]
        everything += [*reversed(self.issuers), self.issuing]
        return tuple({certificate.sha256: certificate for certificate in everything}.values())

    def identifier(self, *place: str) -> str:
        """Reverse-DNS identifier of a thing in this group, e.g. `identifier("apple", "scep")`."""
        return ".".join((self.organization_identifier, "onboard", *self._root, *place))

    def uuid(self, *place: str) -> uuid.UUID:
        """UUIDv5 of the organization's identifier and the thing's place; stable across content changes."""
        return _uuid("/".join((self.organization_identifier, *self._root, *place)))

    @property
    def _root(self) -> tuple[str, ...]:
        group = self.first_name or self.group
        return (group,) if self.beside is None else (group, self.beside.value)


@functools.lru_cache(maxsize=8192)  # a portal asks for the same ones with each download
def _uuid(place: str) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, place)


def challenge_template(plan: GroupPlan) -> Template:
    """The challenge as a template: its text, or the variable `${challenge}`."""
    return (
        Template.of(CHALLENGE) if plan.scep.challenge is None else Template((plan.scep.challenge.reveal(),))
    )
