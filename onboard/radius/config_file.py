"""One file that `onboard radius` writes."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """One file below the configuration folder."""

    path: str
    content: bytes = field(repr=False)
    mode: int = 0o644
