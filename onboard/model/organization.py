"""A whole org definition, every reference resolved."""

from __future__ import annotations

from dataclasses import dataclass

from onboard.model.authorities import Authority, PkiSettings
from onboard.model.groups import Group
from onboard.model.networks import Network, Radius
from onboard.model.profiles import EnrollmentProfile
from onboard.model.services import AuditSink, MdmTarget, Onboarding, ScepSettings, SigningFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """Where people get help; either may be empty."""

    email: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """A whole org definition, every reference resolved."""

    name: str
    identifier: str  # reverse DNS
    support: Support
    notify: tuple[str, ...] = ()  # e-mail addresses that hear of everything that expires
    authorities: tuple[Authority, ...]  # issuers before those they issue
    radius: tuple[Radius, ...]
    networks: tuple[Network, ...]
    profiles: tuple[EnrollmentProfile, ...]  # those in use or defined here
    groups: tuple[Group, ...]
    pki: PkiSettings
    scep: ScepSettings
    onboarding: Onboarding | None = None
    audit: tuple[AuditSink, ...] = ()
    mdm: tuple[MdmTarget, ...] = ()
    signing: SigningFiles | None = None  # None: the leaf that `ca init` makes

    def group(self, name: str) -> Group:
        """The group called `name` (KeyError if there is none)."""
        return {group.name: group for group in self.groups}[name]

    def authority(self, name: str) -> Authority:
        """The authority called `name` (KeyError if there is none)."""
        return {authority.name: authority for authority in self.authorities}[name]

    def chain(self, authority: Authority) -> tuple[Authority, ...]:
        """The authority and its issuers up to the root."""
        if authority.is_root:
            return (authority,)
        return (authority, *self.chain(self.authority(authority.issuer)))
