"""The adapter against the stand-ins for Google and Pub/Sub, with a provisioned org in a scratch folder."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID
from support.google_server import Google, running_google
from support.northwind import NORTHWIND, STAFF, USER_EAP_TLS
from support.pubsub_server import SUBSCRIPTION, PubSub, running_pubsub
from support.sites import at, provisioned

from onboard.adapter import Settings, configure, run
from onboard.adapter.credentials import GoogleTokens, load
from onboard.adapter.running import Pace
from onboard.adapter.subscription import Subscription
from onboard.model import Organization
from onboard.provision import Site
from onboard.secret import Secret
from scep_server.audit import Event
from scep_server.service import World
from scep_server.sqlite_store import SqliteStore
from scep_server.store import CertificateRecord

QUICK = Pace(patience=20.0, first_poll=0.01, first_wait=0.01, hold=0.05)


@dataclass
class Lab:
    """An org, Google and Pub/Sub; adapters come and go."""

    site: Site
    google: Google
    pubsub: PubSub
    events: list[Event] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return configure(self.site)

    @contextmanager
    def adapter(self, settings: Settings | None = None, pace: Pace = QUICK) -> Iterator[threading.Thread]:
        """One adapter, in a thread with a loop of its own; stopped as by SIGTERM at the end."""
        stop, ready = asyncio.Event(), threading.Event()
        account = load(Secret(self.google.service_account()))
        world = World(
            clock=lambda: datetime.now(UTC),
            seconds=time.monotonic,
            entropy=os.urandom,
            observe=self.events.append,
        )
        story = run(
            settings or self.settings,
            Subscription(path=SUBSCRIPTION, credentials=account.pubsub),
            GoogleTokens(account.api),
            world,
            stop=stop,
            ready=ready.set,
            base=self.google.url,
            pace=pace,
        )
        with _in_thread(story, stop, ready) as thread:
            yield thread

    def records(self) -> list[CertificateRecord]:
        """What the store knows."""
        store = SqliteStore(self.site.state.store)
        try:
            return list(store.certificates())
        finally:
            store.close()

    def audit(self) -> list[str]:
        """The audit trail."""
        store = SqliteStore(self.site.state.store)
        try:
            return [link.text for link in store.audit()]
        finally:
            store.close()


@contextmanager
def _in_thread(
    story: Coroutine[None, None, None], stop: asyncio.Event, ready: threading.Event
) -> Iterator[threading.Thread]:
    """Run `story` in a loop of its own until the block ends; what it raises belongs to the test."""
    loop = asyncio.new_event_loop()
    failures: list[BaseException] = []

    def body() -> None:
        try:
            loop.run_until_complete(story)
        except BaseException as error:  # noqa: BLE001 # it belongs to the test
            failures.append(error)
        finally:
            ready.set()
            loop.close()

    thread = threading.Thread(target=body)
    thread.start()
    try:
        assert ready.wait(20)
        yield thread
    finally:
        if thread.is_alive():
            loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        assert not thread.is_alive()
    if failures:
        raise failures[0]


@contextmanager
def laboratory(folder: Path, monkeypatch, organization: Organization = NORTHWIND) -> Iterator[Lab]:
    """A lab; the subscription's client finds the stand-in as it finds the emulator."""
    with ExitStack() as stack:
        google = stack.enter_context(running_google())
        pubsub = stack.enter_context(running_pubsub())
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", pubsub.address)
        site = at(provisioned(folder), datetime.now(UTC))
        if organization is not NORTHWIND:
            site = replace(site, organization=organization)
        yield Lab(site=site, google=google, pubsub=pubsub)


def answered(lab, *chromebooks, **more) -> None:
    """Tell one adapter of these, and wait until it has acknowledged them all."""
    with lab.adapter(**more):
        lab.pubsub.wait_acknowledged(*[lab.pubsub.publish(c.notification()) for c in chromebooks])


def common_name(certificate: x509.Certificate) -> str:
    """Of its subject."""
    (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(name.value)


def with_profile(lab, **changes):
    """The lab's site with another profile for people."""
    staff = replace(STAFF, profile=replace(USER_EAP_TLS, **changes))
    return replace(lab.site, organization=replace(NORTHWIND, groups=(staff, NORTHWIND.group("students"))))
