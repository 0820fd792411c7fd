"""One worker: builds everything from the configuration, serves until told to stop, leaves nothing undone."""

from __future__ import annotations

import asyncio
import functools
import gc
import os
import socket
import ssl
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, MutableSet, Sequence
from datetime import datetime
from typing import cast

import uvicorn

from scep_server.audit import Event
from scep_server.http import Application, PkiResource, ScepResource
from scep_server.http.exchange import ASGIApp
from scep_server.http.unanswered import Unanswered
from scep_server.limits import TokenBuckets
from scep_server.runtime.config import ServerConfig, Tls
from scep_server.runtime.crowd import CONNECTIONS, Guest, places
from scep_server.runtime.decisions import LOGGER, log_decision, log_unanswered
from scep_server.runtime.group_commit import GroupCommit
from scep_server.runtime.handshakes import TlsListener
from scep_server.runtime.health import Health
from scep_server.runtime.metrics import Metrics
from scep_server.runtime.protocol import GuardedProtocol
from scep_server.runtime.refreshing import Refreshing, keys_of
from scep_server.runtime.reporter import Reporter
from scep_server.runtime.sparing import spare
from scep_server.service import Endpoint, Service, World
from scep_server.service.enrolling import Enrolling
from scep_server.service.publishing import Publisher
from scep_server.store import Store, StoreError

IDLE_SECONDS = 15  # of a kept-alive connection
GRACE_SECONDS = 25  # to finish what is in flight; service managers kill after 30 or 90
FLUSH_SECONDS = 60


class Worker:
    """Serves on sockets that are listening already.

    Args:
        config: what to serve.
        number: which of the workers this is, from 0.
        workers: how many there are; each grants its share of the rates.
        metrics: shared by all of them.
        ready: called once, when requests are answered.
        lifeline: a descriptor; when it can be read, whoever holds its other end has gone, and so do we.
    """

    def __init__(
        self,
        config: ServerConfig,
        *,
        number: int,
        workers: int,
        metrics: Metrics,
        ready: Callable[[], None],
        lifeline: int | None = None,
    ) -> None:
        self._config = config
        self._lifeline = lifeline
        self._number = number
        self._workers = workers
        self._metrics = metrics
        self._ready = ready
        self._server: uvicorn.Server | None = None
        self._stopping = False
        self._orphaned = False

    def stop(self) -> None:
        """Finish what is in flight and return from `run`; from any thread, at any time."""
        self._stopping = True
        if self._server is not None:
            self._server.should_exit = True

    def run(self, sockets: Sequence[socket.socket]) -> None:
        """Serve until `stop` or, in the main thread, SIGTERM or SIGINT."""
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(self._serve(sockets))

    async def _serve(self, sockets: Sequence[socket.socket]) -> None:
        store = self._config.open_store()
        recorder = GroupCommit(store, self._config.clock)
        published = {authority.name: authority for authority in self._config.authorities or ()}
        publisher = Publisher(published, store, self._config.clock)
        service = self._service(store, recorder, publisher)
        endpoints = {endpoint.name: endpoint for endpoint in self._config.endpoints}
        health = Health(keys_of(self._config.endpoints), store, time.monotonic)
        refreshing = Refreshing(
            config=self._config,
            leads=self._number == 0,
            endpoints=endpoints,
            publisher=publisher,
            health=health,
        )
        application = self._application(endpoints, health, service, publisher)
        reporter = self._reporter()
        tending = [_tend(service, store, self._config.clock), refreshing.run()]
        tending += [] if reporter is None else [reporter.run(store)]
        try:
            await self._answer(application, tending, sockets)
        finally:
            await service.close()
            await recorder.close()
            if reporter is not None:
                # Of several workers another may still record; their parent makes the last checkpoint.
                await asyncio.to_thread(reporter.close, store, last=self._workers == 1 or self._orphaned)
            store.close()

    async def _answer(
        self,
        application: Application,
        tending: Iterable[Coroutine[None, None, None]],
        sockets: Sequence[socket.socket],
    ) -> None:
        spare()
        settings = http_settings(application, self._config.tls)
        self._server = _AnnouncingServer(settings, self._ready)
        self._server.should_exit = self._stopping
        self._hold_lifeline()
        gc.freeze()  # what is here now lives as long as the process; collections need not walk it
        tasks = [asyncio.create_task(task) for task in tending]
        try:
            await self._server.serve(sockets=list(sockets))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _reporter(self) -> Reporter | None:
        reporting = self._config.reporting
        if reporting is None or self._number != 0:
            return None
        return Reporter(reporting, self._config.open_store, self._config.clock)

    def _hold_lifeline(self) -> None:
        if self._lifeline is None:
            return
        loop, lifeline = asyncio.get_running_loop(), self._lifeline

        def gone() -> None:
            loop.remove_reader(lifeline)
            self._orphaned = True
            self.stop()

        loop.add_reader(lifeline, gone)

    def _service(self, store: Store, recorder: GroupCommit, publisher: Publisher) -> Service:
        per_group = self._config.per_group
        world = World(
            clock=self._config.clock,
            seconds=time.monotonic,
            entropy=os.urandom,
            observe=self._observe,
            tally=self._tally,
        )
        enrolling = Enrolling(
            store=store,
            recorder=recorder,
            pepper=self._config.pepper,
            world=world,
            issued=None if per_group is None else TokenBuckets(per_group.share(self._workers)),
            known_weak=self._config.known_weak,
        )
        return Service(enrolling=enrolling, crls=publisher)

    def _application(
        self, endpoints: Mapping[str, Endpoint], health: Health, service: Service, publisher: Publisher
    ) -> Application:
        config = self._config
        per_address = config.per_address
        return Application(
            scep=ScepResource(service=service),
            endpoints=endpoints,
            pki=None if config.authorities is None else PkiResource(directory=publisher, clock=config.clock),
            health=health,
            metrics=self._metrics.text,
            metrics_token=config.metrics_token,
            limiter=None if per_address is None else TokenBuckets(per_address.share(self._workers)),
            seconds=time.monotonic,
            trusted_proxies=config.trusted_proxies,
            prefix=config.prefix,
            fallback=None if config.make_fallback is None else config.make_fallback(),
            unanswered=Unanswered(log_unanswered),
        )

    def _tally(self, event: Event) -> None:
        self._metrics.count(event, self._number)

    def _observe(self, event: Event) -> None:
        self._tally(event)
        log_decision(event)


