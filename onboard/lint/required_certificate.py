"""Judges RequiredClientCertificateForUser and ForDevice, by which a Chromebook asks for certificates.

Source: the policies' schemas and Chromium's `cert_provisioning_common.cc`, which ignores a profile that lacks
what it needs without a word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from onboard.errors import Finding
from onboard.lint.jsonfile import Json, JsonError, looks_like, parse
from onboard.lint.report import Report

_USER: Final = "RequiredClientCertificateForUser"
_DEVICE: Final = "RequiredClientCertificateForDevice"
_TEXTS: Final = ("cert_profile_id", "name", "policy_version")
_KEYS: Final = frozenset(
    {
        *_TEXTS,
        "key_algorithm",
        "renewal_period_seconds",
        "enable_remote_attestation_check",
        "protocol_version",
    }
)


def recognises(content: bytes) -> bool:
    """Whether it is one of the two policies."""
    return looks_like(content, _USER, _DEVICE)


def lint(path: str, content: bytes) -> tuple[Finding, ...]:
    """What Chromium would ignore or misread."""
    report = Report(path, "required-certificate")
    try:
        document = parse(content)
    except JsonError as error:
        report.error("01", "", f"this is not JSON: {error}")
        return report.findings
    for policy, profiles in document.items() if isinstance(document, dict) else ():
        if policy not in {_USER, _DEVICE}:
            report.error("02", policy, "no policy of this kind")
        elif not isinstance(profiles, list) or not profiles:
            report.error("03", policy, "not a list of profiles")
        else:
            for position, profile in enumerate(profiles):
                _judge(report, f"{policy}[{position}]", profile, for_user=policy == _USER)
    return report.findings


def _judge(report: Report, where: str, profile: Json, *, for_user: bool) -> None:
    if not isinstance(profile, Mapping):
        report.error("03", where, "not a profile")
        return
    for key in ("cert_profile_id", "policy_version"):
        if not profile.get(key):
            report.error("04", f"{where}.{key}", "missing: the profile is ignored")
    for key in _TEXTS:
        if not isinstance(profile.get(key, ""), str):
            report.error("05", f"{where}.{key}", "not text")
    for key in sorted(profile.keys() - _KEYS):
        report.error("06", f"{where}.{key}", "no field of a profile")
    _judge_values(report, where, profile, for_user=for_user)


def _judge_values(report: Report, where: str, profile: Mapping[str, Json], *, for_user: bool) -> None:
    if profile.get("key_algorithm") not in (("rsa",) if for_user else ("rsa", "ec")):
        report.error("07", f"{where}.key_algorithm", "not rsa (nor, for devices, ec)")
    if not _whole(profile.get("renewal_period_seconds", 0)):
        report.error("08", f"{where}.renewal_period_seconds", "not a whole number of seconds")
    elif not profile.get("renewal_period_seconds"):
        report.warning("09", f"{where}.renewal_period_seconds", "0: no renewal before the end")
    if not isinstance(profile.get("enable_remote_attestation_check", True), bool):
        report.error("10", f"{where}.enable_remote_attestation_check", "not true or false")
    if "protocol_version" in profile and (for_user or profile["protocol_version"] not in (1, 2)):
        report.error("11", f"{where}.protocol_version", "for devices only, 1 or 2; others are ignored")


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
