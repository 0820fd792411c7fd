"""One run of the command line: what a command raises becomes a message and an exit code."""

from __future__ import annotations

import typer

from onboard.cli.application import app
from onboard.cli.terminal import console
from onboard.cli.terminal.interrupting import INTERRUPTED
from onboard.cli.usage import USAGE
from onboard.errors import OnboardError, OrgFileError
from scep_server.errors import ScepError

# typer keeps its copy of click private; the base of BadParameter is its UsageError, "you typed it wrong".
_USAGE_ERRORS: tuple[type[Exception], ...] = tuple(
    base for base in typer.BadParameter.__bases__ if issubclass(base, Exception)
)


def run(arguments: list[str]) -> int:
    """Run the command line; the exit code."""
    try:
        code = _run(arguments)
        console.finish()
    except BrokenPipeError:
        console.abandon()
        return 0
    except (KeyboardInterrupt, typer.Abort):
        console.note("interrupted")
        console.abandon()
        return INTERRUPTED
    except OnboardError as error:
        console.fail(str(error), hint=error.hint)
        console.abandon()
        return error.exit_code
    except ScepError as error:  # its store cannot be used, wherever that was found
        console.fail(str(error), hint=getattr(error, "remedy", ""))
        console.abandon()
        return 1
    except OSError as error:  # a disk that is full, a folder that was taken away: the machine is at fault
        hint = "run onboard as the user that owns it" if isinstance(error, PermissionError) else ""
        console.fail(_told(error), hint=hint)
        console.abandon()
        return 1
    return code


def _told(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason


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
