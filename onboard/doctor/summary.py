"""The findings as people read them: a table of clients and checks, and a paragraph for each trouble."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from onboard.doctor.clients import CLIENTS
from onboard.doctor.finding import EVERY_CLIENT, Check, Finding, Outcome
from onboard.doctor.signs import sign

HEADERS = ("check", *(client.title for client in CLIENTS), "server")
_COLUMNS = (*(client.name for client in CLIENTS), EVERY_CLIENT)
_WORDS = {
    Outcome.FAILS: "fails",
    Outcome.UNSAFE: "unsafe",
    Outcome.RISK: "risk",
    Outcome.UNKNOWN: "?",
    Outcome.OK: "ok",
}
_WORST_FIRST = tuple(_WORDS)


def rows(findings: Sequence[Finding]) -> tuple[tuple[str, ...], ...]:
    """A row for each check that found anything, with the worst outcome for each client."""
    table = []
    for check in Check:
        mine = [finding for finding in findings if finding.check is check]
        if mine:
            table.append((check.value, *(_worst(f.outcome for f in mine if f.client == c) for c in _COLUMNS)))
    return tuple(table)


def paragraphs(findings: Iterable[Finding], *, everything: bool = False) -> tuple[str, ...]:
    """What is wrong, worst first; clients with the same trouble share a paragraph.

    Args:
        findings: of an examination.
        everything: also what is right.
    """
    merged: dict[tuple[Outcome, Check, str, str], list[str]] = {}
    for finding in findings:
        if finding.outcome is not Outcome.OK or (everything and finding.why):
            key = (finding.outcome, finding.check, finding.why, finding.cure)
            merged.setdefault(key, []).append(finding.client)
    ordered = sorted(merged.items(), key=lambda item: _WORST_FIRST.index(item[0][0]))
    return tuple(_paragraph(*key, clients) for key, clients in ordered)


def verdict(findings: Sequence[Finding]) -> str:
    """One sentence: who would fail."""
    failing = [t for t, name in zip(HEADERS[1:], _COLUMNS, strict=True) if _fails(findings, name)]
    unsafe = any(finding.outcome is Outcome.UNSAFE for finding in findings)
    if "server" in failing:
        sentence = "every client would fail"
    elif failing:
        sentence = f"{', '.join(failing)} would fail"
    else:
        sentence = "no client would fail"
    return f"{sentence}; the server does what no server may" if unsafe else sentence


def _fails(findings: Iterable[Finding], name: str) -> bool:
    return any(f.client == name and f.outcome is Outcome.FAILS for f in findings)


def _worst(outcomes: Iterable[Outcome]) -> str:
    found = sorted(outcomes, key=_WORST_FIRST.index)
    return _WORDS[found[0]] if found else "-"


def _paragraph(outcome: Outcome, check: Check, why: str, cure: str, clients: Sequence[str]) -> str:
    lines = [f"{outcome.value}: {check.value}: {', '.join(dict.fromkeys(clients))}", f"  {why}"]
    signs = {client: sign(Finding(client=client, check=check, outcome=outcome)) for client in clients}
    lines += [f"  {client} shows: {shown}" for client, shown in signs.items() if shown]
    if cure and outcome is not Outcome.OK:
        lines.append(f"  change: {cure}")
    return "\n".join(lines)
