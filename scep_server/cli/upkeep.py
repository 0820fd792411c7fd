"""Keeps RA and OCSP certificates of a stand-alone server from running out while it runs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from scep_server.cli.settings import Settings
from scep_server.runtime import Served


class Kept(Protocol):
    """A folder whose certificates are kept up."""

    def clock(self) -> datetime:
        """Now, aware UTC."""
        ...

    def renew(self, settings: Settings) -> None:
        """Make successors of what nears its end."""
        ...

    def certificates(self) -> frozenset[str]:
        """The names of those that are there."""
        ...

    def served(self, settings: Settings, pepper: bytes) -> Served:
        """Keys and certificates as they are now."""
        ...


class Upkeep:
    """A `ServerConfig.refresh`; each worker has its own copy of it.

    Args:
        folder: of the server.
        settings: as the server started with; another `scep.toml` needs another start.
        pepper: key of the challenges' digests.
    """

    def __init__(self, folder: Kept, settings: Settings, pepper: bytes) -> None:
        self._folder = folder
        self._settings = settings
        self._pepper = pepper
        self._known = folder.certificates()
        self._renewed: date | None = None

    def __call__(self, *, leads: bool) -> Served | None:
        """What is served from now on; None: nothing has changed.

        Args:
            leads: whether to renew, once a day; the other workers find what that one has made.
        """
        today = self._folder.clock().date()
        if leads and self._renewed != today:
            self._folder.renew(self._settings)
            self._renewed = today
        found = self._folder.certificates()
        if found == self._known:
            return None
        served = self._folder.served(self._settings, self._pepper)
        self._known = found
        return served
