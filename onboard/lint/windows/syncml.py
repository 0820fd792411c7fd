"""Rules of a SyncML file as a whole: 01, 10, 11, 16, 18, 25 to 29; the profiles inside are judged too."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterator

from cryptography import x509

from onboard.errors import Finding
from onboard.lint.windows.commands import (
    Command,
    ProfileCommand,
    ScepCommand,
    TrustCommand,
    commands,
    profiles,
    scep,
    trusted,
)
from onboard.lint.windows.document import Node, UnreadableError, read_node
from onboard.lint.windows.enrolment import enrolments
from onboard.lint.windows.trust import EAP_TLS, PEAP, TEAP, methods, pinned

SYNCML = "SYNCML:SYNCML1.2"
METINF = "syncml:metinf"
ProfileRules = Callable[[Node], Iterator[Finding]]


def syncml(root: Node, profile_rules: ProfileRules) -> Iterator[Finding]:
    """Findings of a SyncML document.

    Args:
        root: SyncML, SyncBody, or the element that holds bare commands.
        profile_rules: judges one WLANProfile or LANProfile.
    """
    every = tuple(commands(root))
    yield from _structure(root, every)
    roots = trusted(every)
    for command in roots:
        yield from _certificate(command)
    enrolled = scep(every)
    yield from enrolments(enrolled, {c.thumbprint: c.store for c in roots})
    inside = []
    for entry in profiles(every):
        profile = _profile(entry)
        if isinstance(profile, Finding):
            yield profile
        elif profile is not None:
            inside.append(profile)
            yield from profile_rules(profile)
            yield from _together(entry, profile, roots, enrolled)
    yield from _once(profiles(every))
    yield from _mixed(root, inside)


def _structure(root: Node, every: tuple[Command, ...]) -> Iterator[Finding]:
    if not every:
        yield root.error("01", "there is no command in it")
    if root.name == "SyncML":
        yield from _envelope(root)
    seen: dict[str, str] = {}
    for node in root.all("CmdID"):
        if node.text in seen:
            yield node.error(
                "26", f"the CmdID {node.text} is used at {seen[node.text]} too", "number everything"
            )
        seen.setdefault(node.text, node.where)
    for command in every:
        if not command.uri:
            yield command.item.error("01", "Target/LocURI is missing")
        elif "$" in command.uri.replace("${", "").replace("$FLEET_", ""):
            yield command.item.error("01", "there is a stray '$' in the LocURI, as in a documented example")


def _envelope(root: Node) -> Iterator[Finding]:
    if root.namespace != SYNCML:
        yield root.error("01", f"the namespace is {root.namespace!r}", f"use {SYNCML!r}")
    body = root.first("SyncBody")
    if body is None:
        yield root.error("01", "SyncBody is missing")
        return
    names = [child.name for child in body.children()]
    if "Final" not in names or names[-1] != "Final":
        yield body.error("01", "Final is missing or not last: the device waits for more")
    for child in body.all("Format"):
        if child.namespace != METINF:
            yield child.error("01", f"the namespace is {child.namespace!r}", f"use {METINF!r}")
    for child in body.children():
        if child.name in {"Add", "Replace", "Exec", "Delete", "Atomic"} and child.first("CmdID") is None:
            yield child.error("26", "it has no CmdID")


def _certificate(entry: TrustCommand) -> Iterator[Finding]:
    item, data = entry.command.item, entry.command.data
    if entry.store == "Root" and entry.scope == "User":
        yield item.error("27", "the Root store exists in ./Device only")
    if data is None or entry.command.verb not in {"Add", "Replace"}:
        return
    if re.search(r"\s", data.raw):
        yield data.error("28", "the certificate has line ends or blanks; the CSP wants one line of base64")
    der = _base64(data.raw)
    certificate = _load(der)
    if certificate is None:
        yield data.error("28", "this is no certificate in base64 of DER")
        return
    sha1 = hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()  # what the CSP names it by
    if sha1 != entry.thumbprint:
        yield item.error("28", "the node is not named by the certificate's SHA-1", f"name it {sha1}")
    if entry.store == "Root" and certificate.subject != certificate.issuer:
        yield item.error("10", "this certificate is not a root, and the Root store is for roots", "use CA")


def _profile(entry: ProfileCommand) -> Node | Finding | None:
    data = entry.command.data
    if entry.command.verb in {"Delete", "Get"}:
        return None
    if data is None or not data.text:
        return entry.command.item.error("29", f"{entry.root} is missing: the node has no data")
    try:
        profile = read_node(data.file, data.text, data.where)
    except UnreadableError as error:
        return data.error("29", f"the profile inside cannot be read: {error}", "escape it, or use CDATA")
    return profile if profile.name == entry.root else data.error("29", f"this is no {entry.root}")


def _together(
    entry: ProfileCommand, profile: Node, roots: tuple[TrustCommand, ...], enrolled: tuple[ScepCommand, ...]
) -> Iterator[Finding]:
    """What profile, roots and enrolment of one file must agree on."""
    if entry.root == "WLANProfile":
        yield from _named(entry, profile.value("name"))
    stores = {command.thumbprint: command.store for command in roots}
    for node, digest in pinned(profile):
        store = stores.get(digest.hex().upper())
        if store is not None and store != "Root":
            yield node.warning("11", f"this pins a certificate of the {store} store; Windows looks for roots")
        elif store is None and stores:
            yield node.error("10", "the pinned root is not among the certificates of this file")
    yield from _strength(profile, enrolled)
    yield from _holders(profile, {command.scope for command in enrolled})


def _holders(profile: Node, scopes: set[str]) -> Iterator[Finding]:
    """The certificates of the file are those that the profile looks for."""
    for mode in profile.all("authMode"):
        if len(scopes) == 1 and mode.text == "machineOrUser" and TEAP not in methods(profile):
            yield mode.warning(
                "17",
                f"machineOrUser looks for two certificates, and this file enrols in ./{min(scopes)} only",
                "say machine or user, or enrol both",
            )
        wanted = {"user": "User", "machine": "Device"}.get(mode.text)
        if scopes and wanted and wanted not in scopes:
            yield mode.error(
                "16", f"authMode {mode.text}, but the certificate is enrolled in ./{min(scopes)}"
            )


def _named(entry: ProfileCommand, name: str) -> Iterator[Finding]:
    if entry.name != name:
        yield entry.command.item.error(
            "29",
            f"the node is named {entry.name!r}, the profile {name!r}: Windows takes it for a person's own",
        )
    if len(entry.name.encode()) > 32:
        yield entry.command.item.error("02", "the name is longer than 32 bytes")


def _strength(profile: Node, enrolled: tuple[ScepCommand, ...]) -> Iterator[Finding]:
    """192-bit demands 3072 bits; Windows' SCEP client makes 4096 next, and that in software only."""
    if profile.value("MSM", "security", "authEncryption", "authentication") not in {"WPA3ENT192", "WPA3"}:
        return
    for entry in enrolled:
        text, item = entry.command.text, entry.command.item
        if entry.setting == "KeyLength" and text != "4096":
            yield item.error("22", f"{text} bits are too few for WPA3-Enterprise 192-bit", "use 4096")
        if entry.setting == "KeyProtection" and text != "3":
            yield item.error("22", "keys for WPA3-Enterprise 192-bit are made in software", "KeyProtection 3")


def _once(entries: tuple[ProfileCommand, ...]) -> Iterator[Finding]:
    """A second Add of a node is answered with 418, and a scope has one LanXML."""
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        key = (entry.scope, entry.name)
        if entry.command.verb == "Add" and key in seen:
            yield entry.command.item.error("29", f"{entry.name} is added twice; the second fails with 418")
        seen.add(key)


def _mixed(root: Node, inside: list[Node]) -> Iterator[Finding]:
    used = {method for profile in inside for method in methods(profile)}
    if {EAP_TLS, PEAP} <= used:
        yield root.error(
            "18", "PEAP and EAP-TLS for one device: the weaker one can be forced", "keep EAP-TLS"
        )


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _load(der: bytes) -> x509.Certificate | None:
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError:
        return None
