"""Judges GLib key files: NetworkManager connection profiles and iwd network files with 802.1X.

Rule ids: `keyfile-01` to `-06` hold for both, `networkmanager-..` and `iwd-..` for one.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping

from onboard.errors import Finding
from onboard.lint.report import Report

_UNESCAPED = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\", ";": ";"}
_BLANKS = " \t\r"  # what GLib strips; other white space belongs to the value
_GROUP = re.compile(r"\[([^\[\]\x00-\x1f]+)\]")


def recognises(content: bytes) -> bool:
    """Whether this looks like a profile of one of the two."""
    return re.search(rb"^\[(connection|Security)\]\s*$", content, re.MULTILINE) is not None


def lint(path: str, content: bytes) -> tuple[Finding, ...]:
    """What keeps the profile from working, or makes it unsafe."""
    try:
        groups = parse(content.decode("utf-8"))
    except (UnicodeDecodeError, KeyfileError) as error:
        report = Report(path, "keyfile")
        report.error("01", "", f"this is not a key file: {error}")
        return report.findings
    if "connection" in groups:
        return _networkmanager(path, groups)
    return _iwd(path, groups)


class KeyfileError(ValueError):
    """Not a GLib key file; the message names the line."""


def parse(text: str) -> Mapping[str, Mapping[str, str]]:
    """Groups of values, escapes resolved.

    Raises:
        KeyfileError: a line is neither a group, a `key=value`, a comment nor empty; or a key occurs twice.
    """
    groups: dict[str, dict[str, str]] = {}
    current: dict[str, str] | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip(_BLANKS) or line.lstrip(_BLANKS).startswith("#"):
            continue
        if head := _GROUP.fullmatch(line.strip(_BLANKS)):
            current = groups.setdefault(head.group(1), {})
            continue
        key, equals, value = line.partition("=")
        key = key.strip(_BLANKS)
        if current is None or not equals or not key:
            msg = f"line {number} is no `key=value` of a group"
            raise KeyfileError(msg)
        if key in current:
            msg = f"line {number} gives {key!r} a second time"
            raise KeyfileError(msg)
        current[key] = _unescape(value.lstrip(_BLANKS), number)
    return groups


def _unescape(value: str, number: int) -> str:
    def one(match: re.Match[str]) -> str:
        try:
            return _UNESCAPED[match.group(1)]
        except KeyError:
            msg = f"line {number} has the unknown escape \\{match.group(1)}"
            raise KeyfileError(msg) from None

    return re.sub(r"\\(.?)", one, value)


def _networkmanager(path: str, groups: Mapping[str, Mapping[str, str]]) -> tuple[Finding, ...]:
    report = Report(path, "networkmanager")
    connection = groups["connection"]
    eap = groups.get("802-1x", {})
    kind = connection.get("type", "")
    if not _is_uuid(connection.get("uuid", "")):
        report.error("01", "connection.uuid", "missing or no UUID: each installation would be a new profile")
    if not connection.get("id"):
        report.error("02", "connection.id", "missing")
    if kind in {"wifi", "802-11-wireless"}:
        _wifi(report, groups)
    elif kind not in {"ethernet", "802-3-ethernet"}:
        report.error("03", "connection.type", f"{kind!r} is neither wifi nor ethernet")
    if "802-1x" not in groups:
        report.error("04", "802-1x", "missing: the network would be joined without a certificate")
        return report.findings
    if "tls" not in eap.get("eap", "").split(";"):
        report.error("05", "802-1x.eap", "not tls")
    for key in ("identity", "client-cert", "private-key"):
        if not eap.get(key):
            report.error("06", f"802-1x.{key}", "missing: NetworkManager refuses a TLS profile without it")
    _server_trust(report, eap)
    return report.findings


def _wifi(report: Report, groups: Mapping[str, Mapping[str, str]]) -> None:
    if not groups.get("wifi", {}).get("ssid"):
        report.error("07", "wifi.ssid", "missing")
    management = groups.get("wifi-security", {}).get("key-mgmt", "")
    if management not in {"wpa-eap", "wpa-eap-suite-b-192"}:
        report.error("08", "wifi-security.key-mgmt", f"{management!r} is not WPA-Enterprise")
    if management == "wpa-eap-suite-b-192" and groups["wifi-security"].get("pmf") != "3":
        report.error("09", "wifi-security.pmf", "WPA3-Enterprise 192-bit requires protected frames (3)")


def _server_trust(report: Report, eap: Mapping[str, str]) -> None:
    if eap.get("ca-path"):
        report.error("10", "802-1x.ca-path", "profiles with a folder of roots fail since 1.60", "use ca-cert")
    if eap.get("system-ca-certs") == "true":
        report.error("11", "802-1x.system-ca-certs", "any public CA could vouch for the server")
    if not eap.get("ca-cert"):
        report.error("12", "802-1x.ca-cert", "missing: any server would be believed")
    names = ("domain-match", "domain-suffix-match", "altsubject-matches")
    if not any(eap.get(name) for name in names):
        report.error(
            "13", "802-1x", "no server name: any server of that CA would be believed", "set domain-match"
        )
    if eap.get("subject-match"):
        report.warning("14", "802-1x.subject-match", "matches a part of the subject; use domain-match")
    if eap.get("private-key-password"):
        report.warning("15", "802-1x.private-key-password", "a password in the profile protects nothing")


def _iwd(path: str, groups: Mapping[str, Mapping[str, str]]) -> tuple[Finding, ...]:
    report = Report(path, "iwd")
    security = groups.get("Security", {})
    if security.get("EAP-Method") != "TLS":
        report.error("01", "Security.EAP-Method", "not TLS")
    for key in ("EAP-Identity", "EAP-TLS-ClientCert", "EAP-TLS-ClientKey"):
        if not security.get(key):
            report.error("02", f"Security.{key}", "missing")
    if not security.get("EAP-TLS-CACert"):
        report.error("03", "Security.EAP-TLS-CACert", "missing: any server would be believed")
    if not security.get("EAP-TLS-ServerDomainMask"):
        report.error("04", "Security.EAP-TLS-ServerDomainMask", "missing: any server of that CA is believed")
    if groups.get("Settings", {}).get("AutoConnect", "true") != "true":
        report.warning("05", "Settings.AutoConnect", "the network is not joined by itself")
    return report.findings


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
