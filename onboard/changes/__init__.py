"""`onboard diff`: what devices that have the old payload do when they get the new one.

Each format has one module with a line in `COMPARERS`. The answer is what an administrator dreads: whether a
device installs again, enrols again, or drops off the network. Secrets are changed or unchanged, never shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from onboard.changes import apple, intune, windows
from onboard.changes.verdict import Change, Comparison, Effect
from onboard.errors import PayloadError

__all__ = ["COMPARERS", "Change", "Comparer", "Comparison", "Effect", "compare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparer:
    """A file format and who knows what a change of it means."""

    name: str  # as people say it: "Apple mobileconfig"
    recognises: Callable[[bytes], bool]
    compare: Callable[[str, bytes, str, bytes], Comparison]


COMPARERS: tuple[Comparer, ...] = (
    Comparer(name="Apple mobileconfig", recognises=apple.recognises, compare=apple.compare),
    # before Windows, whose profiles a bundle holds
    Comparer(name="bundle for Intune", recognises=intune.recognises, compare=intune.compare),
    Comparer(name="Windows profile or SyncML", recognises=windows.recognises, compare=windows.compare),
)


def compare(old_path: str, old: bytes, new_path: str, new: bytes) -> Comparison:
    """What changed, and what it means to devices that have the old payload.

    Args:
        old_path: name of the old file, for errors only; formats are told by the content.
        old: the whole file.
        new_path: name of the new file, for errors only.
        new: the whole file.

    Raises:
        PayloadError: the files are of different or unknown formats, or one cannot be read.
    """
    for known in COMPARERS:
        if known.recognises(old) and known.recognises(new):
            return known.compare(old_path, old, new_path, new)
    raise PayloadError(
        f"{old_path} and {new_path} are not two payloads of one format that onboard can compare",
        hint=f"known formats: {', '.join(known.name for known in COMPARERS)}",
    )
