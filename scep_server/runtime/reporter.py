"""What leaves this machine of the audit trail: events, and a signed checkpoint hourly and at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from scep_server.forwarding import Outbox
from scep_server.keys.files import replace
from scep_server.reporting import Checkpoint
from scep_server.runtime.config import Reporting
from scep_server.runtime.decisions import LOGGER
from scep_server.store import Store, StoreError

CHECKPOINT_FILE = "checkpoint.json"
LAST_SECONDS = 5.0  # for what the sinks have not got at the end; they get the rest after the next start


class Reporter:
    """One worker's; of several workers the first has it.

    Args:
        reporting: what is reported, and where to.
        open_store: for threads of its own.
        clock: now, aware UTC.
    """

    def __init__(
        self, reporting: Reporting, open_store: Callable[[], Store], clock: Callable[[], datetime]
    ) -> None:
        self._reporting = reporting
        self._clock = clock
        self._outboxes = [
            Outbox(sink.name, sink.make_sender(), sink.form, open_store=open_store, folder=reporting.folder)
            for sink in reporting.sinks
        ]

    async def run(self, store: Store) -> None:
        """Send for ever, with a checkpoint each `checkpoint_seconds`."""
        for outbox in self._outboxes:
            outbox.start()
        while True:
            await asyncio.sleep(self._reporting.checkpoint_seconds)
            await asyncio.to_thread(self.checkpoint, store)

    async def close(self, store: Store) -> None:
        """The last checkpoint, once everything is recorded, and what the sinks still take."""
        await asyncio.to_thread(self.checkpoint, store)
        closing = (asyncio.to_thread(outbox.close, LAST_SECONDS) for outbox in self._outboxes)
        await asyncio.gather(*closing)

    def checkpoint(self, store: Store) -> Checkpoint | None:
        """Sign how long the trail is, log it, keep it beside the outboxes, and give it to the sinks."""
        signer = self._reporting.signer
        if signer is None:
            return None
        try:
            count, head = store.audit_head()
            made = signer.sign(count=count, head=head, now=self._clock())
            replace(self._reporting.folder / CHECKPOINT_FILE, made.text.encode() + b"\n", mode=0o644)
        except (StoreError, OSError) as error:
            LOGGER.error("no checkpoint of the audit trail could be made: %s", error)  # says it all
            return None
        LOGGER.info("%s", made.text)
        for outbox in self._outboxes:
            outbox.offer(made)
        return made
