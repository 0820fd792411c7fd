"""Rules of networks: a NetworkConfiguration, its medium, addresses, proxy, and the global settings."""

from __future__ import annotations

import re

from onboard.lint.onc.fields import (
    DEVICE_ONLY,
    DEVICE_POLICY_TYPES,
    NETWORK_TYPES,
    SECURITY,
    WITH_EAP,
    WITH_PASSPHRASE,
)
from onboard.lint.onc.judge import Judge, Mode, Object, strings, text

_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){1,32}")


def network(judge: Judge, where: str, found: Object) -> None:
    """Rules 010 to 014; GUIDs are compared where all networks are known."""
    if found.get("Remove") is True:
        return
    for name in ("Name", "Type"):
        if name not in found:
            judge.say("010", f"{where}.{name}", "missing")
    kind = text(found, "Type")
    if kind and kind not in NETWORK_TYPES:
        judge.say("011", f"{where}.Type", f"{kind!r} is not one of {_listed(NETWORK_TYPES)}")
    elif kind and judge.mode is Mode.DEVICE_POLICY and kind not in DEVICE_POLICY_TYPES:
        judge.say("012", f"{where}.Type", f"{kind} cannot come by device policy")
    if kind in NETWORK_TYPES and kind not in found:
        judge.say("013", f"{where}.{kind}", f"missing, although Type is {kind}")
    _addresses(judge, where, found)


def _addresses(judge: Judge, where: str, found: Object) -> None:
    needed: list[str] = []
    for name, fields in (
        ("IPAddressConfigType", ("IPAddress", "RoutingPrefix", "Gateway")),
        ("NameServersConfigType", ("NameServers",)),
    ):
        if name in found and found[name] not in {"DHCP", "Static"}:
            judge.say("014", f"{where}.{name}", "neither DHCP nor Static")
        if found.get(name) == "Static" or name in strings(found, "Recommended"):
            needed += fields
    static = found.get("StaticIPConfig")
    if needed and not isinstance(static, dict):
        judge.say("014", f"{where}.StaticIPConfig", "missing, although something is static")
    elif isinstance(static, dict):
        recommended = strings(static, "Recommended")
        for name in needed:
            if name not in static and name not in recommended:
                judge.say("014", f"{where}.StaticIPConfig.{name}", "missing")


def ip_config(judge: Judge, where: str, found: Object) -> None:
    """Rule 015, and the Type's values."""
    family = found.get("Type")
    if "Type" in found and family not in {"IPv4", "IPv6"}:
        judge.say("014", f"{where}.Type", "neither IPv4 nor IPv6")
    prefix = found.get("RoutingPrefix")
    longest = 32 if family == "IPv4" else 128
    if isinstance(prefix, int) and not 1 <= prefix <= longest:
        judge.say("015", f"{where}.RoutingPrefix", f"{prefix} is not within 1 to {longest}")


def wifi(judge: Judge, where: str, found: Object) -> None:
    """Rules 016 to 021."""
    security = text(found, "Security")
    if security not in SECURITY:
        judge.say("016", f"{where}.Security", f"{security!r} is not one of {_listed(SECURITY)}")
    _ssid(judge, where, found)
    if security in WITH_EAP and "EAP" not in found:
        judge.say("021", f"{where}.EAP", f"missing, although Security is {security}")
    if security in WITH_PASSPHRASE and "Passphrase" not in found:
        judge.say("021", f"{where}.Passphrase", f"missing, although Security is {security}")


def _ssid(judge: Judge, where: str, found: Object) -> None:
    if "SSID" not in found and "HexSSID" not in found:
        judge.say("017", where, "neither SSID nor HexSSID")
    hexadecimal = text(found, "HexSSID")
    if isinstance(found.get("HexSSID"), str) and not _HEX.fullmatch(hexadecimal):
        judge.say("019", f"{where}.HexSSID", "not 1 to 32 bytes in hexadecimal")
        return
    ssid = found.get("SSID")
    if not isinstance(ssid, str):
        return
    octets = ssid.encode("utf-8", "surrogatepass")
    if hexadecimal:
        if octets != bytes.fromhex(hexadecimal):
            judge.say("020", f"{where}.SSID", "says something else than HexSSID, which wins")
    elif not 1 <= len(octets) <= 32:
        judge.say("018", f"{where}.SSID", f"{len(octets)} bytes; an SSID has 1 to 32")


def ethernet(judge: Judge, where: str, found: Object) -> None:
    """Rule 022."""
    authentication = found.get("Authentication", "None")
    if authentication not in {"None", "8021X"}:
        judge.say("022", f"{where}.Authentication", "neither None nor 8021X")
    if authentication == "8021X" and "EAP" not in found:
        judge.say("022", f"{where}.EAP", "missing, although Authentication is 8021X")


def proxy(judge: Judge, where: str, found: Object) -> None:
    """Rule 035: the Type and its companion."""
    kind = text(found, "Type")
    if kind not in {"Direct", "Manual", "PAC", "WPAD"}:
        judge.say("035", f"{where}.Type", "not one of Direct, Manual, PAC, WPAD")
    if kind in {"Manual", "PAC"} and kind not in found:
        judge.say("035", f"{where}.{kind}", f"missing, although Type is {kind}")


def proxy_location(judge: Judge, where: str, found: Object) -> None:
    """Rule 035: host and port."""
    for name in ("Host", "Port"):
        if name not in found:
            judge.say("035", f"{where}.{name}", "missing")


def global_configuration(judge: Judge, where: str, found: Object) -> None:
    """Rules 006, 036 and 037."""
    if judge.mode is Mode.IMPORT:
        judge.say("006", where, "the whole file is refused", "remove it, or send the file as a policy")
        return
    for name in found:
        if name in DEVICE_ONLY and judge.mode is not Mode.DEVICE_POLICY:
            judge.say("036", f"{where}.{name}", "only device policy may say this")
    for name in strings(found, "DisableNetworkTypes"):
        if name not in NETWORK_TYPES:
            judge.say("037", f"{where}.DisableNetworkTypes", f"{name} is not one of {_listed(NETWORK_TYPES)}")


def _listed(values: frozenset[str]) -> str:
    return ", ".join(sorted(values))
