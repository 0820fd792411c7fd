"""What an MDM or the portal fills in: a person and a device for each platform, and fresh challenges."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from onboard.model import ChallengeType, Group
from onboard.provision import Site
from onboard.provision.minting import mint
from onboard.rehearse.stage import Values
from onboard.variables import CHALLENGE, VARIABLES
from scep_server.store import Store


@dataclass(slots=True, kw_only=True)
class Fillings:
    """The values of one rehearsal; a device keeps its identity from one day to the next.

    Attributes:
        site: organization, entropy, pepper.
        store: where minted challenges are recorded.
        given: for variables, instead of invented ones.
    """

    site: Site
    store: Store
    given: Mapping[str, str] = field(default_factory=dict)
    _devices: dict[tuple[str, str], str] = field(default_factory=dict)

    def on(self, now: datetime) -> Values:
        """The values of a day; a challenge is minted each time somebody asks."""

        def values(group: str, platform: str) -> Mapping[str, str]:
            return self._values(self.site.organization.group(group), platform, now)

        return values

    def _values(self, group: Group, platform: str, now: datetime) -> Mapping[str, str]:
        values = {n: variable.example for n, variable in VARIABLES.items() if variable.holder is not None}
        # A person of her own for each device: a second live key under one asserted name raises an alarm.
        person = f"rehearsal.{platform}@{_domain(group)}"
        values |= {"user.email": person, "user.upn": person}
        made = str(uuid.UUID(bytes=self.site.entropy(16), version=4))
        values["device.id"] = self._devices.setdefault((group.name, platform), made)
        values |= self.given
        if group.challenge.type is ChallengeType.ONE_TIME:
            values[CHALLENGE] = self._challenge(group, values, now)
        return values

    def _challenge(self, group: Group, values: Mapping[str, str], now: datetime) -> str:
        minted = mint(
            group,
            {n: values[n] for profile in group.profiles for n in profile.variables if n in values},
            valid_for=None,
            now=now,
            entropy=self.site.entropy,
            pepper=self.site.state.pepper(),
        )
        self.store.add_challenges([minted.record])
        return minted.challenge.reveal()


def _domain(group: Group) -> str:
    """A domain that the profile's `values` allow; they are globs such as `*@northwind.example`."""
    narrowed = (profile.values.get(name) for profile in group.profiles for name in ("user.email", "user.upn"))
    allowed = next(filter(None, narrowed), "")
    domain = allowed.rpartition("@")[2]
    return domain if domain and "*" not in domain else "example.org"
