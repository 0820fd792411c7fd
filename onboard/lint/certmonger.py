"""Judges certmonger enrolment scripts: settings, the root they pin, how they pass the challenge."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from urllib.parse import urlsplit

from onboard.errors import Finding, PkiError
from onboard.lint.report import Report
from onboard.pki import load_pem

_BEGIN = "# --- settings:"
_END = "# --- end of settings"
_SETTINGS = (
    "organization",
    "group",
    "scep_url",
    "root_sha256",
    "challenge",
    "subject",
    "email",
    "dns",
    "key_bits",
    "extended_key_usage",
    "folder",
)
_MAY_BE_EMPTY = frozenset({"email", "dns"})
_CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
_HEREDOC = re.compile(r"^cat >\"\$folder\"/'root\.pem' <<'END'\n(.*?)^END$", re.MULTILINE | re.DOTALL)
_ON_COMMAND_LINE = re.compile(r"\s(-L|--challenge-password)[\s=]")


def recognises(content: bytes) -> bool:
    """Whether it is a shell script that calls getcert."""
    return content.startswith(b"#!/bin/sh\n") and b"getcert request" in content


def lint(path: str, content: bytes) -> tuple[Finding, ...]:
    """What would leave the computer without a certificate, or give the challenge away."""
    report = Report(path, "certmonger")
    try:
        text = content.decode("utf-8")
        settings = parse_settings(text)
    except ValueError as error:
        report.error("01", "settings", f"they cannot be read: {error}")
        return report.findings
    for name in _SETTINGS:
        if name not in settings or not (settings[name] or name in _MAY_BE_EMPTY):
            report.error("02", f"settings.{name}", "missing or empty")
    _judge_settings(report, settings)
    _judge_root(report, text, settings.get("root_sha256", ""))
    if "\nset -eu\n" not in text:
        report.error("08", "", "the script does not stop at the first failure (set -eu)")
    if _ON_COMMAND_LINE.search(text):
        report.error(
            "09", "", "the challenge is passed on a command line, where every user sees it", "use -l"
        )
    return report.findings


def parse_settings(text: str) -> Mapping[str, str]:
    """The `NAME='VALUE'` lines between the two marks, unquoted.

    Raises:
        ValueError: the marks are missing, or a line is anything but one assignment of one quoted word.
    """
    _, begin, rest = text.partition(f"\n{_BEGIN}")
    block, end, _ = rest.partition(f"\n{_END}")
    if not begin or not end:
        msg = "no lines that mark their beginning and end"
        raise ValueError(msg)
    settings: dict[str, str] = {}
    for line in block.split("\n")[1:]:
        name, equals, quoted = line.partition("=")
        words = shlex.split(quoted)
        if not equals or not re.fullmatch(r"[a-z_0-9]+", name) or len(words) != 1 or quoted[:1] != "'":
            msg = f"{name[:40]!r} is not one quoted value"
            raise ValueError(msg)
        settings[name] = words[0]
    return settings


def _judge_settings(report: Report, settings: Mapping[str, str]) -> None:
    url = urlsplit(settings.get("scep_url", ""))
    if url.scheme not in {"http", "https"} or not url.hostname:
        report.error("03", "settings.scep_url", "not an absolute http or https URL")
    if not re.fullmatch(r"[0-9a-f]{64}", settings.get("root_sha256", "")):
        report.error("04", "settings.root_sha256", "not 64 lower-case hexadecimal digits")
    if not re.match(r"(?:[A-Z]+|[0-9.]+)=.", settings.get("subject", "")):
        report.error("05", "settings.subject", "not a distinguished name")
    if settings.get("key_bits") not in {"2048", "3072", "4096"}:
        report.error("06", "settings.key_bits", "certmonger enrols RSA keys of 2048, 3072 or 4096 bits")
    if _CLIENT_AUTH not in settings.get("extended_key_usage", "").split():
        report.error("07", "settings.extended_key_usage", f"without clientAuth ({_CLIENT_AUTH})")


def _judge_root(report: Report, text: str, pinned: str) -> None:
    embedded = _HEREDOC.search(text)
    if embedded is None:
        report.error("10", "root.pem", "the script does not carry the root that it pins")
        return
    try:
        root = load_pem("root", embedded.group(1).encode(), "root.pem")
    except PkiError as error:
        report.error("10", "root.pem", str(error))
        return
    if root.sha256.hex() != pinned:
        report.error("11", "root.pem", "its SHA-256 is not the one that the settings pin")
