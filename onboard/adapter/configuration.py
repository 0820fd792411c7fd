"""Organization and state folder -> what the adapter decides with: a desk for each group."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from onboard.errors import OnboardError
from onboard.model import EnrollmentProfile, Group, Organization, Platform, Support
from onboard.provision import Loader, Site, issuance_policy
from onboard.variables import Holder
from scep_server import limits
from scep_server.authority import IssuingAuthority
from scep_server.errors import RequestRejectedError
from scep_server.messages import FailInfo
from scep_server.policy import IssuancePolicy

_BURST_SECONDS = 10  # as at the SCEP endpoints


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where one group's Chromebooks are served: the policy and authority of its SCEP endpoint."""

    group: str
    formerly: tuple[str, ...] = ()  # what the group was called before; profiles may still say so
    holder: Holder
    policy: IssuancePolicy
    authority: IssuingAuthority
    second: Desk | None = None  # of the other holder, where the group has certificates for both

    def of(self, holder: Holder | None) -> Desk:
        """The one that serves a holder; this one where none does."""
        return self.second if self.second is not None and self.second.holder is holder else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the adapter needs to know.

    Attributes:
        organization: identifier that CA connections refer to.
        desks: by group, which profiles refer to.
        support: whom a person may ask.
        store: the database of the SCEP server.
        key: names the certificates' vouchers in the database; made from the pepper, so that no challenge that
            a device could send ever has such a name.
        instance: how Google calls this adapter. All that share a state folder are one, so that each goes on
            with what another left; those of another folder are kept apart by Google.
        per_group: certificates of one group; None: no limit.
    """

    organization: str
    desks: Mapping[str, Desk]
    support: Support
    store: Path
    key: bytes = field(repr=False)
    instance: str
    per_group: limits.Rate | None = None

    def desk(self, reference: str) -> Desk:
        """The desk that a profile refers to: by the group's name or, of a SCEP profile, by its template's.

        Raises:
            RequestRejectedError: there is none, or several groups have that profile.
        """
        if reference in self.desks:
            return self.desks[reference]
        for desk in self.desks.values():
            if reference in desk.formerly:
                return desk
        everything = [d for desk in self.desks.values() for d in (desk, desk.second) if d is not None]
        found = [desk for desk in everything if desk.policy.name == reference]
        if len(found) == 1:
            return found[0]
        what = "is the profile of several groups" if found else "is no group with Chromebooks here"
        raise RequestRejectedError(
            FailInfo.BAD_REQUEST,
            f"the profile's reference {reference[:80]!r} {what}",
            remedy=f"write a group there in the Admin console: {', '.join(self.desks)}",
            public="the certificate profile refers to a group that does not exist",
        )


def configure(site: Site) -> Settings:
    """The settings of an organization's adapter.

    Raises:
        OnboardError: no group has Chromebooks.
        PkiError: an authority's certificate or key is not there.
        StateError: the state folder cannot be used.
    """
    groups = [group for group in site.organization.groups if Platform.CHROMEOS in group.platforms]
    if not groups:
        msg = "no group of this organization has Chromebooks"
        raise OnboardError(msg, hint="write chromeos among the platforms of a group")
    organization, loader, pepper = site.organization, Loader.of(site), site.state.pepper()
    rate = organization.scep.per_group
    return Settings(
        organization=organization.identifier,
        desks={group.name: _desks(organization, group, loader) for group in groups},
        support=organization.support,
        store=site.state.store,
        key=hmac.digest(pepper, b"onboard chrome-adapter vouchers", "sha256"),
        instance=hmac.digest(pepper, b"onboard chrome-adapter instance", "sha256").hex()[:32],
        per_group=None
        if rate is None
        else limits.Rate(per_second=rate.per_second, burst=max(1.0, rate.per_second * _BURST_SECONDS)),
    )


def _desks(organization: Organization, group: Group, loader: Loader) -> Desk:
    first, *others = (_desk(organization, group, profile, loader) for profile in group.profiles)
    return replace(first, second=others[0]) if others else first


def _desk(organization: Organization, group: Group, profile: EnrollmentProfile, loader: Loader) -> Desk:
    return Desk(
        group=group.name,
        formerly=group.formerly,
        holder=profile.holder,
        policy=issuance_policy(organization, group, profile=profile),
        authority=loader.issuing(group.authority.name),
    )
