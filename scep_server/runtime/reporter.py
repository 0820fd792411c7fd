"""What leaves this machine of the audit trail: events, and a signed checkpoint hourly and at the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import closing
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
    """One process's: of several workers the first has it while they run, and their parent at the end.

    Args:
        reporting: what is reported, and where to.
        open_store: for threads of its own.
        clock: now, aware UTC.
    """

    def __init__(
        self, reporting: Reporting, open_store: Callable[[], Store], clock: Callable[[], datetime]
    ) -> None:
        self._reporting = reporting
        self._open_store = open_store
        self._clock = clock
        self._outboxes = [
            Outbox(sink.name, sink.make_sender(), sink.form, open_store=open_store, folder=reporting.folder)
            for sink in reporting.sinks
        ]

    def start(self) -> None:
        """Begin to send."""
        for outbox in self._outboxes:
            outbox.start()

    async def run(self, store: Store) -> None:
        """Send for ever, with a checkpoint each `checkpoint_seconds`."""
        self.start()
        while True:
            await asyncio.sleep(self._reporting.checkpoint_seconds)
            await asyncio.to_thread(self.checkpoint, store)

    def close(self, store: Store, *, last: bool) -> None:
        """End, with what the sinks still take; blocks for some seconds at most.

        Args:
            store: everything that this process recorded is in it.
            last: whether nobody records any more, so that the last checkpoint can be made.
        """
        if last:
            self.checkpoint(store)
        for outbox in self._outboxes:
            outbox.stop()
        end = time.monotonic() + LAST_SECONDS
        for outbox in self._outboxes:
            outbox.join(max(0.0, end - time.monotonic()))

    def finish(self) -> None:
        """The last checkpoint, made by the parent of several workers when all of them have ended."""
        try:
            with closing(self._open_store()) as store:
                self.start()
                self.close(store, last=True)
        except StoreError as error:
            LOGGER.error("the audit trail has no last checkpoint: %s; %s", error.reason, error.remedy)

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
