"""What was typed wrongly, where typer cannot see it."""

from __future__ import annotations

from onboard.errors import OnboardError

USAGE = 64  # sysexits.h EX_USAGE


class UsageError(OnboardError):
    """Options that do not go together, or a value of the wrong form."""

    exit_code = USAGE

    def __init__(self, message: str, *, option: str = "", hint: str = "") -> None:
        """Say what is wrong, in the words in which typer says it of a value that it reads itself.

        Args:
            message: what is wrong, and what would be right.
            option: whose value it is; empty where several options are meant.
            hint: what to do; where it is empty, the command's help page is named.
        """
        super().__init__(f"Invalid value for {option}: {message}" if option else message, hint=hint)


class NotYetError(UsageError):
    """Something of the contract that this version does not have."""

    def __init__(self, what: str, *, hint: str) -> None:
        super().__init__(f"{what} is not available yet", hint=hint)
