"""What a rehearsal is given: the organization, its secrets, and which parts shall be played."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from onboard.model import Organization
from onboard.provision import Site
from onboard.rehearse.result import Result
from onboard.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """An organization with everything that its rehearsal needs.

    Attributes:
        site: organization, folders, clock, entropy.
        challenges: resolved static challenges by group.
        values: for variables, instead of invented ones.
        live: enrol at the org's own server, over the network as it is.
        store: where the throw-away server's records stay; None: nowhere. Not with `live`.
        ahead: also play the day that is so far ahead; nothing for today alone. Not with `live`.
        negative: also play what must fail.
        progress: called with each row.
    """

    site: Site
    challenges: Mapping[str, Secret] = field(repr=False)
    values: Mapping[str, str] = field(default_factory=dict)
    live: bool = False
    store: Path | None = None
    ahead: timedelta = timedelta(0)
    negative: bool = False
    progress: Callable[[Result], None]

    @property
    def organization(self) -> Organization:
        """The organization."""
        return self.site.organization
