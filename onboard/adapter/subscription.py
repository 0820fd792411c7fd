"""Pub/Sub: messages as they come, leased while they are answered, acknowledged afterwards."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from onboard.errors import OnboardError

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

IN_FLIGHT: Final = 1000  # processes that wait for their devices at the same time; each costs a coroutine
_LEASE: Final = 3600.0  # seconds that a message stays with us at most; Pub/Sub's own limit


class Delivery(Protocol):
    """One message, at least once; a message that is neither acknowledged nor given back comes again."""

    @property
    def data(self) -> bytes:
        """The message's octets, as `notification.parse` reads them."""
        ...

    def ack(self) -> None:
        """Never deliver it again."""
        ...

    def nack(self) -> None:
        """Deliver it again, to anybody."""
        ...


class Source(Protocol):
    """Whence messages come."""

    def listening(
        self, deliver: Callable[[Delivery], None]
    ) -> contextlib.AbstractAsyncContextManager[asyncio.Future[None]]:
        """Hand each message to `deliver`, in the event loop, until the context ends.

        Everything that was delivered must be acknowledged or given back before the context ends. What the
        context gives ends with an OnboardError when nothing more will come.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A subscription of Cloud Pub/Sub.

    Attributes:
        path: `projects/PROJECT/subscriptions/NAME`.
        credentials: of an account that may consume it; None at an emulator.
    """

    path: str
    credentials: Credentials | None = field(repr=False)

    @contextlib.asynccontextmanager
    async def listening(self, deliver: Callable[[Delivery], None]) -> AsyncIterator[asyncio.Future[None]]:
        """See `Source.listening`."""
        from google.cloud import pubsub_v1  # noqa: PLC0415 -- an extra

        loop = asyncio.get_running_loop()
        client = pubsub_v1.SubscriberClient(credentials=self.credentials)
        pulling = client.subscribe(
            self.path,
            callback=lambda message: loop.call_soon_threadsafe(deliver, message),
            flow_control=pubsub_v1.types.FlowControl(max_messages=IN_FLIGHT, max_lease_duration=_LEASE),
        )
        ended: asyncio.Future[None] = loop.create_future()
        pulling.add_done_callback(lambda done: loop.call_soon_threadsafe(_tell, self.path, done, ended))
        try:
            yield ended
        finally:
            pulling.cancel()
            with contextlib.suppress(Exception):  # whatever ended it was told by `ended`
                await asyncio.to_thread(pulling.result)
            await asyncio.to_thread(client.close)


class _Pulling(Protocol):
    def exception(self) -> BaseException | None: ...


def _tell(path: str, pulling: _Pulling, ended: asyncio.Future[None]) -> None:
    if ended.done():
        return
    error = pulling.exception()
    if error is None:
        ended.set_result(None)
        return
    msg = f"Pub/Sub does not deliver from {path}: {type(error).__name__}"
    hint = "see that the subscription exists and that the account has the role Pub/Sub Subscriber on it"
    ended.set_exception(OnboardError(msg, hint=hint))
    ended.exception()  # whoever waits for it is told; nobody has to
