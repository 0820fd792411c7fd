"""`onboard lint`: judges a payload at rest, whoever made it, by the rules of its own format.

Each format has its room: `lint/apple`, `lint/windows`, `lint/onc`. A room offers two functions, `recognises`
and `lint`, and has one line in `FORMATS`. Rule ids begin with the room's name: `apple-E06`, `windows-09`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from onboard.errors import Finding, Severity
from onboard.lint import (
    amapi,
    apple,
    certmonger,
    chrome_policy,
    declaration,
    eap_config,
    instructions,
    intune,
    keyfile,
    netplan,
    onc,
    provisioning_sheet,
    required_certificate,
    scep_page,
    scep_sheet,
    windows,
    wpa_supplicant,
)
from onboard.lint.windows import script as windows_script


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A file format and who judges it; no function raises, whatever the bytes."""

    name: str  # as people say it: "Apple mobileconfig"
    recognises: Callable[[bytes], bool]  # cheap, by content alone
    lint: Callable[[str, bytes], tuple[Finding, ...]]  # path for the findings, content
    # What only the clock tells (aware UTC): expired certificates, past dates. None where nothing does.
    lint_at: Callable[[str, bytes, datetime], tuple[Finding, ...]] | None = None


FORMATS: tuple[Format, ...] = (
    Format(name="Apple mobileconfig", recognises=apple.recognises, lint=apple.lint, lint_at=apple.lint_at),
    Format(name="Apple declaration", recognises=declaration.recognises, lint=declaration.lint),
    Format(name="ONC", recognises=onc.recognises, lint=onc.lint, lint_at=onc.lint_at),
    Format(name="Chrome Policy requests", recognises=chrome_policy.recognises, lint=chrome_policy.lint),
    Format(name="Chrome SCEP sheet", recognises=scep_sheet.recognises, lint=scep_sheet.lint),
    Format(
        name="Chrome provisioning sheet",
        recognises=provisioning_sheet.recognises,
        lint=provisioning_sheet.lint,
    ),
    Format(
        name="Chrome enrolment policy",
        recognises=required_certificate.recognises,
        lint=required_certificate.lint,
    ),
    Format(name="Chrome SCEP page", recognises=scep_page.recognises, lint=scep_page.lint),
    Format(name="Android Management API networks", recognises=amapi.recognises, lint=amapi.lint),
    Format(name="eap-config", recognises=eap_config.recognises, lint=eap_config.lint),
    Format(name="certmonger script", recognises=certmonger.recognises, lint=certmonger.lint),
    Format(name="NetworkManager or iwd profile", recognises=keyfile.recognises, lint=keyfile.lint),
    Format(name="instructions", recognises=instructions.recognises, lint=instructions.lint),
    Format(name="Intune bundle", recognises=intune.recognises, lint=intune.lint),
    Format(name="PowerShell script", recognises=windows_script.recognises, lint=windows_script.lint),
    Format(name="Windows profile or SyncML", recognises=windows.recognises, lint=windows.lint),
    Format(name="netplan", recognises=netplan.recognises, lint=netplan.lint),
    Format(name="wpa_supplicant", recognises=wpa_supplicant.recognises, lint=wpa_supplicant.lint),
)


def is_known(content: bytes) -> bool:
    """Whether some format recognises a file."""
    return any(known.recognises(content) for known in FORMATS)


def lint(path: str, content: bytes, *, now: datetime | None = None) -> tuple[Finding, ...]:
    """What is wrong with a payload, by the rules of the format its content shows; empty when it is good.

    Args:
        path: the file's name, for the findings only; the format is told by the content.
        content: the whole file.
        now: aware UTC; adds what only the clock tells. Without it the same bytes give the same findings.

    Returns:
        Findings in the order of the format's rules. A file of no known format is one error, `lint-01`.
    """
    for known in FORMATS:
        if known.recognises(content):
            dated = known.lint_at(path, content, now) if known.lint_at and now else ()
            return (*known.lint(path, content), *dated)
    return (
        Finding(
            path=path,
            where="",
            rule="lint-01",
            severity=Severity.ERROR,
            message="this is no payload that onboard knows" if content else "the file is empty",
            hint=f"known formats: {', '.join(known.name for known in FORMATS)}",
        ),
    )
