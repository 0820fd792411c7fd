"""Reads XML strictly: namespaces, order of elements and untrimmed leaves are checked, each with its path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from onboard.devices.errors import DeviceError


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One element and where it stands, e.g. `WLANProfile/MSM/security`."""

    element: Element
    path: str

    def sequence(self, namespace: str, *names: str) -> None:
        """Demand exactly these children, in this order.

        Args:
            namespace: of names without one of their own.
            names: local names, or `{namespace}name`; a trailing `?` is optional, `*` any number, `+` some.

        Raises:
            DeviceError: a child is out of place, unknown, repeated or absent.
        """
        pending = list(self.element)
        for name in names:
            local, mark = (name[:-1], name[-1]) if name[-1] in "?*+" else (name, "")
            tag = local if local.startswith("{") else _tag(namespace, local)
            count = 0
            while pending and pending[0].tag == tag and (mark in {"*", "+"} or count == 0):
                pending.pop(0)
                count += 1
            if count == 0 and mark not in {"?", "*"}:
                found = f", {_local(pending[0].tag)} stands there" if pending else ""
                raise DeviceError(f"{self.path}/{_local(tag)}", f"is missing in its place{found}")
        if pending:
            raise DeviceError(f"{self.path}/{_local(pending[0].tag)}", "is unknown, repeated or out of order")

    def child(self, namespace: str, name: str) -> Node:
        """The first child of that name; DeviceError without one."""
        found = self.optional(namespace, name)
        if found is None:
            raise DeviceError(f"{self.path}/{name}", "is missing, or in another namespace")
        return found

    def optional(self, namespace: str, name: str) -> Node | None:
        """The first child of that name, or None."""
        found = self.element.find(_tag(namespace, name))
        return None if found is None else Node(found, f"{self.path}/{name}")

    def children(self, namespace: str, name: str) -> Iterator[Node]:
        """All children of that name."""
        for at, element in enumerate(self.element.findall(_tag(namespace, name))):
            yield Node(element, f"{self.path}/{name}[{at}]")

    def text(self, namespace: str, name: str, default: str | None = None) -> str:
        """The trimmed-already text of a leaf; DeviceError with blanks around it, or without a default."""
        node = self.optional(namespace, name)
        if node is None and default is not None:
            return default
        return self.child(namespace, name).value

    @property
    def value(self) -> str:
        """The text of this leaf."""
        text = self.element.text or ""
        if text != text.strip() or len(self.element):
            raise DeviceError(
                self.path, "has blanks, line breaks or elements where the device reads a bare value"
            )
        return text

    def one_of(self, namespace: str, name: str, *values: str, default: str | None = None) -> str:
        """The text of a leaf that must be one of `values`."""
        text = self.text(namespace, name, default)
        if text not in values:
            raise DeviceError(f"{self.path}/{name}", f"{text!r} is none of {', '.join(values)}")
        return text


def parse(content: bytes | str, root: str, namespace: str) -> Node:
    """The document's root element.

    Raises:
        DeviceError: it is not well formed, has a DOCTYPE, or has another root.
    """
    try:
        element = ElementTree.fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise DeviceError(root, f"is not XML that the device reads: {error}") from error
    if element.tag != _tag(namespace, root):
        raise DeviceError(root, f"the root element is {element.tag}, not {_tag(namespace, root)}")
    return Node(element, root)


def _tag(namespace: str, name: str) -> str:
    return f"{{{namespace}}}{name}" if namespace else name


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
