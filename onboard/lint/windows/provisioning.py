"""Rules of a provisioning package's source (customizations.xml): 01, 03, 05 and 40 for its networks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from onboard.errors import Finding
from onboard.lint.windows.document import Node

_PACKAGE = "urn:schemas-microsoft-com:windows-icd-package-config.v1.0"  # Windows writes a capital M in it
_SETTINGS = "urn:schemas-microsoft-com:windows-provisioning"
_IDENTITY = ("ID", "Name", "Version", "OwnerType", "Rank")
_SECURITY = frozenset({"Open", "WEP", "WPA2-Personal"})


def provisioning(root: Node) -> Iterator[Finding]:
    """Findings of a WindowsCustomizations document."""
    package, settings = root.first("PackageConfig"), root.first("Settings")
    if package is None or package.namespace.lower() != _PACKAGE:
        yield (package or root).error("01", "PackageConfig is missing or in another namespace")
    else:
        for name in _IDENTITY:
            if not package.value(name):
                yield package.error("01", f"{name} is missing: the package could not be named")
    if settings is None or settings.namespace != _SETTINGS:
        yield (settings or root).error(
            "01", "Settings is missing or in another namespace", f"use {_SETTINGS!r}"
        )
        return
    for network in settings.all("WLANConfig"):
        yield from _network(network)


def _network(network: Node) -> Iterator[Finding]:
    ssid = network.element.get("SSID") or ""
    if not 1 <= len(ssid.encode()) <= 32:
        yield network.error("03", "an SSID has 1 to 32 bytes")
    security, key = (
        network.value("WLANXmlSettings", "SecurityType"),
        network.first("WLANXmlSettings", "SecurityKey"),
    )
    if security not in _SECURITY:
        yield network.error(
            "05", f"{security or 'no SecurityType'} cannot be said here", "Open or WPA2-Personal"
        )
    elif security == "WEP":
        yield network.error("05", "WEP protects nothing", "use Open or WPA2-Personal")
    if key is None:
        if security == "WPA2-Personal":
            yield network.error("05", "WPA2-Personal needs a SecurityKey")
        return
    yield key.warning("40", "the network's key can be read in this file", "do not publish the file")
    if not re.fullmatch(r"[\x20-\x7e]{8,63}", key.raw):
        yield key.error("05", "a passphrase has 8 to 63 characters of printable ASCII")
