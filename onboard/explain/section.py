"""A titled group of sentences."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What a payload does in one respect; sentences are complete and end in a full stop."""

    title: str
    sentences: tuple[str, ...]
