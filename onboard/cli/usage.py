"""What was typed wrongly, where typer cannot see it."""

from __future__ import annotations

from onboard.errors import OnboardError

USAGE = 64  # sysexits.h EX_USAGE


class UsageError(OnboardError):
    """Options that do not go together, or a value of the wrong form."""

    exit_code = USAGE


class NotYetError(UsageError):
    """Something of the contract that this version does not have."""

    def __init__(self, what: str, *, hint: str) -> None:
        super().__init__(f"{what} is not available yet", hint=hint)
