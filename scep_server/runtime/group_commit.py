"""Group commit: one writer thread per process, and one transaction for all that is ready at the moment.

A request waits for the disk, never for another request's decision. While a transaction is on its way to
the disk the next one gathers; an entry that breaks its transaction is tried again by itself.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from scep_server.store import Entry, Outcome, Store, StoreError

ENOUGH = 16  # entries of a transaction that need not wait for more: the fsync's share is small by then

_Pending = tuple[Entry, "asyncio.Future[Outcome]"]
_Result = Outcome | Exception


class GroupCommit:
    """A `Recorder` for one event loop.

    Args:
        store: written to by the thread alone.
        clock: the moment of a transaction, aware UTC.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._waiting: list[_Pending] = []
        self._idle = asyncio.Event()  # not set: a flush is scheduled, or a batch is with the thread
        self._idle.set()
        self._batches: queue.SimpleQueue[tuple[asyncio.AbstractEventLoop, list[_Pending]] | None]
        self._batches = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="scep-store-writer", daemon=True)
        self._thread.start()

    async def record(self, entry: Entry) -> Outcome:
        """See `Recorder.record`."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()
        self._waiting.append((entry, future))
        if self._idle.is_set():
            self._idle.clear()
            loop.call_soon(self._gather, loop, 0)
        return await future

    async def close(self) -> None:
        """Wait until everything recorded so far is on disk, and end the thread."""
        await self._idle.wait()
        self._batches.put(None)
        self._thread.join()

    def _gather(self, loop: asyncio.AbstractEventLoop, before: int) -> None:
        """Flush once a turn of the loop has brought nothing more.

        Requests that are ready come in turn by turn. One transaction for all of them costs one fsync, and
        the thread does not take the interpreter from those that are still at their RSA operations.
        """
        if before < len(self._waiting) < ENOUGH:
            loop.call_soon(self._gather, loop, len(self._waiting))
        else:
            self._flush(loop)

    def _flush(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._waiting = self._waiting, []
        if batch:
            self._batches.put((loop, batch))
        else:
            self._idle.set()

    def _landed(
        self, loop: asyncio.AbstractEventLoop, batch: Sequence[_Pending], results: Sequence[_Result]
    ) -> None:
        for (_, future), result in zip(batch, results, strict=True):
            if future.done():  # its request was cancelled; the record stands all the same
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
        self._gather(loop, 0)

    def _write(self) -> None:
        while (work := self._batches.get()) is not None:
            loop, batch = work
            results = self._settle([entry for entry, _ in batch])
            loop.call_soon_threadsafe(self._landed, loop, batch, results)

    def _settle(self, entries: list[Entry]) -> Sequence[_Result]:
        try:
            return self._store.record(entries, self._clock())
        except StoreError as error:
            return [error] * len(entries)
        except Exception as error:  # noqa: BLE001 # whatever it is, the others must not suffer from one entry
            if len(entries) == 1:
                return [error]
            return [self._settle([entry])[0] for entry in entries]
