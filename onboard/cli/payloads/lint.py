"""`onboard lint`: judge payloads that anyone made."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from onboard.cli.options import Format, Output
from onboard.cli.terminal import console
from onboard.errors import Finding, OnboardError, Severity

_LIMIT = 16 * 1024 * 1024  # bytes; no client takes a payload of this size


class OncLevel(enum.StrEnum):
    """Where a Chromebook's network file goes."""

    DEVICE = "device"
    USER = "user"
    IMPORT = "import"


Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILE...", readable=False, help="Payloads of any platform, or folders of them."),
]
Level = Annotated[
    OncLevel | None,
    typer.Option(
        "--onc-level",
        help="Judge ONC as device policy, user policy or import by hand; default: as its content says.",
    ),
]


def command(
    files: Files,
    onc_level: Level = None,
    output: Output = Format.TEXT,
) -> None:
    """Judge payloads that anyone made: mobileconfig, WLAN and LAN XML, SyncML, ONC and more.

    Each finding has a rule, a place and a reason; what the clock tells (expired certificates, past dates) is
    among them. Certificates of RADIUS servers and CAs (PEM or DER) beside Apple profiles are not judged
    themselves: profiles are held against them, and an edition of a profile against the one before it. In a
    folder, files of no known format are left out. Exit code 1 if there is an error.
    """
    from onboard.lint import apple, is_known
    from onboard.lint.apple import lint_together
    from onboard.lint.apple.together import read_certificates

    payloads = dict(_payloads(files))
    # A script that carries certificates is a payload, no certificate of somebody's.
    beside = {
        path for path, content in payloads.items() if not is_known(content) and read_certificates(content)
    }
    judged = {path: content for path, content in payloads.items() if path not in beside}
    findings = [f for path, content in judged.items() for f in _judge(path, content, onc_level)]
    together = [(path, c) for path, c in payloads.items() if path in beside or apple.recognises(c)]
    findings += lint_together(together, datetime.now(UTC))
    if output is Format.JSON:
        console.data_json([_as_json(finding) for finding in findings])
    else:
        for finding in findings:
            console.prose(_as_text(finding))
        errors = sum(finding.severity is Severity.ERROR for finding in findings)
        console.note(
            f"{console.count(len(payloads), 'file')}, {console.count(errors, 'error')},"
            f" {console.count(len(findings) - errors, 'warning')}"
        )
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(1)


def _payloads(paths: list[Path]) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file; of folders, those of a known format, in the order of their names."""
    from onboard.lint import is_known

    for path in paths:
        if not path.is_dir():
            yield str(path), read_payload(path)
            continue
        inside = [(str(file), read_payload(file)) for file in sorted(path.rglob("*")) if file.is_file()]
        found = [(name, content) for name, content in inside if is_known(content)]
        if not found:
            msg = f"{path} holds no payload that onboard knows"
            raise OnboardError(msg)
        yield from found


def _judge(path: str, content: bytes, onc_level: OncLevel | None) -> tuple[Finding, ...]:
    from onboard.lint import lint, onc

    now = datetime.now(UTC)
    if onc_level is None or not onc.recognises(content):
        return lint(path, content, now=now)
    modes = {
        OncLevel.DEVICE: onc.Mode.DEVICE_POLICY,
        OncLevel.USER: onc.Mode.USER_POLICY,
        OncLevel.IMPORT: onc.Mode.IMPORT,
    }
    return (*onc.validate(path, content, modes[onc_level]), *onc.lint_at(path, content, now))


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
