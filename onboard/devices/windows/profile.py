"""A Windows device reads a WLAN profile or a LAN profile; the order of elements is enforced as Windows does.

Source: Microsoft's WLAN_profile v1 and LAN_profile v1 schema references.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509

from onboard.devices.errors import DeviceError
from onboard.devices.identity import EapIdentity, IdentitySource
from onboard.devices.settings import Medium, NetworkSettings
from onboard.devices.windows.eap import EapTls
from onboard.devices.windows.onex import ONEX, read_onex
from onboard.devices.xml_reader import Node, parse

WLAN = "http://www.microsoft.com/networking/WLAN/profile/v1"
LAN = "http://www.microsoft.com/networking/LAN/profile/v1"
_WLAN2 = "http://www.microsoft.com/networking/WLAN/profile/v2"
_WLAN3 = "http://www.microsoft.com/networking/WLAN/profile/v3"
_WLAN4 = "http://www.microsoft.com/networking/WLAN/profile/v4"
_PAIRS = {("WPA2", "AES"), ("WPA3ENT", "AES"), ("WPA3ENT192", "GCMP256"), ("WPA3", "GCMP256")}


def read_wlan(content: bytes | str, roots: Sequence[x509.Certificate]) -> NetworkSettings:
    """A WLAN profile for 802.1X.

    Args:
        content: the XML.
        roots: the device's root store.

    Raises:
        DeviceError: what Windows answers with "the profile is corrupt", or trust that is left open.
    """
    root = parse(content, "WLANProfile", WLAN)
    root.sequence(
        WLAN,
        "name",
        "SSIDConfig+",
        "Hotspot2?",
        "connectionType",
        "connectionMode?",
        "autoSwitch?",
        "MSM",
        "IHV?",
        f"{{{_WLAN3}}}MacRandomization?",
    )
    name = root.text(WLAN, "name")
    if not 1 <= len(name) <= 255:
        raise DeviceError("WLANProfile/name", "is not 1 to 255 characters long")
    root.one_of(WLAN, "connectionType", "ESS", "IBSS")
    mode = root.one_of(WLAN, "connectionMode", "auto", "manual", default="auto")
    switch = root.one_of(WLAN, "autoSwitch", "true", "false", default="false")
    if mode == "manual" and switch == "true":
        raise DeviceError("WLANProfile/autoSwitch", "is true where connectionMode is manual")
    ssid = _ssid(root.child(WLAN, "SSIDConfig"))
    return _network(name, Medium.WIFI, ssid, _wireless_security(root.child(WLAN, "MSM"), roots))


def read_lan(content: bytes | str, roots: Sequence[x509.Certificate]) -> NetworkSettings:
    """A LAN profile for 802.1X; arguments and errors as `read_wlan`."""
    root = parse(content, "LANProfile", LAN)
    security = root.child(LAN, "MSM").child(LAN, "security")
    security.sequence(LAN, "OneXEnforced", "OneXEnabled", f"{{{ONEX}}}OneX")
    security.one_of(LAN, "OneXEnforced", "true", "false")
    security.one_of(LAN, "OneXEnabled", "true")
    return _network("Ethernet", Medium.ETHERNET, b"", read_onex(security.child(ONEX, "OneX"), roots))


def profile_name(content: bytes | str) -> str:
    """The name of a WLAN profile; raises DeviceError."""
    return parse(content, "WLANProfile", WLAN).text(WLAN, "name")


def _ssid(config: Node) -> bytes:
    config.sequence(WLAN, "SSID+", "nonBroadcast?", f"{{{_WLAN2}}}SSID*", f"{{{_WLAN2}}}SSIDPrefix?")
    ssid = config.child(WLAN, "SSID")
    ssid.sequence(WLAN, "hex?", "name?")
    digits, name = ssid.text(WLAN, "hex", ""), ssid.optional(WLAN, "name")
    try:  # hex wins where both stand
        octets = bytes.fromhex(digits) if digits else ((name.element.text or "") if name else "").encode()
    except ValueError:
        octets = b""
    if not 1 <= len(octets) <= 32:
        raise DeviceError(ssid.path, "is not 1 to 32 bytes, as hexadecimal digits or as a name")
    return octets


def _wireless_security(msm: Node, roots: Sequence[x509.Certificate]) -> EapTls:
    security = msm.child(WLAN, "security")
    security.sequence(
        WLAN,
        "authEncryption",
        "sharedKey?",
        "keyIndex?",
        "PMKCacheMode?",
        "PMKCacheTTL?",
        "PMKCacheSize?",
        "preAuthMode?",
        "preAuthThrottle?",
        f"{{{ONEX}}}OneX?",
    )
    chosen = security.child(WLAN, "authEncryption")
    chosen.sequence(
        WLAN,
        "authentication",
        "encryption",
        "useOneX?",
        f"{{{_WLAN2}}}FIPSMode?",
        f"{{{_WLAN4}}}transitionMode?",
    )
    pair = chosen.text(WLAN, "authentication"), chosen.text(WLAN, "encryption")
    if pair not in _PAIRS:
        raise DeviceError(f"{chosen.path}/authentication", f"{pair[0]} with {pair[1]} is no 802.1X security")
    if chosen.one_of(WLAN, "useOneX", "true", "false", default="false") != "true":
        raise DeviceError(f"{chosen.path}/useOneX", "is not true, so there is no 802.1X")
    return read_onex(security.child(ONEX, "OneX"), roots)


def _network(name: str, medium: Medium, ssid: bytes, eap: EapTls) -> NetworkSettings:
    return NetworkSettings(
        name=ssid.decode("utf-8", "replace") if ssid else name,
        medium=medium,
        ssid=ssid,
        anchors=eap.anchors,
        server_names=eap.server_names,
        identity=eap.identity,
        tunnel=eap.tunnel,
        eap_identity=EapIdentity(IdentitySource.WINDOWS),
        tls_maximum="1.3",  # a system setting, not one of the profile: on by default since Windows 11
    )
