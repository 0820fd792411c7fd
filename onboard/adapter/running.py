"""The adapter as a process: builds everything from settings, listens until told to stop, loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx

from onboard.adapter.api import BASE_URL, ChromeApi, Pause, Tokens
from onboard.adapter.configuration import Settings
from onboard.adapter.errors import InterruptedByShutdownError
from onboard.adapter.handling import Handling, Verdict
from onboard.adapter.issuing import Issuer
from onboard.adapter.proof import Proof
from onboard.adapter.subscription import Delivery, Source
from scep_server.limits import TokenBuckets
from scep_server.runtime.group_commit import GroupCommit
from scep_server.service import World
from scep_server.sqlite_store import SqliteStore
from scep_server.store import Store

_TIMEOUT: Final = 30.0  # seconds of one call
PATIENCE: Final = 1800.0  # seconds: a Chromebook whose lid was closed has half an hour to come back


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long things may take, in seconds; tests are quicker."""

    patience: float = PATIENCE
    first_poll: float = 0.5
    first_wait: float = 1.0
    hold: float = 30.0


async def run(
    settings: Settings,
    source: Source,
    tokens: Tokens,
    world: World,
    *,
    stop: asyncio.Event,
    ready: Callable[[], None],
    base: str = BASE_URL,
    pace: Pace | None = None,
) -> None:
    """Answer notifications until `stop` is set; what is under way is finished or given back first.

    Args:
        settings: the organization's.
        source: where notifications come from.
        tokens: of an account that may use the API.
        world: clock, entropy and observer.
        stop: set by whoever ends it.
        ready: called once it listens.
        base: scheme and host of the API.
        pace: how long things may take.

    Raises:
        OnboardError: Pub/Sub refuses for good.
        StoreError: the store cannot be opened.
    """
    with contextlib.closing(SqliteStore(settings.store)) as store:
        recorder = GroupCommit(store, world.clock)
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT) as client:
                api = _api(client, tokens, until(stop), base, pace or Pace())
                handling = _handling(settings, api, store, recorder, world, pace or Pace())
                await _listen(handling, source, stop, ready)
        finally:
            await recorder.close()


def until(stop: asyncio.Event) -> Pause:
    """A pause that ends at once, with an error, when the adapter is to stop."""

    async def pause(seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)
        if stop.is_set():
            raise InterruptedByShutdownError("the adapter stops")

    return pause


def _api(client: httpx.AsyncClient, tokens: Tokens, pause: Pause, base: str, pace: Pace) -> ChromeApi:
    return ChromeApi(
        client=client,
        tokens=tokens,
        pause=pause,
        jitter=random.random,
        base=base,
        first_wait=pace.first_wait,
    )


def _handling(
    settings: Settings, api: ChromeApi, store: Store, recorder: GroupCommit, world: World, pace: Pace
) -> Handling:
    return Handling(
        settings=settings,
        api=api,
        issuer=Issuer(store=store, recorder=recorder, key=settings.key, world=world),
        proof=Proof(
            api=api,
            pause=api.pause,
            seconds=world.seconds,
            patience=pace.patience,
            first_poll=pace.first_poll,
        ),
        pause=api.pause,
        issued=None if settings.per_group is None else TokenBuckets(settings.per_group),
        hold=pace.hold,
    )


async def _listen(handling: Handling, source: Source, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    under_way: set[asyncio.Task[None]] = set()

    def deliver(delivery: Delivery) -> None:
        if stop.is_set():
            delivery.nack()
            return
        task = asyncio.create_task(_answer(handling, delivery))
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    async with source.listening(deliver) as ended:
        ready()
        stopping: asyncio.Future[None] = asyncio.ensure_future(_stopped(stop))
        try:
            await asyncio.wait([stopping, ended], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.set()
            await stopping
            while under_way:
                await asyncio.wait(under_way)
        if ended.done():
            ended.result()


async def _stopped(stop: asyncio.Event) -> None:
    await stop.wait()


async def _answer(handling: Handling, delivery: Delivery) -> None:
    verdict = Verdict.LATER
    try:
        verdict = await handling.handle(delivery.data)
    finally:
        if verdict is Verdict.DONE:
            delivery.ack()
        else:
            delivery.nack()
