"""A bundle of Microsoft Graph objects for Intune as values, for whoever puts it in words or compares it.

Reading is tolerant: what is missing is empty. Whether a bundle is any good is said by `lint.intune`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from onboard.lint.intune import recognises
from onboard.lint.jsonfile import Json, JsonError, parse
from onboard.lint.windows.document import Node, UnreadableError, read_node

__all__ = ["Bundle", "GraphObject", "UnreadableBundleError", "read_bundle", "recognises"]

_TYPE = "#microsoft.graph."
_FOR_PEOPLE = frozenset({"displayName", "description"})


class UnreadableBundleError(ValueError):
    """Not a bundle; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphObject:
    """One object: its key, its type without `#microsoft.graph.`, its body, and the keys that it refers to."""

    path: str
    key: str
    type: str
    body: Mapping[str, Json]
    bind: Mapping[str, Json]

    def text(self, name: str) -> str:
        """A property that is text; empty if it is none."""
        value = self.body.get(name)
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of a property that is a list."""
        value = self.body.get(name)
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

    def octets(self, name: str) -> bytes:
        """A property in base64; empty if it is none."""
        try:
            return base64.b64decode(self.text(name), validate=True)
        except (binascii.Error, ValueError):
            return b""

    def targets(self, name: str) -> tuple[str, ...]:
        """The keys that a navigation property refers to."""
        value = self.bind.get(name)
        return tuple(map(str, value)) if isinstance(value, list) else (str(value),) if value else ()

    @property
    def content(self) -> Mapping[str, Json]:
        """What a device gets of it: all but the names for people."""
        return {name: value for name, value in self.body.items() if name not in _FOR_PEOPLE}

    @property
    def profiles(self) -> tuple[Node, ...]:
        """The WLAN and LAN profiles in its custom settings, those that can be read."""
        settings = self.body.get("omaSettings")
        found = []
        for setting in settings if isinstance(settings, list) else []:
            value = setting.get("value") if isinstance(setting, dict) else None
            try:
                found.append(read_node(self.path, value if isinstance(value, str) else "", self.key))
            except UnreadableError:
                continue  # lint says so
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The objects in their order, and to whom they go."""

    objects: tuple[GraphObject, ...]
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    notes: tuple[str, ...]


def read_bundle(path: str, content: bytes) -> Bundle:
    """The bundle.

    Raises:
        UnreadableBundleError: it is not JSON, or has no list of objects.
    """
    try:
        document = parse(content)
    except JsonError as error:
        msg = f"it is not JSON: {error}"
        raise UnreadableBundleError(msg) from error
    objects = document.get("objects") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(objects, list):
        msg = "the list of objects is missing"
        raise UnreadableBundleError(msg)
    assignment = _mapping(document.get("assignment"))
    return Bundle(
        objects=tuple(_object(path, entry) for entry in objects if isinstance(entry, dict)),
        include=_texts(assignment.get("include")),
        exclude=_texts(assignment.get("exclude")),
        notes=_texts(document.get("notes")),
    )


def _object(path: str, entry: Mapping[str, Json]) -> GraphObject:
    body = _mapping(entry.get("body"))
    return GraphObject(
        path=path,
        key=str(entry.get("key") or ""),
        type=str(body.get("@odata.type") or "").removeprefix(_TYPE),
        body=body,
        bind=_mapping(entry.get("bind")),
    )


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
