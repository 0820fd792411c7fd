"""What most commands begin with: the org definition read, mistakes shown, secrets resolved, folders found."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from onboard.cli import console
from onboard.errors import OnboardError, Severity
from onboard.model import Group, Organization
from onboard.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """An org definition and the folders around it."""

    organization: Organization
    org: Path
    state: Path

    @property
    def folder(self) -> Path:
        """The folder of the org file; `pki/` and file: references are in it."""
        return self.org.parent

    def groups(self, names: Sequence[str] | None) -> tuple[Group, ...]:
        """The named groups, or all.

        Raises:
            OnboardError: there is no group of that name.
        """
        known = {group.name: group for group in self.organization.groups}
        unknown = [name for name in names or () if name not in known]
        if unknown:
            msg = f"{self.org} has no group called {', '.join(map(repr, unknown))}"
            raise OnboardError(msg, hint=f"its groups are {', '.join(known)}")
        return tuple(known[name] for name in names) if names else self.organization.groups

    def static_challenge(self, group: Group) -> Secret | None:
        """The group's static challenge, resolved now; None for other types."""
        from onboard.orgfile import resolve

        if group.challenge.secret is None:
            return None
        return resolve(group.challenge.secret, os.environ, self.folder)


def state_folder(org: Path, state: Path | None) -> Path:
    """Where keys and records are: `--state`, `$ONBOARD_STATE`, or `.onboard` beside the org file."""
    return state if state is not None else org.parent / ".onboard"


def open_session(org: Path, state: Path | None = None) -> Session:
    """Read the org definition; warnings go to stderr.

    Raises:
        OrgFileError: the file has mistakes.
    """
    from onboard.orgfile import load

    organization = load(org)
    return Session(organization=organization, org=org, state=state_folder(org, state))


def parse_values(assignments: Sequence[str] | None) -> Mapping[str, str]:
    """`--set VARIABLE=VALUE` options as a mapping.

    Raises:
        OnboardError: an option has no '=' or names no variable.
    """
    from onboard.variables import VARIABLES

    values: dict[str, str] = {}
    for assignment in assignments or ():
        name, separator, value = assignment.partition("=")
        if not separator or name not in VARIABLES:
            msg = f"--set {name}: a variable and its value are wanted, as in device.serial=C02XK0AAJGH5"
            raise OnboardError(msg, hint=f"variables are {', '.join(VARIABLES)}")
        values[name] = value
    return values


def warn_all(session: Session) -> None:
    """Show the warnings of a file that is good enough to work with."""
    from onboard.orgfile import check

    _, mistakes = check(session.org, os.environ)
    for mistake in mistakes:
        if mistake.severity is Severity.WARNING:
            console.warn(str(mistake))
