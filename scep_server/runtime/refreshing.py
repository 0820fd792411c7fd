"""New keys in a running worker: asks regularly for them and changes over between requests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from scep_server.keys import PrivateKey
from scep_server.runtime.config import Served, ServerConfig
from scep_server.runtime.decisions import LOGGER
from scep_server.runtime.health import Health
from scep_server.service import Endpoint
from scep_server.service.publishing import Publisher


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshing:
    """One worker's.

    A request that is being answered keeps the endpoint that it came in at; the next one finds the new one.

    Attributes:
        config: says how and how often to ask.
        leads: whether this is the first worker, which alone may renew what the others only load.
        endpoints: those that are served, by name; changed in place.
        publisher: what is published.
        health: proves the keys.
    """

    config: ServerConfig
    leads: bool
    endpoints: dict[str, Endpoint]
    publisher: Publisher
    health: Health

    async def run(self) -> None:
        """Ask for ever; returns at once where there is nobody to ask."""
        refresh = self.config.refresh
        while refresh is not None:
            try:
                served = await asyncio.to_thread(refresh, leads=self.leads)
                if served is not None:
                    self._take(served)
            except Exception:  # noqa: BLE001 # whatever it is, what is served now goes on being served
                LOGGER.exception("keys could not be renewed or loaded again; serving with those at hand")
            await asyncio.sleep(self.config.refresh_seconds)

    def _take(self, served: Served) -> None:
        found = {endpoint.name: endpoint for endpoint in served.endpoints}
        for gone in self.endpoints.keys() - found.keys():
            del self.endpoints[gone]
        self.endpoints.update(found)
        if served.authorities is not None:
            self.publisher.publish({authority.name: authority for authority in served.authorities})
        self.health.watch(keys_of(served.endpoints))


def keys_of(endpoints: tuple[Endpoint, ...]) -> list[PrivateKey]:
    """Every key that endpoints work with."""
    keys: list[PrivateKey] = [endpoint.authority.key for endpoint in endpoints]
    keys += [recipient.key for endpoint in endpoints for recipient in endpoint.recipients]
    return keys
