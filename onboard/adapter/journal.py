"""The log: one JSON line for each decision, through `logging`; what is audited has its event's own line."""

from __future__ import annotations

import enum
import json
import logging

LOGGER = logging.getLogger("onboard.adapter")

_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


class Decision(enum.StrEnum):
    """What became of a notification, besides what the audit trail says."""

    FINISHED = "finished"  # nothing is left to do: the process has its certificate, or has failed
    DELIVERED = "delivered"  # Google has the certificate
    FAILED = "failed"  # Google has the reason of the failure
    LEFT = "left"  # not ours
    WAITING = "waiting"  # another adapter has it
    LATER = "later"  # nothing could be decided; it is delivered again
    DROPPED = "dropped"  # unreadable, or Google does not know it


_LEVELS = {
    Decision.LEFT: logging.WARNING,
    Decision.LATER: logging.WARNING,
    Decision.DROPPED: logging.ERROR,
}


def note(decision: Decision, process: str, reason: str = "", *, remedy: str = "") -> None:
    """Log one decision; nothing in it is a secret."""
    level = _LEVELS.get(decision, logging.INFO)
    fields = {"kind": decision.value, "process": process, "reason": reason, "remedy": remedy}
    LOGGER.log(level, "%s", _encode({name: text for name, text in fields.items() if text}))
