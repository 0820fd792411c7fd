"""Collects what the rules of one format say about one file."""

from __future__ import annotations

from onboard.errors import Finding, Severity


class Report:
    """Findings of one file, in the order in which they were made."""

    def __init__(self, path: str, room: str) -> None:
        self._path = path
        self._room = room
        self._findings: list[Finding] = []

    def error(self, rule: str, where: str, message: str, hint: str = "") -> None:
        """A client refuses the file, or it is unsafe to use; `rule` is the id without the room's name."""
        self._add(rule, where, Severity.ERROR, message, hint)

    def warning(self, rule: str, where: str, message: str, hint: str = "") -> None:
        """It works, but not as well as it could."""
        self._add(rule, where, Severity.WARNING, message, hint)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything said so far."""
        return tuple(self._findings)

    def _add(self, rule: str, where: str, severity: Severity, message: str, hint: str) -> None:
        self._findings.append(
            Finding(
                path=self._path,
                where=where,
                rule=f"{self._room}-{rule}",
                severity=severity,
                message=message,
                hint=hint,
            )
        )
