"""Everything around the devices of a rehearsal: where names lead, what is filled in, the clock, RADIUS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import httpx
from cryptography import x509

from onboard.devices.passpoint import Offer
from onboard.devices.scep.client import Identity
from onboard.devices.settings import NetworkSettings, TunnelMethod
from onboard.errors import OnboardError
from onboard.rehearse.result import Result

Values = Callable[[str, str], Mapping[str, str]]
"""(group, platform) -> a value for each variable, `challenge` among them where the group's is one-time."""


Decide = Callable[[str, str], None]
"""(group, transactionID): approves the waiting request; OnboardError where nobody here decides."""


Vlans = Callable[[str, str, str], "int | None"]
"""(group, network as it is called in a row, site) -> VLAN; None: none is assigned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the RADIUS server did with a device."""

    accepted: bool
    vlan: int | None = None
    reason: str = ""  # why not


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a device tries one network: at any access point, at those of a site, or at a partner's."""

    network: NetworkSettings  # with the SSID under which it was found
    label: str  # what the network is called
    name: str  # what the place is called in a row
    site: str = ""
    partner: bool = False  # somebody else's access point, whose VLANs are not ours
    missed: str = ""  # why the device does not join what is there for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An access point that answers to Passpoint, and the network of the org that it belongs to."""

    offer: Offer
    label: str
    partner: bool = False


class Authenticator(Protocol):
    """Puts a device before a RADIUS server."""

    def authenticate(
        self,
        group: str,
        network: NetworkSettings,
        identity: Identity,
        chain: Sequence[x509.Certificate],
        site: str = "",
    ) -> Outcome | None:
        """EAP-TLS with the identity; None where nobody here can play the network's RADIUS server.

        At the access points of `site`, or at any.

        Raises:
            OnboardError: it could not be tried.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A device that RADIUS let onto a network."""

    group: str
    platform: str
    label: str  # what the network is called in a row
    network: NetworkSettings
    identity: Identity
    chain: Sequence[x509.Certificate] = field(repr=False)

    @classmethod
    def of(cls, row: Result, spot: Spot, identity: Identity, chain: Sequence[x509.Certificate]) -> Member:
        """The device of the row, at the spot."""
        return cls(
            group=row.group,
            platform=row.platform,
            label=spot.label,
            network=spot.network,
            identity=identity,
            chain=chain,
        )


def unplayed(network: NetworkSettings, *methods: TunnelMethod) -> str:
    """The remark where the tunnel of a network is one that cannot be played; empty for others."""
    if network.tunnel is None or network.tunnel.method not in methods:
        return ""
    method = network.tunnel.method
    return f"{method} was read and not played: EAP-TLS with its certificate, roots and server names was"


def _own_name(group: str, network: NetworkSettings) -> str:
    del group
    return network.name


def _nowhere(group: str, label: str) -> Sequence[str]:
    del group, label
    return ()


def _undecided(group: str, transaction: str) -> None:
    del group, transaction
    msg = "the server answered PENDING: somebody has to approve this request"
    raise OnboardError(msg)


def _silent(told: object) -> None:
    del told


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything around the devices."""

    client: httpx.Client  # decides where the artifact's host names lead
    values: Values
    now: datetime  # the devices' clock, aware UTC
    authenticator: Authenticator | None = None  # None: FreeRADIUS or eapol_test is not here
    vlans: Vlans | None = None  # what the org assigns; None: nobody compares
    sites: Callable[[str, str], Sequence[str]] = _nowhere  # (group, label): sites with another VLAN
    air: Sequence[Heard] = ()  # access points that answer to Passpoint
    label: Callable[[str, NetworkSettings], str] = _own_name  # what a network of a group is called in a row
    decide: Decide = _undecided  # about requests that wait for approval
    progress: Callable[[Result], None] = _silent  # called with each row as it is known
    joined: Callable[[Member], None] = _silent  # called with each device that RADIUS let in
    closed: Mapping[str, str] = field(default_factory=dict)  # by group: why its endpoint is not served
    later: Stage | None = None  # the world of a later day, in which the same devices go on
