"""Judges the sheet for certificate provisioning: references that the adapter finds, names for Google."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from onboard.errors import Finding
from onboard.lint import sheet_certificates
from onboard.lint.report import Report
from onboard.lint.yamlfile import YamlError, parse

_MARK: Final = b"sheet: chrome-provisioning"
_SECTIONS: Final = ("ca_connection", "profile", "adapter", "issued")
_REFERENCE: Final = "Adapter configuration reference"
_SCOPE: Final = "https://www.googleapis.com/auth/chrome.management.certprov.provisioningprocess"
# https://cloud.google.com/pubsub/docs/pubsub-basics, "Resource names"; PROJECT stands for the reader's own.
_NAME: Final = r"projects/[a-zA-Z][a-zA-Z0-9:.-]{5,60}/%s/(?!goog)[A-Za-z][A-Za-z0-9._~+%%-]{2,254}"
_TOPIC: Final = re.compile(_NAME % "topics")
_SUBSCRIPTION: Final = re.compile(_NAME % "subscriptions")


def recognises(content: bytes) -> bool:
    """Whether one of its lines says so."""
    return _MARK in content.splitlines()


def lint(path: str, content: bytes) -> tuple[Finding, ...]:
    """What the console or the adapter could not use."""
    report = Report(path, "provisioning-sheet")
    try:
        sheet = parse(content)
    except YamlError as error:
        report.error("01", "", f"this is not plain YAML: {error}")
        return report.findings
    whole = sheet if isinstance(sheet, dict) else {}
    for name in _SECTIONS:
        if not isinstance(whole.get(name), dict):
            report.error("02", name, "missing")
    if report.findings:
        return report.findings
    _judge_connection(report, whole["ca_connection"])
    _judge_profile(report, whole["profile"], whole.get("group"))
    _judge_adapter(report, whole["adapter"])
    sheet_certificates.judge(
        report,
        whole.get("certificates"),
        whole["issued"].get("by"),
        where="issued.by",
        rules=("11", "12", "13", "14"),
    )
    return report.findings


def _judge_connection(report: Report, connection: Mapping[str, object]) -> None:
    if not re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", str(connection.get(_REFERENCE))):
        report.error("03", f"ca_connection.{_REFERENCE}", "not the identifier of an organization")
    if not _TOPIC.fullmatch(str(connection.get("Pub/Sub topic"))):
        report.error("04", "ca_connection.Pub/Sub topic", "not like projects/PROJECT/topics/NAME")


def _judge_profile(report: Report, profile: Mapping[str, object], group: object) -> None:
    if not group or profile.get(_REFERENCE) != group:
        report.error("05", f"profile.{_REFERENCE}", "not the group: the adapter would refuse every device")
    if profile.get("Applies to") not in {"Users", "Devices"}:
        report.error("06", "profile.Applies to", "not Users or Devices")
    if profile.get("Key type") != "RSA":
        report.error("07", "profile.Key type", "not RSA: no group takes other keys")
    if not str(profile.get("Renew before expiry (days)", "")).isdigit():
        report.error("08", "profile.Renew before expiry (days)", "not a whole number")


def _judge_adapter(report: Report, adapter: Mapping[str, object]) -> None:
    subscription = str(adapter.get("subscription"))
    if not _SUBSCRIPTION.fullmatch(subscription):
        report.error("09", "adapter.subscription", "not like projects/PROJECT/subscriptions/NAME")
    elif f"--subscription {subscription} " not in f"{adapter.get('command')} ":
        report.error("09", "adapter.command", "does not listen to the subscription")
    if adapter.get("scope") != _SCOPE:
        report.error("10", "adapter.scope", f"not {_SCOPE}")
