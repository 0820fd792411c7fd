"""The mistakes of one file, each once, sorted by position; and what a misspelt word was meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from onboard.errors import Mistake, Place, Severity
from onboard.orgfile.text.nodes import Position
from onboard.orgfile.text.source import FILE

_LONGEST_WORD = 100  # characters of a name that is worth a suggestion
_COMPARISONS = 20_000  # of words, for suggestions in one file: about half a second


def _order(mistake: Mistake) -> tuple[int, int, str, str]:
    place = mistake.place
    return place.line, place.column, place.where, mistake.message


@dataclass(slots=True)
class Report:
    """The mistakes of one file, each once."""

    path: str
    _mistakes: dict[tuple[Position, str], Mistake] = field(default_factory=dict)
    _comparisons: int = 0

    def add(
        self, position: Position, where: str, message: str, hint: str, severity: Severity = Severity.ERROR
    ) -> None:
        """Note a mistake; the same one at the same place (an aliased node) counts once."""
        place = Place(path=self.path, line=position.line, column=position.column, where=where or FILE)
        mistake = Mistake(place=place, message=message, hint=hint, severity=severity)
        self._mistakes.setdefault((position, message), mistake)

    def at(self, place: Place, message: str, hint: str = "", severity: Severity = Severity.ERROR) -> None:
        """Note a mistake at a place of this file."""
        self.add(Position(place.line, place.column), place.where, message, hint, severity)

    def nearest(self, word: str, candidates: Collection[str]) -> list[str]:
        """The candidate that `word` was meant to be, if any; a file full of mistakes gets no more of them."""
        if len(word) > _LONGEST_WORD or self._comparisons > _COMPARISONS:
            return []
        self._comparisons += len(candidates)
        return difflib.get_close_matches(word, candidates, n=1, cutoff=0.6)

    def drop(self, is_dropped: Callable[[Mistake], bool]) -> None:
        """Forget some of them."""
        self._mistakes = {key: one for key, one in self._mistakes.items() if not is_dropped(one)}

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """All of them, by position."""
        return tuple(sorted(self._mistakes.values(), key=_order))
