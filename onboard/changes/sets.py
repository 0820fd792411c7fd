"""Two sets of payloads compared: folders, manifests or what two org definitions generate.

Files are paired by their path, which says group and platform. One that is new must be installed; one that is
gone stays on devices until somebody removes it, and then they are off what it joined.
"""

from __future__ import annotations

from collections.abc import Mapping

from onboard.changes import COMPARERS
from onboard.changes.verdict import Change, Comparison, Effect

_ADDED = Change(where="", what="devices get this payload for the first time", effects=(Effect.REINSTALL,))
_REMOVED = Change(
    where="",
    what="this payload is no longer made: removing it takes its networks and certificates away",
    effects=(Effect.DROP,),
)
_UNTOLD = Change(
    where="", what="the file changes; what devices make of it is not known here", effects=(Effect.REINSTALL,)
)
_READ = (".md", ".html")  # by people; no device takes them
_TOLD = Change(where="", what="these instructions are new, other or gone; people read them", effects=())


def compare_sets(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Mapping[str, Comparison]:
    """What changed, by path; files that say the same are left out.

    Args:
        old: path -> content.
        new: path -> content.

    Raises:
        PayloadError: a file cannot be read although it shows a known format.
    """
    found: dict[str, Comparison] = {}
    for path in sorted(old.keys() | new.keys()):
        comparison = _compare(path, old.get(path), new.get(path))
        if comparison.changes:
            found[path] = comparison
    return found


def _compare(path: str, old: bytes | None, new: bytes | None) -> Comparison:
    if path.endswith(_READ):
        return Comparison(changes=() if old == new else (_TOLD,))
    if old is None:
        return Comparison(changes=(_ADDED,))
    if new is None:
        return Comparison(changes=(_REMOVED,))
    if old == new:
        return Comparison(changes=())
    for known in COMPARERS:
        if known.recognises(old) and known.recognises(new):
            return known.compare(path, old, path, new)
    return Comparison(changes=(_UNTOLD,))
