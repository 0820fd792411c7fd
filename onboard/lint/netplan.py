"""Judges netplan files with 802.1X: only the NetworkManager renderer can be told which server to believe."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from onboard.errors import Finding
from onboard.lint.report import Report
from onboard.lint.yamlfile import YamlError, parse

_TOP = re.compile(rb"^network:\s*$", re.MULTILINE)
_MEDIA = re.compile(rb"^\s+(wifis|ethernets):", re.MULTILINE)
_NAMES = ("802-1x.domain-match", "802-1x.domain-suffix-match", "802-1x.altsubject-matches")


def recognises(content: bytes) -> bool:
    """Whether it has netplan's top level and a medium."""
    return _TOP.search(content) is not None and _MEDIA.search(content) is not None


def lint(path: str, content: bytes) -> tuple[Finding, ...]:
    """What keeps the networks from working, or makes them unsafe."""
    report = Report(path, "netplan")
    try:
        document = parse(content)
    except YamlError as error:
        report.error("01", "", f"this is not plain YAML: {error}")
        return report.findings
    network = _child(_child(document, "network"), "")
    if network.get("renderer") != "NetworkManager":
        report.error("02", "network.renderer", "not NetworkManager: no other renderer pins the server's name")
    if network.get("version") != "2":
        report.error("03", "network.version", "not 2")
    for where, entry in _networks(network):
        _judge(report, where, entry)
    return report.findings


def _child(found: object, name: str) -> Mapping[str, object]:
    value = found.get(name) if name and isinstance(found, dict) else found
    return value if isinstance(value, dict) else {}


def _networks(network: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Everything that has an `auth`: access points, and wired definitions."""
    for card, definition in _child(network, "wifis").items():
        for ssid, entry in _child(definition, "access-points").items():
            yield f"network.wifis.{card}.access-points.{ssid}", _child(entry, "")
    for port, definition in _child(network, "ethernets").items():
        yield f"network.ethernets.{port}", _child(definition, "")


def _judge(report: Report, where: str, entry: Mapping[str, object]) -> None:
    auth = _child(entry, "auth")
    if auth.get("key-management") not in {"eap", "eap-sha256", "eap-suite-b-192", "802.1x"}:
        report.error("04", f"{where}.auth.key-management", "not 802.1X")
        return
    if auth.get("method") != "tls":
        report.error("05", f"{where}.auth.method", "not tls")
    for key in ("identity", "client-certificate", "client-key"):
        if not auth.get(key):
            report.error("06", f"{where}.auth.{key}", "missing")
    if not auth.get("ca-certificate"):
        report.error("07", f"{where}.auth.ca-certificate", "missing: any server would be believed")
    passed = _child(_child(entry, "networkmanager"), "passthrough")
    if not any(passed.get(name) for name in _NAMES):
        report.error(
            "08",
            f"{where}.networkmanager.passthrough",
            "no server name: any server of that CA would be believed",
            "pass 802-1x.domain-match through",
        )
    for key in ("password", "client-key-password"):
        if key in auth:
            report.error("09", f"{where}.auth.{key}", "a password has no place beside a certificate")
