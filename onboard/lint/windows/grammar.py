"""A small schema language for Windows profiles, and the check of a document against it (windows-01, -20).

Windows enforces namespaces and element order and answers a mistake with error 1206 alone; here each mistake
has its place and the order that would be right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from onboard.errors import Finding
from onboard.lint.windows.document import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """An element that holds text."""

    fits: Callable[[str], bool]
    wanted: str  # completes "this must be ..."


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    """An element whose inside is somebody else's (vendor extensions, other EAP methods)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A place in a sequence: what may stand there and how often."""

    name: str
    namespace: str
    content: Content | Callable[[], Content]  # a function where the schema is recursive
    low: int = 1
    high: int | None = 1  # None: any number

    @property
    def resolved(self) -> Content:
        """The content model itself."""
        return self.content() if callable(self.content) else self.content


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """An element that holds elements: all of `children` in order, or with `choice` exactly one of them."""

    children: tuple[Child, ...]
    choice: bool = False
    attributes: Mapping[str, Leaf] = field(default_factory=dict)


Content = Leaf | Opaque | Sequence


def one(name: str, namespace: str, content: Content | Callable[[], Content]) -> Child:
    """A child that must be there once."""
    return Child(name=name, namespace=namespace, content=content)


def optional(name: str, namespace: str, content: Content | Callable[[], Content]) -> Child:
    """A child that may be there once."""
    return Child(name=name, namespace=namespace, content=content, low=0)


def several(
    name: str, namespace: str, content: Content | Callable[[], Content], low: int = 0, high: int | None = None
) -> Child:
    """A child that may be repeated."""
    return Child(name=name, namespace=namespace, content=content, low=low, high=high)


def enum(*values: str) -> Leaf:
    """One of some words."""
    return Leaf(fits=frozenset(values).__contains__, wanted=f"one of {', '.join(values)}")


def integer(low: int, high: int) -> Leaf:
    """A decimal number in a range."""

    def fits(text: str) -> bool:
        return re.fullmatch(r"[+-]?[0-9]{1,10}", text) is not None and low <= int(text) <= high

    return Leaf(fits=fits, wanted=f"a number from {low} to {high}")


def string(low: int = 0, high: int | None = None) -> Leaf:
    """Text of so many characters."""

    def fits(text: str) -> bool:
        return low <= len(text) and (high is None or len(text) <= high)

    return Leaf(fits=fits, wanted=f"text of {low} to {high or 'any number of'} characters")


def matching(pattern: str, wanted: str) -> Leaf:
    """Text that a regular expression matches as a whole."""
    compiled = re.compile(pattern)
    return Leaf(fits=lambda text: compiled.fullmatch(text) is not None, wanted=wanted)


def octets(low: int, high: int) -> Leaf:
    """Hexadecimal pairs without blanks."""
    return matching(rf"(?:[0-9A-Fa-f]{{2}}){{{low},{high}}}", f"{low} to {high} bytes in hex")


BOOLEAN = enum("true", "false", "1", "0")


def check(node: Node, content: Content) -> Iterator[Finding]:
    """Everything about `node` that its content model forbids, depth first in document order."""
    if isinstance(content, Opaque):
        return
    if isinstance(content, Leaf):
        yield from _check_leaf(node, content)
        return
    if node.raw.strip():
        yield node.error("01", "there is text between its elements")
    for name, kind in content.attributes.items():
        value = node.element.get(name)
        if value is not None and not kind.fits(value):
            yield node.error("01", f"attribute {name} must be {kind.wanted}, not {value!r}")
    yield from _check_children(node, content)


def _check_leaf(node: Node, leaf: Leaf) -> Iterator[Finding]:
    if len(node.element):
        yield node.error("01", "there are elements where a value is expected")
        return
    if node.raw != node.text:
        yield node.error(
            "20", "the value has blanks or line ends around it, which Windows reads as part of it"
        )
    if not leaf.fits(node.text):
        yield node.error("01", f"this must be {leaf.wanted}")


def _check_children(node: Node, content: Sequence) -> Iterator[Finding]:
    position = 0
    counts = [0] * len(content.children)
    for child in node.children():
        index = _slot(child, content, position, counts)
        if index is None:
            yield _stray(child, content)
            index = _by_name(child, content)
        else:
            position = index
            counts[index] += 1
        if index is not None:
            yield from check(child, content.children[index].resolved)
    yield from _missing(node, content, counts)


def _slot(child: Node, content: Sequence, position: int, counts: list[int]) -> int | None:
    """The first place from `position` on that takes this child."""
    for index in range(0 if content.choice else position, len(content.children)):
        place = content.children[index]
        taken = content.choice and any(counts)
        full = place.high is not None and counts[index] >= place.high
        if (place.name, place.namespace) == (child.name, child.namespace) and not full and not taken:
            return index
    return None


def _by_name(child: Node, content: Sequence) -> int | None:
    """A place of that name and namespace anywhere: its inside is judged even where it stands wrongly."""
    places = ((place.name, place.namespace) for place in content.children)
    return next((i for i, place in enumerate(places) if place == (child.name, child.namespace)), None)


def _stray(child: Node, content: Sequence) -> Finding:
    order = " · ".join(dict.fromkeys(place.name for place in content.children))
    same = [place for place in content.children if place.name == child.name]
    if not same:
        return child.error("01", "no such element belongs here", f"the elements here are: {order}")
    if child.namespace not in {place.namespace for place in same}:
        return child.error("01", f"it is in the namespace {child.namespace!r}", f"use {same[0].namespace!r}")
    if content.choice:
        return child.error("01", "only one of several alternatives may stand here", f"choose one of: {order}")
    return child.error("01", "it is repeated or out of order", f"the order is: {order}")


def _missing(node: Node, content: Sequence, counts: list[int]) -> Iterator[Finding]:
    if content.choice:
        if not any(counts):
            names = ", ".join(place.name for place in content.children)
            yield node.error("01", f"one of these is missing: {names}")
        return
    for place, count in zip(content.children, counts, strict=True):
        stands = any(child.name == place.name for child in node.children())
        if count < place.low and not stands:  # where it stands wrongly, that has been said
            yield node.error("01", f"{place.name} is missing")
