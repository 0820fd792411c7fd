"""The `onboard` command: the only place that prints, exits, and reads clock and environment.

Commands import what they need when they run, so that `onboard --help` stays quick.
"""

from __future__ import annotations

import signal
import sys
from typing import NoReturn

import typer

from onboard.cli import console
from onboard.cli.application import app
from onboard.cli.usage import USAGE
from onboard.errors import OnboardError, OrgFileError

INTERRUPTED = 130
TERMINATED = 128 + signal.SIGTERM  # what a shell reports of a process that the signal ended
# typer keeps its copy of click private; the base of BadParameter is its UsageError, "you typed it wrong".
_USAGE_ERRORS: tuple[type[Exception], ...] = tuple(
    base for base in typer.BadParameter.__bases__ if issubclass(base, Exception)
)

__all__ = ["app", "main"]


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with the contract's code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    signal.signal(signal.SIGTERM, _terminated)
    console.prepare()
    sys.exit(run(arguments))


def _terminated(_signal: int, _frame: object) -> NoReturn:
    """End as after Ctrl-C: what is half-written, and may hold a secret, is removed on the way."""
    sys.exit(TERMINATED)


def run(arguments: list[str]) -> int:
    """Run the command line; the exit code."""
    try:
        code = _run(arguments)
        console.finish()
    except BrokenPipeError:
        console.abandon()
        return 0
    except OnboardError as error:
        console.fail(str(error), hint=error.hint)
        console.abandon()
        return error.exit_code
    return code


def _run(arguments: list[str]) -> int:
    try:
        result = app(arguments or ["--help"], prog_name="onboard", standalone_mode=False)
    except OrgFileError as error:
        for mistake in error.mistakes:
            console.mistake(mistake)
        number = console.count(len(error.mistakes), "mistake")
        console.note(f"{number}: nothing was done; 'onboard check' shows warnings too")
        return error.exit_code
    except OnboardError as error:
        console.fail(str(error), hint=error.hint)
        return error.exit_code
    except _USAGE_ERRORS as error:
        _explain_usage(error)
        return USAGE
    except (KeyboardInterrupt, typer.Abort):
        console.note("interrupted")
        return INTERRUPTED
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # typer makes an exit code of it
            raise end.__context__ from None
        raise
    return result if isinstance(result, int) else 0


def _explain_usage(error: Exception) -> None:
    context = getattr(error, "ctx", None)
    format_message = getattr(error, "format_message", error.__str__)  # names the option or argument
    message = format_message().replace(": Value error, ", ": ")  # typer lets pydantic's own words through
    if context is not None and message == context.get_help():  # a group of commands, typed without one
        console.note(message)
        return
    command = context.command_path if context is not None else "onboard"
    console.fail(message, hint=f"see '{command} --help'")
