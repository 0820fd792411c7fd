"""The log: one JSON line for each decision, through `logging`, never with a challenge in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

from scep_server.audit import Event, EventKind, as_mapping

LOGGER = logging.getLogger("scep_server")

_LEVELS = {EventKind.REFUSED: logging.WARNING, EventKind.ALARM: logging.ERROR}
_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


def log_decision(event: Event) -> None:
    """Log one decision: refusals are warnings, alarms errors, everything else information."""
    level = _LEVELS.get(event.kind, logging.INFO)
    if LOGGER.isEnabledFor(level):
        # As LOGGER.log does, but for the walk up the stack: a decision has no line of code.
        line = _encode(as_mapping(event))
        LOGGER.handle(LOGGER.makeRecord(LOGGER.name, level, "", 0, line, (), None))


def log_unanswered(line: Mapping[str, object]) -> None:
    """Log a request that got an HTTP error instead of a SCEP reply."""
    LOGGER.warning("%s", _encode(line))
