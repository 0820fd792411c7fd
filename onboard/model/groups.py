"""Who may join what, and how an enrolment is authorised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from onboard.apple_options import AppleOptions
from onboard.errors import NOWHERE, Place
from onboard.model.authorities import Authority
from onboard.model.kinds import ChallengeType, Platform
from onboard.model.networks import Network
from onboard.model.profiles import EnrollmentProfile
from onboard.options import WindowsOptions
from onboard.secret import SecretReference


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerSecret:
    """A secret that a group shared before; taken through the end of a day, UTC."""

    secret: SecretReference
    until: date
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """How enrolments of a group are authorised.

    Attributes:
        type: by what.
        secret: that the group shares; None exactly for ONE_TIME.
        valid_for: ONE_TIME: life of a minted challenge; APPROVAL: how long a request waits.
        until: the last day, UTC, on which the secret is taken; None: no end.
        also_accept: secrets that the group shared before.
        addresses: networks whence shared secrets are taken, as CIDR; empty: from anywhere.
        uses: how many certificates each shared secret may give; None: any number.
    """

    type: ChallengeType
    secret: SecretReference | None = None
    valid_for: timedelta = timedelta(hours=1)
    until: date | None = None
    also_accept: tuple[FormerSecret, ...] = ()
    addresses: tuple[str, ...] = ()
    uses: int | None = None
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Who may join which network, with certificates of which authority."""

    name: str
    title: str = ""  # what people see instead of the name
    authority: Authority  # issues
    also_accepted: tuple[Authority, ...] = ()  # whose certificates go on working during a rollover
    profile: EnrollmentProfile  # of two, the first in org.yaml
    second_profile: EnrollmentProfile | None = None  # for the other holder
    networks: tuple[Network, ...]  # in order of preference
    platforms: tuple[Platform, ...]
    challenge: Challenge
    vlan: int | None = None  # unless one of `vlans` is nearer
    vlans: Mapping[str, int] = field(default_factory=dict, hash=False)  # by NETWORK or NETWORK@SITE
    reply: Mapping[str, str] = field(default_factory=dict, hash=False)  # further RADIUS attributes
    windows: WindowsOptions = field(default_factory=WindowsOptions)
    apple: AppleOptions = field(default_factory=AppleOptions)
    access_for: timedelta | None = None  # ends certificates, and removes Apple's profile
    formerly: tuple[str, ...] = ()  # keys that it had before, oldest first
    single_certificate: bool = False  # GetCACert gives the CA's certificate alone, and devices seal to the CA
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    def vlan_on(self, network: str, site: str = "") -> int | None:
        """The VLAN of its members on a network, at a site where that matters; None: as the switch has it."""
        return self.vlans.get(f"{network}@{site}", self.vlans.get(network, self.vlan))

    @property
    def profiles(self) -> tuple[EnrollmentProfile, ...]:
        """One for each holder: what its members' certificates may say."""
        return (self.profile,) if self.second_profile is None else (self.profile, self.second_profile)

    @property
    def authorities(self) -> tuple[Authority, ...]:
        """Everybody whose certificates are good for this group; the first one issues."""
        return (self.authority, *self.also_accepted)

    @property
    def names(self) -> tuple[str, ...]:
        """Every key that it has or had, today's first."""
        return (self.name, *self.formerly)
