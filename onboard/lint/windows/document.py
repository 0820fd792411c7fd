"""Reads XML that anyone made, safely, and gives each element its place for the findings.

No DTD, no entities, no external references; depth is bounded, because a profile is judged by recursion.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException, DTDForbidden

from onboard.errors import Finding, Severity

ROOM = "windows"
_DEEPEST = 64  # a TEAP profile is about 25 deep


class UnreadableError(Exception):
    """The bytes are no XML document that Windows would read; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One element and where it stands, e.g. `WLANProfile/MSM/security`."""

    file: str
    where: str
    element: Element = field(repr=False)
    nodes: tuple[Node, ...] = field(repr=False)

    @property
    def name(self) -> str:
        """The local name."""
        return local_name(self.element.tag)

    @property
    def namespace(self) -> str:
        """The namespace, empty without one."""
        return self.element.tag[1:].partition("}")[0] if self.element.tag.startswith("{") else ""

    @property
    def raw(self) -> str:
        """The text as it stands, blanks included."""
        return self.element.text or ""

    @property
    def text(self) -> str:
        """The text without the blanks around it; padding is a finding of its own (windows-20)."""
        return self.raw.strip()

    @property
    def is_true(self) -> bool:
        """Whether it says true in one of the two spellings of XML Schema."""
        return self.text in {"true", "1"}

    def children(self) -> tuple[Node, ...]:
        """The child elements; of several with one name, each has its number in its place."""
        return self.nodes

    def all(self, name: str) -> Iterator[Node]:
        """Every descendant of that local name, in document order."""
        for child in self.nodes:
            if child.name == name:
                yield child
            yield from child.all(name)

    def first(self, *names: str) -> Node | None:
        """The child at the end of a path of local names, taking the first at each step; None without one."""
        node: Node | None = self
        for name in names:
            node = next((child for child in node.children() if child.name == name), None) if node else None
        return node

    def value(self, *names: str) -> str:
        """The text of `first(...)`; empty without one."""
        node = self.first(*names)
        return node.text if node else ""

    def error(self, rule: str, message: str, hint: str = "") -> Finding:
        """A finding at this place that makes the file unusable or unsafe."""
        return self._finding(rule, Severity.ERROR, message, hint)

    def warning(self, rule: str, message: str, hint: str = "") -> Finding:
        """A finding at this place that should be known."""
        return self._finding(rule, Severity.WARNING, message, hint)

    def _finding(self, rule: str, severity: Severity, message: str, hint: str) -> Finding:
        return Finding(
            path=self.file,
            where=self.where,
            rule=f"{ROOM}-{rule}",
            severity=severity,
            message=message,
            hint=hint,
        )


def read_node(path: str, content: bytes | str, where: str = "") -> Node:
    """The root of an XML document.

    Args:
        path: the file's name, for findings.
        content: the document.
        where: the place of the document inside another one, such as a Data element.

    Raises:
        UnreadableError: no well-formed XML, a DTD, or nested deeper than any profile.
    """
    try:
        root = ElementTree.fromstring(content, forbid_dtd=True)
    except DTDForbidden as error:
        msg = "it has a DOCTYPE, which no profile needs and which can read other files"
        raise UnreadableError(msg) from error
    except (DefusedXmlException, ParseError, ValueError, LookupError) as error:
        msg = f"it is not well-formed XML: {error}"
        raise UnreadableError(msg) from error
    if _depth(root) > _DEEPEST:
        msg = f"it is nested more than {_DEEPEST} elements deep"
        raise UnreadableError(msg)
    name = local_name(root.tag)
    return _node(path, f"{where}/{name}" if where else name, root)


def _node(path: str, where: str, element: Element) -> Node:
    names = [local_name(child.tag) for child in element]
    total, seen = Counter(names), Counter[str]()
    found = []
    for child, name in zip(element, names, strict=True):
        seen[name] += 1
        number = f"[{seen[name]}]" if total[name] > 1 else ""
        found.append(_node(path, f"{where}/{name}{number}", child))
    return Node(path, where, element, tuple(found))


def local_name(tag: str) -> str:
    """The name without its namespace."""
    return tag.rpartition("}")[2]


def _depth(root: Element) -> int:
    deepest, pending = 0, [(root, 1)]
    while pending:
        element, depth = pending.pop()
        deepest = max(deepest, depth)
        if deepest > _DEEPEST:
            break
        pending.extend((child, depth + 1) for child in element)
    return deepest