def http_settings(application: ASGIApp, tls: Tls | None) -> uvicorn.Config:
    """How an application is served: with every limit of a connection, and no log of what clients wrote."""
    return uvicorn.Config(
        application,
        http=GuardedProtocol,
        ws="none",  # an upgrade that a stranger asks for is none, whatever is installed here
        lifespan="off",
        access_log=False,  # a query string may hold what no log should
        log_config=None,
        log_level="warning",
        server_header=False,
        proxy_headers=False,  # trusted proxies are our own matter
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        limit_concurrency=places(),
        ssl_certfile=None if tls is None else tls.certificate,
        ssl_keyfile=None if tls is None else tls.key,
    )


class _AnnouncingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        context = self.config.ssl
        await super().startup(sockets=[] if context else sockets)
        if context:
            self.servers += [self._tls(listening, context) for listening in sockets or ()]  # type: ignore[misc] # it has what uvicorn calls
        self._ready()

    def _tls(self, listening: socket.socket, context: ssl.SSLContext) -> TlsListener:
        make_protocol = functools.partial(
            GuardedProtocol, config=self.config, server_state=self.server_state, app_state={}
        )
        return TlsListener(
            listening,
            context=context,
            make_protocol=make_protocol,
            guests=cast("MutableSet[Guest]", self.server_state.connections),
            limit=self.config.limit_concurrency or CONNECTIONS,
        )


async def _tend(service: Service, store: Store, clock: Callable[[], datetime]) -> None:
    """What time brings: counts of minutes that are over, and certificates that were superseded."""
    while True:
        try:
            await asyncio.to_thread(store.supersede, clock())
        except StoreError as error:
            LOGGER.error("superseded certificates could not be revoked: %s; %s", error.reason, error.remedy)
        await asyncio.sleep(FLUSH_SECONDS)
        await service.flush()


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """What makes the fastest event loop of this platform."""
    try:
        import uvloop  # noqa: PLC0415 # absent on platforms that it does not know
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
