"""`onboard lint`: judge payloads that anyone made."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from onboard.cli import console
from onboard.cli.options import Format, Output
from onboard.errors import Finding, OnboardError, Severity

_LIMIT = 16 * 1024 * 1024  # bytes; no client takes a payload of this size


def command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Payloads of any platform.")],
    output: Output = Format.TEXT,
) -> None:
    """Judge payloads that anyone made: mobileconfig, WLAN and LAN XML, SyncML, ONC and more.

    Each finding has a rule, a place and a reason; what the clock tells (expired certificates, past dates) is
    among them. Exit code 1 if there is an error.
    """
    from onboard.lint import lint

    now = datetime.now(UTC)
    findings = [f for path in files for f in lint(str(path), read_payload(path), now=now)]
    if output is Format.JSON:
        console.data_json([_as_json(finding) for finding in findings])
    else:
        for finding in findings:
            console.data(_as_text(finding))
        errors = sum(finding.severity is Severity.ERROR for finding in findings)
        console.note(f"{len(files)} files, {errors} errors, {len(findings) - errors} warnings")
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(1)


def read_payload(path: Path) -> bytes:
    """A payload file, of a size that a client would take.

    Raises:
        OnboardError: it cannot be read, or is too large.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LIMIT + 1)
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise OnboardError(msg) from error
    if len(content) > _LIMIT:
        msg = f"{path} is larger than {_LIMIT // 1024 // 1024} MiB, which no client takes"
        raise OnboardError(msg)
    return content


def _as_text(finding: Finding) -> str:
    where = f"{finding.path}: {finding.where}" if finding.where else finding.path
    text = f"{where}: {finding.severity.value}: {finding.message} [{finding.rule}]"
    return f"{text}\n  hint: {finding.hint}" if finding.hint else text


def _as_json(finding: Finding) -> dict[str, str]:
    return {
        "path": finding.path,
        "where": finding.where,
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "hint": finding.hint,
    }
