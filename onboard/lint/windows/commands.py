"""Reads the commands of a SyncML file, in full or as the bare fragments that Fleet takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from onboard.lint.windows.document import Node

VERBS = frozenset({"Add", "Replace", "Exec", "Delete", "Get"})
_SCEP = re.compile(r"(\./(User|Device)/Vendor/MSFT/ClientCertificateInstall/SCEP/([^/]+))(?:/(.*))?")
_TRUST = re.compile(r"\./(?:(User|Device)/)?Vendor/MSFT/RootCATrustedCertificates/([^/]+)/([^/]+)(?:/(.*))?")
_WIFI = re.compile(r"\./(?:(User|Device)/)?Vendor/MSFT/WiFi/Profile/([^/]+)(?:/(.*))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command on one node, with the CSP it belongs to."""

    node: Node  # the Add, Exec ... element
    item: Node
    verb: str
    uri: str
    format: str
    data: Node | None
    atomic: Node | None  # the Atomic around it

    @property
    def text(self) -> str:
        """The data without the blanks around it; empty without any."""
        return self.data.text if self.data else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScepCommand:
    """A command below ClientCertificateInstall/SCEP/{UniqueID}."""

    command: Command
    base: str
    scope: str
    setting: str  # "" the node itself, "ServerURL" ... below Install, or the path as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustCommand:
    """A command on a certificate of RootCATrustedCertificates."""

    command: Command
    scope: str
    store: str
    thumbprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiCommand:
    """A command on a WlanXml node."""

    command: Command
    scope: str
    name: str  # unescaped


def commands(root: Node) -> Iterator[Command]:
    """Every command of the document, in order; a command with several items gives several."""
    for child in root.children():
        if child.name in VERBS:
            yield from _items(child, root if root.name == "Atomic" else None)
        elif child.name in {"SyncBody", "Atomic", "Sequence"}:
            yield from commands(child)


def scep(every: tuple[Command, ...]) -> tuple[ScepCommand, ...]:
    """Those that speak to the SCEP CSP."""
    found = []
    for command in every:
        match = _SCEP.fullmatch(command.uri)
        if match:
            rest = match[4] or ""
            found.append(
                ScepCommand(
                    command=command, base=match[1], scope=match[2], setting=rest.removeprefix("Install/")
                )
            )
    return tuple(found)


def trusted(every: tuple[Command, ...]) -> tuple[TrustCommand, ...]:
    """Those that add certificates of authorities."""
    found = []
    for command in every:
        match = _TRUST.fullmatch(command.uri)
        if match and match[4] == "EncodedCertificate":
            found.append(
                TrustCommand(
                    command=command, scope=match[1] or "Device", store=match[2], thumbprint=match[3].upper()
                )
            )
    return tuple(found)


def wifi(every: tuple[Command, ...]) -> tuple[WifiCommand, ...]:
    """Those that add WLAN profiles."""
    found = []
    for command in every:
        match = _WIFI.fullmatch(command.uri)
        if match and match[3] == "WlanXml":
            found.append(WifiCommand(command=command, scope=match[1] or "Device", name=unquote(match[2])))
    return tuple(found)


def _items(verb: Node, atomic: Node | None) -> Iterator[Command]:
    for item in verb.children():
        if item.name == "Item":
            yield Command(
                node=verb,
                item=item,
                verb=verb.name,
                uri=item.value("Target", "LocURI"),
                format=item.value("Meta", "Format"),
                data=item.first("Data"),
                atomic=atomic,
            )
