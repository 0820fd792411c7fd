"""What a comparison says: single changes with their effects, and the verdict over all of them."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Effect(enum.StrEnum):
    """What a change does to a device that has the old payload; the worst first."""

    DROP = "drop"  # it is off a network until something else is put right, or for good
    BESIDE = "beside"  # it keeps the old payload too: somebody must remove it
    RE_ENROL = "re-enrol"  # it fetches a new certificate, whoever installs the payload
    REINSTALL = "re-install"  # the payload must be installed again to take effect


_VERDICTS = {
    Effect.DROP: "devices drop off a network",
    Effect.BESIDE: "devices keep the old payload beside the new one",
    Effect.RE_ENROL: "devices enrol again",
    Effect.REINSTALL: "devices install again",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference: where it is, what it is, and what it does."""

    where: str
    what: str  # a phrase in plain words; secrets are "changed", never shown
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Every change between two payloads, and what follows."""

    changes: tuple[Change, ...]
    remarks: tuple[str, ...] = ()  # what holds whatever changed, e.g. that an MDM's push always re-enrols

    @property
    def effects(self) -> tuple[Effect, ...]:
        """All effects, the worst first, each once."""
        found = {effect for change in self.changes for effect in change.effects}
        return tuple(effect for effect in Effect if effect in found)

    @property
    def verdict(self) -> str:
        """One line for people."""
        if not self.effects:
            return "nothing changes for devices"
        return ", ".join(_VERDICTS[effect] for effect in self.effects)
