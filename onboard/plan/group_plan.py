"""Everything that a builder needs for one group, and the plan of one of its certificates alone."""

from __future__ import annotations

import functools
import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from onboard.apple_options import AppleOptions
from onboard.model import EnrollmentProfile, Platform, Ssid, Support
from onboard.options import WindowsOptions
from onboard.pki import PublicCertificate
from onboard.plan.parts import NetworkPlan, ScepPlan
from onboard.variables import CHALLENGE, Holder, Template

# The namespace of every identifier. Changing it re-enrols everybody.
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "onboard.identifiers.v1")


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


def challenge_template(plan: GroupPlan) -> Template:
    """The challenge as a template: its text, or the variable `${challenge}`."""
    return (
        Template.of(CHALLENGE) if plan.scep.challenge is None else Template((plan.scep.challenge.reveal(),))
    )
