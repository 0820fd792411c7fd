"""`onboard check`: every mistake of the org definition in one run."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from onboard.cli.options import ORG_DEFAULT, Format, Org, Output
from onboard.cli.terminal import console
from onboard.errors import Mistake, Severity
from onboard.model import Organization, Platform

# No mistake: the profile installs all the same, and an MDM's profile never shows it.
_NOT_VERIFIED = (
    "iOS will show profiles that people install themselves as 'Not Verified'; to avoid that, name the"
    " certificate and key of a public CA under `signing:`"
)


def command(
    org: Org = ORG_DEFAULT,
    output: Output = Format.TEXT,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings too.")] = False,
) -> None:
    """Report every mistake of the org definition, with its line and what would be right."""
    from onboard.orgfile import check

    organization, mistakes = check(org, os.environ)
    if output is Format.JSON:
        console.data_json([_as_json(mistake) for mistake in mistakes])
    else:
        for mistake in mistakes:
            console.mistake(mistake, as_data=True)
        _summary(organization, mistakes)
    errors = [m for m in mistakes if strict or m.severity is Severity.ERROR]
    if errors:
        raise typer.Exit(1)


def _as_json(mistake: Mistake) -> dict[str, object]:
    return {
        "path": mistake.place.path,
        "line": mistake.place.line,
        "column": mistake.place.column,
        "where": mistake.place.where,
        "message": mistake.message,
        "hint": mistake.hint,
        "severity": mistake.severity.value,
    }


def _summary(organization: Organization | None, mistakes: tuple[Mistake, ...]) -> None:
    errors = sum(m.severity is Severity.ERROR for m in mistakes)
    warnings = len(mistakes) - errors
    if organization is None or errors:
        console.note(f"{console.count(errors, 'mistake')}, {console.count(warnings, 'warning')}")
        return
    parts = ", ".join(
        console.count(len(things), word)
        for things, word in (
            (organization.groups, "group"),
            (organization.networks, "network"),
            (organization.authorities, "authority"),
        )
    )
    console.note(f"{organization.name}: {parts}; no mistakes, {console.count(warnings, 'warning')}")
    if organization.signing is None and any(Platform.APPLE in g.platforms for g in organization.groups):
        console.note(_NOT_VERIFIED)
