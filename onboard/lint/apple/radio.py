"""Rules E26 to E30, E33 and E38: the network itself, Wi-Fi or wire, apart from its authentication."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from onboard.errors import Finding
from onboard.lint.apple.document import Document, Entry, items
from onboard.lint.apple.payload_types import ETHERNET_INTERFACES, NETWORKS, WIFI
from onboard.lint.apple.shape import scope

_ROAMING_CONSORTIUM = re.compile(r"(?:[0-9A-Fa-f]{6}|[0-9A-Fa-f]{10})")
_MCC_MNC = re.compile(r"[0-9]{6}")


def radio(document: Document) -> Iterator[Finding]:
    """E26 to E30, E33 and E38 for each network of the profile."""
    enterprise = any("EAPClientConfiguration" in entry.keys for entry in document.of_kind(*NETWORKS))
    seen = Counter(entry.text("SSID_STR") for entry in document.of_kind(WIFI))
    for entry in document.of_kind(WIFI):
        yield from _ssid(document, entry, seen)
        yield from _encryption(document, entry, enterprise=enterprise)
        yield from _privacy(document, entry)
        yield from _hotspot(document, entry)
    yield from _ethernet(document)
    for entry in document.of_kind(*NETWORKS):
        yield from _setup_modes(document, entry)
        yield from _proxy(document, entry)


def _ssid(document: Document, entry: Entry, seen: Counter[str]) -> Iterator[Finding]:
    ssid, where = entry.text("SSID_STR"), entry.at("SSID_STR")
    if not ssid and not entry.text("DomainName"):
        yield document.error(entry.where, "E26", "neither SSID_STR nor DomainName says which network this is")
    elif ssid and len(ssid.encode()) > 32:
        yield document.error(
            where, "E26", f"an SSID is at most 32 bytes of UTF-8; this is {len(ssid.encode())}"
        )
    if any(ord(character) < 32 or ord(character) == 127 for character in ssid):
        yield document.error(where, "E26", "the SSID holds a control character")
    if ssid and seen[ssid] > 1:
        yield document.error(
            where, "E26", f"the SSID {ssid!r} stands {seen[ssid]} times; what wins is undefined"
        )


def _encryption(document: Document, entry: Entry, *, enterprise: bool) -> Iterator[Finding]:
    value, where = entry.text("EncryptionType"), entry.at("EncryptionType")
    if "EAPClientConfiguration" not in entry.keys:
        if value == "None" and enterprise:
            yield document.error(
                where,
                "E27",
                "an open network in the profile of an 802.1X network: devices would go back to it",
                "remove it; the onboarding SSID is joined by hand",
            )
        return
    if value in {"None", "WEP"}:
        yield document.error(where, "E27", f"802.1X with EncryptionType {value}", "use WPA2 or WPA3")
    elif value in {"", "Any", "WPA"}:
        yield document.warning(
            where if value else entry.where,
            "E27",
            "devices would join the same name with weaker encryption",
            "write WPA2 (which joins WPA3 too) or WPA3",
        )


def _privacy(document: Document, entry: Entry) -> Iterator[Finding]:
    is_open = entry.text("EncryptionType") == "None" and "EAPClientConfiguration" not in entry.keys
    if entry.keys.get("CaptiveBypass") is True and is_open:
        yield document.error(
            entry.at("CaptiveBypass"), "E28", "on an open network the portal would never show itself"
        )
    if entry.keys.get("DisableAssociationMACRandomization") is True:
        yield document.warning(
            entry.at("DisableAssociationMACRandomization"),
            "E28",
            "devices show a privacy warning for this network",
            "leave it out unless the network goes by MAC addresses",
        )


def _hotspot(document: Document, entry: Entry) -> Iterator[Finding]:
    if entry.keys.get("IsHotspot") is True and not entry.text("DomainName"):
        yield document.error(entry.where, "E29", "IsHotspot needs DomainName")
    for key, form, example in (
        ("RoamingConsortiumOIs", _ROAMING_CONSORTIUM, "6 or 10 hex digits, e.g. 5A03BA0000"),
        ("MCCAndMNCs", _MCC_MNC, "6 digits"),
    ):
        for index, value in enumerate(items(entry.keys, key)):
            if isinstance(value, str) and not form.fullmatch(value):
                yield document.error(
                    entry.at(f"{key}[{index}]"), "E29", f"{value!r} has the wrong form", example
                )
    if items(entry.keys, "RoamingConsortiumOIs") and items(entry.keys, "NAIRealmNames"):
        yield document.warning(
            entry.where,
            "E29",
            "realms and roaming consortiums in one payload clash",
            "use a payload for each",
        )


def _ethernet(document: Document) -> Iterator[Finding]:
    seen = Counter(entry.kind for entry in document.payloads)
    for entry in document.of_kind(*ETHERNET_INTERFACES):
        if seen[entry.kind] > 1:
            yield document.error(
                entry.where, "E33", f"{entry.kind} stands {seen[entry.kind]} times; a device takes one"
            )
        expected, interface = ETHERNET_INTERFACES[entry.kind], entry.text("Interface")
        if "Interface" in entry.keys and interface != expected:
            yield document.error(
                entry.at("Interface"), "E33", f"{interface!r} does not fit {entry.kind}", f"write {expected}"
            )
        if "Interface" not in entry.keys:
            yield document.warning(entry.where, "E33", "Interface is not written", f"write {expected}")


def _setup_modes(document: Document, entry: Entry) -> Iterator[Finding]:
    modes = items(entry.keys, "SetupModes")
    if "System" in modes and scope(document) != "System":
        yield document.error(
            entry.at("SetupModes"),
            "E30",
            "the machine cannot join before login with an identity in somebody's login keychain",
            "write PayloadScope System, or leave SetupModes out",
        )


def _proxy(document: Document, entry: Entry) -> Iterator[Finding]:
    kind, where = entry.text("ProxyType"), entry.at("ProxyType")
    if kind == "Auto":
        url = entry.text("ProxyPACURL")
        if not url:
            yield document.error(
                where, "E38", "Auto without ProxyPACURL means WPAD: anybody nearby is the proxy"
            )
        elif urlsplit(url).scheme not in {"http", "https"}:
            yield document.error(entry.at("ProxyPACURL"), "E38", "this is no http or https URL")
    if kind == "Manual":
        port = entry.keys.get("ProxyServerPort")
        if not entry.text("ProxyServer") or not isinstance(port, int) or not 1 <= port <= 65535:
            yield document.error(where, "E38", "Manual needs ProxyServer and ProxyServerPort (1 to 65535)")
