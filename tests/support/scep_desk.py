"""The SCEP service without HTTP or threads: requests in, replies read as a client reads them."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

from support import scep_requests
from support.scep_requests import Pair, Reply, Shape, enrol, read_reply, rsa_key, self_signed
from support.scep_site import PEPPER, Site, minted, site, subject_of

from scep_server.audit import Event
from scep_server.limits import TokenBuckets
from scep_server.memory_store import MemoryStore
from scep_server.messages import FailInfo
from scep_server.service import Answer, Endpoint, Service, World
from scep_server.service import Reply as Sealed
from scep_server.service.enrolling import Enrolling
from scep_server.service.publishing import Publisher
from scep_server.store import Entry, Outcome, Store

BAD_ALG, BAD_MESSAGE_CHECK, BAD_REQUEST, BAD_CERT_ID = (
    str(FailInfo[name].value) for name in ("BAD_ALG", "BAD_MESSAGE_CHECK", "BAD_REQUEST", "BAD_CERT_ID")
)
ADA = "ada@northwind.example"


class Directly:
    """A recorder without a thread: a transaction for each entry."""

    def __init__(self, store: Store, clock) -> None:
        self._store = store
        self._clock = clock

    async def record(self, entry: Entry) -> Outcome:
        (outcome,) = self._store.record([entry], self._clock())
        return outcome


@dataclass(kw_only=True)
class Desk:
    """A service over a store, with a clock that the test sets."""

    here: Site = field(default_factory=site)
    store: Store = field(default_factory=MemoryStore)
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    seconds: float = 0.0
    issued: TokenBuckets | None = None
    recorder: object = None
    seen: list[Event] = field(default_factory=list)
    endpoint: Endpoint | None = None

    def __post_init__(self) -> None:
        self.endpoint = self.endpoint or self.here.endpoint()
        numbers = itertools.count(1)
        world = World(
            clock=lambda: self.now,
            seconds=lambda: self.seconds,
            entropy=lambda size: next(numbers).to_bytes(size, "big")[::-1],
            observe=self.seen.append,
        )
        published = {authority.name: authority for authority in self.here.published()}
        self.service = Service(
            enrolling=Enrolling(
                store=self.store,
                recorder=self.recorder or Directly(self.store, lambda: self.now),
                pepper=PEPPER,
                world=world,
                issued=self.issued,
            ),
            crls=Publisher(published, self.store, lambda: self.now),
        )

    def ask(self, message: bytes, address: str = "192.0.2.1") -> Answer:
        return asyncio.run(self.service.handle(self.endpoint, message, address))

    def request(
        self,
        *,
        challenge: str | None,
        email: str = ADA,
        key_name: str = "device",
        signer: Pair | None = None,
        shape: Shape | None = None,
        **csr,
    ) -> tuple[bytes, Pair]:
        """A request and the pair that can read its reply."""
        key = rsa_key(key_name)
        fields = {"subject": subject_of(email)} | csr
        payload = scep_requests.csr(key, challenge=challenge, **fields)
        pair = signer or self_signed(key, subject=subject_of(email))
        return enrol(payload, self.here.ra.certificate, pair, shape or Shape()), pair

    def answer(self, message: bytes, pair: Pair, address: str = "192.0.2.1") -> Reply:
        """The reply, which must be one."""
        answer = self.ask(message, address)
        assert isinstance(answer, Sealed), answer
        return read_reply(answer.message, pair)

    def enrol(self, **request) -> Reply:
        return self.answer(*self.request(**request))

    def mint(self, number: int = 1, **changes) -> str:
        """A challenge bound to Ada, or as the changes say; its text."""
        challenge, record = minted(number, self.now, **({"user_email": ADA} | changes))
        self.store.add_challenges([record])
        return challenge

    def kinds(self) -> list[str]:
        """The kinds of the audit's events, in order."""
        return [json.loads(link.text)["kind"] for link in self.store.audit()]
