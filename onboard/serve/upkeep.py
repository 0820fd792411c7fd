"""Keeps a running server's keys from running out: renews daily what nears its end, loads what was renewed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from onboard.errors import OnboardError
from onboard.provision import Kind, Outcome, Row, Site, renew
from onboard.provision.leaves import Inventory, inventory
from scep_server.runtime.config import Served

LOGGER = logging.getLogger(__name__)
EVERY = timedelta(days=1)
# What the server itself works with. A RADIUS certificate is not among them: its server has a copy of its own,
# and `status` must go on speaking of that one until `onboard radius` has brought the next.
KINDS = frozenset({Kind.RA, Kind.OCSP, Kind.SIGNING, Kind.AUDIT})


class Upkeep:
    """A `ServerConfig.refresh`; each worker has its own copy of it.

    Args:
        site: where; its `now` is not used.
        load: what a site holds now, as the server wants it.
        clock: now, aware UTC.
    """

    def __init__(self, site: Site, load: Callable[[Site], Served], clock: Callable[[], datetime]) -> None:
        self._site = site
        self._load = load
        self._clock = clock
        self._loaded = inventory(site.state)
        self._renewed: datetime | None = None

    def __call__(self, *, leads: bool) -> Served | None:
        """What is served from now on; None: nothing has changed.

        Args:
            leads: whether to renew; one worker does, under the lock that `ca init` takes as well, and the
                others find what it has made.
        """
        site = replace(self._site, now=self._clock())
        try:
            if leads and (self._renewed is None or site.now - self._renewed >= EVERY):
                self._renew(site)
            return self._changed(site)
        except OnboardError as error:
            LOGGER.error("keys are not renewed: %s; %s", error, error.hint)  # noqa: TRY400 # it says it all
            return None

    def _renew(self, site: Site) -> None:
        for row in renew(site, KINDS):
            _note(row)
        self._renewed = site.now

    def _changed(self, site: Site) -> Served | None:
        found: Inventory = inventory(site.state)
        if found == self._loaded:
            return None
        served = self._load(site)
        self._loaded = found
        return served


def _note(row: Row) -> None:
    what = f"{row.kind.value} {row.name}"
    if row.outcome in (Outcome.CREATED, Outcome.RENEWED):
        LOGGER.info("%s was renewed: it is good until %s", what, row.not_after)
    elif row.outcome is Outcome.BLOCKED:
        ends = f" ends on {row.not_after} and" if row.not_after else ""
        LOGGER.warning("%s%s is not renewed: %s", what, ends, row.remark)
