"""Writes XML as Microsoft's own exports look: plain names, `xmlns` where the namespace changes, no prefixes.

Windows parses prefixed documents too, but people compare files with what `netsh wlan export profile` prints.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def branch(
    tag: str, *children: ET.Element, xmlns: str = "", attributes: Mapping[str, str] | None = None
) -> ET.Element:
    """An element with child elements; `xmlns` only where it differs from the parent's."""
    element = ET.Element(tag, ({"xmlns": xmlns} if xmlns else {}) | dict(attributes or {}))
    element.extend(children)
    return element


def leaf(tag: str, text: str | int, *, xmlns: str = "") -> ET.Element:
    """An element with text alone (bool: true or false), never padded: Windows reads blanks as part of it."""
    element = branch(tag, xmlns=xmlns)
    element.text = str(text).lower() if isinstance(text, bool) else str(text)
    return element


def document(root: ET.Element) -> bytes:
    """The file: UTF-8 without BOM, indented by two blanks, LF line ends."""
    return (DECLARATION + indented(root) + "\n").encode()


def indented(root: ET.Element) -> str:
    """The element as readable text without an XML declaration."""
    clone = _clone(root)
    ET.indent(clone)
    return ET.tostring(clone, encoding="unicode")


def compact(root: ET.Element) -> str:
    """The element on one line without an XML declaration, as the WiFi CSP's WlanXml and OMA-URI want it."""
    return ET.tostring(root, encoding="unicode")


def _clone(element: ET.Element) -> ET.Element:
    clone = ET.Element(element.tag, dict(element.attrib))
    clone.text = element.text
    clone.extend([_clone(child) for child in element])
    return clone
