"""Judges wpa_supplicant configurations: each network must pin the server and offer a certificate."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from onboard.errors import Finding
from onboard.lint.report import Report

_NETWORK = re.compile(rb"^\s*network\s*=\s*\{", re.MULTILINE)
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
_PASSPHRASES = ("psk", "password", "wep_key0")


def recognises(content: bytes) -> bool:
    """Whether it has a network block."""
    return _NETWORK.search(content) is not None


def lint(path: str, content: bytes) -> tuple[Finding, ...]:
    """What keeps the networks from working, or makes them unsafe."""
    report = Report(path, "wpa-supplicant")
    try:
        networks = tuple(_networks(content.decode("utf-8")))
    except ValueError as error:
        report.error("01", "", f"this is not a wpa_supplicant configuration: {error}")
        return report.findings
    for position, network in enumerate(networks):
        _judge(report, f"network[{position}]", network)
    return report.findings


def _networks(text: str) -> Iterator[Mapping[str, str]]:
    current: dict[str, str] | None = None
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if re.fullmatch(r"network\s*=\s*\{", line):
            current = {}
        elif line == "}" and current is not None:
            yield current
            current = None
        elif "=" in line:
            if current is not None:
                key, _, value = line.partition("=")
                current[key.strip()] = value.strip()
        else:
            msg = f"line {number} is no `key=value`"
            raise ValueError(msg)
    if current is not None:
        msg = "the last network block is not closed"
        raise ValueError(msg)


def _judge(report: Report, where: str, network: Mapping[str, str]) -> None:
    management = network.get("key_mgmt", "").split()
    wired = management == ["IEEE8021X"]
    if not wired and not any(word.startswith("WPA-EAP") for word in management):
        report.error("02", f"{where}.key_mgmt", "neither WPA-Enterprise nor 802.1X on the wire")
        return
    if not wired:
        _radio(report, where, network)
    if network.get("eap", "").split() != ["TLS"]:
        report.error("04", f"{where}.eap", "not TLS alone")
    for key in ("identity", "client_cert", "private_key"):
        if not _text(network.get(key, "")):
            report.error("05", f"{where}.{key}", "missing or malformed")
    if not _text(network.get("ca_cert", "")):
        report.error("06", f"{where}.ca_cert", "missing: any server would be believed")
    names = ("domain_match", "domain_suffix_match", "altsubject_match")
    if not any(_text(network.get(name, "")) for name in names):
        report.error("07", where, "no server name: any server of that CA would be believed")
    for key in _PASSPHRASES:
        if key in network:
            report.error("08", f"{where}.{key}", "a shared secret has no place beside a certificate")


def _radio(report: Report, where: str, network: Mapping[str, str]) -> None:
    if not _text(network.get("ssid", "")):
        report.error("03", f"{where}.ssid", "missing or malformed")
    if "WPA-EAP-SUITE-B-192" in network["key_mgmt"].split() and network.get("ieee80211w") != "2":
        report.error("09", f"{where}.ieee80211w", "192-bit security requires protected frames (2)")


def _text(value: str) -> str:
    """The text of a field, between double quotes or as hexadecimal bytes; empty when malformed."""
    if len(value) > 2 and value.startswith('"') and value.endswith('"'):
        return value[1:-1]
    return bytes.fromhex(value).decode("utf-8", "replace") if _HEX.fullmatch(value) else ""
