"""The Windows files of the example org, and what lint says of a file: what tests of the rules begin with."""

from __future__ import annotations

from support.northwind import neutral, staff_plan

from onboard.lint import lint
from onboard.payloads.windows import build
from onboard.plan import GroupPlan


def windows_file(kind: str, plan: GroupPlan | None = None) -> str:
    """The one artifact of that kind; of the staff where no plan is given."""
    (artifact,) = [a for a in build(plan or staff_plan(), neutral) if a.kind == kind]
    return artifact.content.decode()


def rules(text: str) -> dict[str, set[str]]:
    """Number of each rule that speaks -> its severities."""
    found: dict[str, set[str]] = {}
    for finding in lint("f.xml", text.encode()):
        found.setdefault(finding.rule.removeprefix("windows-"), set()).add(finding.severity.value)
    return found
