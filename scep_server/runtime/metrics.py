"""Counters that all worker processes share, as Prometheus text."""

from __future__ import annotations

import itertools
import mmap
import struct
from collections.abc import Sequence

from scep_server.audit import Event, EventKind

_SLOT = struct.Struct("=Q")


class Metrics:
    """Decisions by group and kind, in anonymous memory that is shared with processes forked later.

    Each worker counts in slots of its own, so no lock is needed; a reader adds them up.

    Args:
        groups: of the endpoints; an event of no group counts under the empty one.
        workers: how many processes will count.
    """

    def __init__(self, groups: Sequence[str], workers: int) -> None:
        keys = itertools.product(sorted({*groups, ""}), EventKind)
        self._slots = {key: number for number, key in enumerate(keys)}
        self._workers = workers
        self._memory = mmap.mmap(-1, max(1, workers * len(self._slots)) * _SLOT.size)

    def count(self, event: Event, worker: int) -> None:
        """Count one decision of one worker."""
        number = self._slots.get((event.group, event.kind))
        if number is not None:
            place = (worker * len(self._slots) + number) * _SLOT.size
            (before,) = _SLOT.unpack_from(self._memory, place)
            _SLOT.pack_into(self._memory, place, before + 1)

    def text(self) -> str:
        """Prometheus exposition format 0.0.4."""
        lines = [
            "# HELP scep_decisions_total Decisions on SCEP requests since the start.",
            "# TYPE scep_decisions_total counter",
        ]
        for (group, kind), number in self._slots.items():
            total = self._total(number)
            if total or group:
                lines.append(f'scep_decisions_total{{group="{group}",kind="{kind.value}"}} {total}')
        return "\n".join(lines) + "\n"

    def _total(self, number: int) -> int:
        places = ((worker * len(self._slots) + number) * _SLOT.size for worker in range(self._workers))
        return sum(_SLOT.unpack_from(self._memory, place)[0] for place in places)
