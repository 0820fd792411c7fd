"""The outbox of one sink: a place in the audit trail, moved on when the sink has taken what stands before it.

The trail itself is the durable queue, so enrolments write nothing more for it and nothing is ever dropped: a
sink that was away for a week gets the week. What is held in memory is one batch. A crash between sending and
noting sends that batch twice; each event has its number. Processes that share a state folder take turns: the
one that holds the lock sends.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from scep_server.forwarding.senders import Sender, SinkError
from scep_server.reporting import Checkpoint, Format, checkpoint_record, event_record, read_checkpoint
from scep_server.store import Store, StoreError

LOGGER = logging.getLogger(__name__)
BATCH = 500  # events; a few hundred KiB at most
IDLE_SECONDS = 1.0
LOCKED_SECONDS = 30.0
_LONGEST_PAUSE = 300.0


class Outbox:
    """A thread that sends; `start` it once, `stop` and `join` it in the end.

    Args:
        name: of the sink; its files in `folder` are `NAME.json` and `NAME.lock`.
        sender: of the sink.
        form: of the lines.
        open_store: called in the thread: a connection of its own never makes an enrolment wait.
        folder: exists.
    """

    def __init__(
        self, name: str, sender: Sender, form: Format, *, open_store: Callable[[], Store], folder: Path
    ) -> None:
        self._name = name
        self._sender = sender
        self._form = form
        self._open_store = open_store
        self._place = folder / f"{name}.json"
        self._lock = folder / f"{name}.lock"
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._offered: Checkpoint | None = None
        self._failed = ""
        self._thread = threading.Thread(target=self._run, name=f"audit-sink-{name}", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def offer(self, checkpoint: Checkpoint) -> None:
        """Send a checkpoint behind the events that it counts; a newer one takes its place."""
        self._offered = checkpoint
        self._wake.set()

    def stop(self) -> None:
        """Send what there is, and end."""
        self._stop.set()
        self._wake.set()

    def join(self, seconds: float) -> None:
        """Wait for the end after `stop`; what takes longer is sent after the next start."""
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with self._turn() as is_ours:
                    if is_ours:
                        self._send_on()
            except (OSError, StoreError):
                LOGGER.exception("audit sink %s: its outbox cannot be read or written", self._name)
            self._stop.wait(LOCKED_SECONDS)

    @contextlib.contextmanager
    def _turn(self) -> Iterator[bool]:
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield True
        except BlockingIOError:
            yield False
        finally:
            os.close(descriptor)

    def _send_on(self) -> None:
        pause = IDLE_SECONDS
        with closing(self._open_store()) as store:
            while True:
                last = self._stop.is_set()
                try:
                    busy = self._send_batch(store)
                    self._note_recovery()
                    pause = IDLE_SECONDS
                except SinkError as error:
                    self._note_failure(str(error))
                    busy, pause = False, min(2 * pause, _LONGEST_PAUSE)
                if not busy and last:
                    break
                if not busy:
                    self._wake.wait(pause)
                    self._wake.clear()
        self._keep_offered()
        self._sender.close()

    def _keep_offered(self) -> None:
        """A checkpoint that the sink has not taken waits for the next start."""
        if self._offered is not None:
            sequence, _ = self._read()
            self._write(sequence, self._offered)

    def _send_batch(self, store: Store) -> bool:
        """Send one batch, or the checkpoint when it is due; whether there may be more."""
        sequence, kept = self._read()
        links = tuple(itertools.islice(store.audit(sequence), BATCH))
        if links:
            self._sender.send([event_record(link, self._form) for link in links])
            self._write(links[-1].sequence, self._newest(kept))
            return True
        self._demand_whole(store, sequence, kept)
        checkpoint = self._newest(kept)
        if checkpoint is None:
            return False
        self._sender.send([checkpoint_record(checkpoint, self._form)])
        if self._offered is checkpoint:
            self._offered = None
        self._write(sequence, None)
        return False

    def _demand_whole(self, store: Store, sequence: int, kept: Checkpoint | None) -> None:
        """A trail that is shorter than what was sent of it was cut, or came from a backup."""
        count, _ = store.audit_head()
        if count < sequence:
            LOGGER.error(
                "audit sink %s has %d events and the audit trail only %d: it was cut or restored from a "
                "backup; sending goes on behind what is there",
                self._name,
                sequence,
                count,
            )
            self._write(count, kept)

    def _newest(self, kept: Checkpoint | None) -> Checkpoint | None:
        return self._offered or kept

    def _read(self) -> tuple[int, Checkpoint | None]:
        """How far the sink is, and the checkpoint that waits."""
        try:
            fields = json.loads(self._place.read_bytes())
            text = fields.get("checkpoint", "")
            return int(fields["sequence"]), read_checkpoint(text) if text else None
        except FileNotFoundError:
            return 0, None
        except (ValueError, KeyError, TypeError) as error:
            msg = f"{self._place} is damaged: remove it, and every event is sent again"
            raise OSError(msg) from error

    def _write(self, sequence: int, checkpoint: Checkpoint | None) -> None:
        """Not synced: after a power cut a batch is sent again, which does no harm."""
        content = {"sequence": sequence} | ({"checkpoint": checkpoint.text} if checkpoint else {})
        partial = self._place.with_suffix(".partial")
        partial.write_text(json.dumps(content))
        partial.replace(self._place)

    def _note_failure(self, reason: str) -> None:
        if reason != self._failed:  # once for each reason, not once for each attempt
            LOGGER.error("audit sink %s takes nothing: %s; events wait in the trail", self._name, reason)
        self._failed = reason

    def _note_recovery(self) -> None:
        if self._failed:
            LOGGER.info("audit sink %s takes events again", self._name)
        self._failed = ""
