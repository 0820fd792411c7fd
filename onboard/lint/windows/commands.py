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
_WIFI = re.compile(r"\./(?:(User|Device)/)?Vendor/MSFT/WiFi/Profile/([^/]+)/WlanXml")
_WIRE = re.compile(r"\./(?:(User|Device)/)?Vendor/MSFT/WiredNetwork/LanXML")


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
class ProfileCommand:
    """A command on a WlanXml node, or on the one LanXML of a scope."""

    command: Command
    scope: str
    root: str  # WLANProfile or LANProfile: what its data must be
    name: str  # of the node, unescaped; "LanXML" for the wire


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


def profiles(every: tuple[Command, ...]) -> tuple[ProfileCommand, ...]:
    """Those that bring network profiles."""
    return tuple(filter(None, map(_profile, every)))


def _profile(command: Command) -> ProfileCommand | None:
    if match := _WIFI.fullmatch(command.uri):
        root, name = "WLANProfile", unquote(match[2])
    elif match := _WIRE.fullmatch(command.uri):
        root, name = "LANProfile", "LanXML"
    else:
        return None
    return ProfileCommand(command=command, scope=match[1] or "Device", root=root, name=name)


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
