"""The judgement of one profile: schema first, then the rules of its parts."""

from __future__ import annotations

from collections.abc import Iterator

from onboard.errors import Finding
from onboard.lint.windows.document import Node
from onboard.lint.windows.grammar import check
from onboard.lint.windows.schema import ROOTS
from onboard.lint.windows.trust import trust
from onboard.lint.windows.wireless import wireless


def profile(root: Node) -> Iterator[Finding]:
    """Findings of a WLANProfile, LANProfile or EapHostConfig (its name is a key of ROOTS)."""
    namespace, content = ROOTS[root.name]
    if root.namespace != namespace:
        yield root.error("01", f"it is in the namespace {root.namespace!r}", f"use {namespace!r}")
    yield from check(root, content)
    if root.name == "WLANProfile":
        yield from wireless(root)
    yield from trust(root)
