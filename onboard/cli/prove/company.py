"""The org as rehearsals take it, for the commands that play devices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from onboard.cli.keys import site_of
from onboard.cli.session import Session, parse_values
from onboard.cli.terminal import console

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.rehearse.organization import Company


def company(
    session: Session,
    line: console.Progress,
    *,
    key_passphrase: str | None,
    values: Sequence[str] | None,
    live: bool,
) -> Company:
    """The org with its keys and challenges; `line` shows each device that was played.

    Raises:
        OnboardError: a value, the passphrase or a challenge is not to be had.
    """
    from onboard.rehearse.organization import Company

    return Company(
        site=site_of(session, key_passphrase),
        challenges=session.static_challenges(),
        values=parse_values(values),
        live=live,
        progress=lambda row: line.step(f"{row.group}, {row.platform}, {row.network}"),
    )
