"""Judges instructions for people: text in UTF-8 in which nothing was left unfilled."""

from __future__ import annotations

import re

from onboard.errors import Finding
from onboard.lint.report import Report

_MARK = b"<!-- onboard instructions -->"
_UNFILLED = re.compile(r"\$\{[^{}\n]*\}|\{\{[^{}\n]*\}\}|\{%[^\n]*%\}")


def recognises(content: bytes) -> bool:
    """Whether this is a text that begins with our mark."""
    return content.startswith(_MARK)


def lint(path: str, content: bytes) -> tuple[Finding, ...]:
    """Findings by line; never raises."""
    report = Report(path, "instructions")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        report.error("02", f"byte {error.start}", "it is not UTF-8")
        return report.findings
    for number, line in enumerate(text.split("\n"), start=1):
        if match := _UNFILLED.search(line):
            report.error("01", f"line {number}", f"{match[0]} was not filled in")
    return report.findings
