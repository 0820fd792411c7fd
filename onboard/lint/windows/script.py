"""Judges PowerShell scripts that enrol with CertEnroll's SCEP client: rules 21, 25, 41 and what is inside.

Rule 41 is our own: Windows PowerShell 5.1 reads a script without BOM in the code page of the machine, and
Intune refuses one with a BOM, so a script is ASCII. Profiles in verbatim here-strings are judged like files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from onboard.errors import Finding, Severity
from onboard.lint.windows.document import UnreadableError, read_node
from onboard.lint.windows.profile import profile
from onboard.lint.windows.schema import ROOTS

_HERE_STRING = re.compile(r"@'[ \t]*\r?\n(.*?)\r?\n'@", re.DOTALL)
_CHALLENGE = re.compile(
    r"^[ \t]*\$[\w.]*Challenge\w*\s*=\s*'((?:[^'\r\n]|'')*)'", re.IGNORECASE | re.MULTILINE
)
_UNPINNED = re.compile(
    r"\.Initialize\(\s*[^,()]+,\s*[^,()]+,\s*[^,()]+,\s*(?:''|\"\"|\[string\]::Empty)\s*\)", re.IGNORECASE
)


def recognises(content: bytes) -> bool:
    """Whether this script makes the SCEP client of Windows enrol; by the COM class that it names."""
    return b"X509Enrollment.CX509SCEPEnrollment" in content


def lint(path: str, content: bytes) -> tuple[Finding, ...]:
    """Findings in the order of the rules, then of the profiles inside; never raises."""
    return tuple(_judge(path, content))


def _judge(path: str, content: bytes) -> Iterator[Finding]:
    if not content.isascii():
        yield _error(path, "41", "the script is not plain ASCII", "write other characters as [char]0x..")
    text = content.decode("utf-8", "replace")
    for match in _CHALLENGE.finditer(text):
        if not re.fullmatch(r"[A-Za-z0-9 '()+,\-./:=?]*", match[1]):
            where = _line(text, match.start())
            yield replace(
                _error(path, "21", "some Windows clients refuse this challenge", "", where),
                severity=Severity.WARNING,
            )
    for match in _UNPINNED.finditer(text):
        where = _line(text, match.start())
        yield _error(path, "25", "no thumbprint of the root: any server may answer", "give its SHA-1", where)
    for match in _HERE_STRING.finditer(text):
        if match[1].lstrip().startswith("<"):
            yield from _inside(path, match[1], _line(text, match.start(1)))


def _inside(path: str, text: str, where: str) -> Iterator[Finding]:
    try:
        root = read_node(path, text, where)
    except UnreadableError as error:
        yield _error(path, "20", f"the XML inside cannot be read: {error}", "", where)
        return
    if root.name in ROOTS:
        yield from profile(root)


def _line(text: str, position: int) -> str:
    return f"line {text.count(chr(10), 0, position) + 1}"


def _error(path: str, rule: str, message: str, hint: str, where: str = "") -> Finding:
    return Finding(
        path=path, where=where, rule=f"windows-{rule}", severity=Severity.ERROR, message=message, hint=hint
    )
