"""Judges the sheet for Google's "Secure SCEP" form: complete, consistent, of a kind the server grants."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from onboard.errors import Finding
from onboard.lint import sheet_certificates
from onboard.lint.report import Report
from onboard.lint.yamlfile import YamlError, parse

_MARK = b"sheet: chrome-scep-profile"
FIELDS = (
    "Device platforms",
    "SCEP profile name",
    "Subject name format",
    "Subject alternative name",
    "Signing algorithm",
    "Key usage",
    "Key size (bits)",
    "Security",
    "SCEP server URL",
    "Certificate validity period (years)",
    "Renew within days",
    "Extended key usage",
    "Challenge type",
    "Challenge",
    "Template name",
    "Certificate authority",
    "Network type this profile applies to",
)
_PLATFORMS = ("Chromebook (user)", "Chromebook (device)")


def recognises(content: bytes) -> bool:
    """Whether one of its lines says so."""
    return _MARK in content.splitlines()


def lint(path: str, content: bytes) -> tuple[Finding, ...]:
    """What an administrator could not type, or the server would refuse."""
    report = Report(path, "scep-sheet")
    try:
        sheet = parse(content)
    except YamlError as error:
        report.error("01", "", f"this is not plain YAML: {error}")
        return report.findings
    form = sheet.get("form") if isinstance(sheet, dict) else None
    if not isinstance(form, dict) or not isinstance(sheet, dict):
        report.error("02", "form", "missing")
        return report.findings
    for field in FIELDS:
        if not form.get(field):
            report.error("03", f"form.{field}", "missing or empty")
    if not form.get("Common name"):
        report.warning("16", "form.Common name", "missing: the form demands one, so the sheet cannot be used")
    _judge_form(report, form)
    sheet_certificates.judge(
        report,
        sheet.get("certificates"),
        form.get("Certificate authority"),
        where="form.Certificate authority",
        rules=("12", "13", "14", "15"),
    )
    if not sheet.get("notices"):
        report.error("04", "notices", "missing: the sheet must say that the interface it is for is ending")
    return report.findings


def _judge_form(report: Report, form: Mapping[str, object]) -> None:
    if form.get("Device platforms") not in _PLATFORMS:
        report.error("05", "form.Device platforms", f"not one of {', '.join(_PLATFORMS)}")
    url = urlsplit(str(form.get("SCEP server URL", "")))
    if url.scheme not in {"http", "https"} or not url.hostname:
        report.error("06", "form.SCEP server URL", "not an absolute http or https URL")
    if form.get("Key size (bits)") not in {"2048", "4096"}:
        report.error("07", "form.Key size (bits)", "not 2048 or 4096")
    if form.get("Challenge type") != "Static":
        report.error("08", "form.Challenge type", "the connector takes static challenges from other servers")
    usages = form.get("Key usage")
    if not isinstance(usages, list) or set(usages) != {"Key encipherment", "Signing"}:
        report.error("09", "form.Key usage", "must be Key encipherment and Signing")
    if form.get("Signing algorithm") != "SHA256withRSA":
        report.error("10", "form.Signing algorithm", "not SHA256withRSA")
    for field in ("Certificate validity period (years)", "Renew within days"):
        if not str(form.get(field, "")).isdigit():
            report.error("11", f"form.{field}", "not a whole number")
