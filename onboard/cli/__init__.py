"""The `onboard` command: the only place that prints, exits, and reads clock and environment.

Commands import what they need when they run, so that `onboard --help` stays quick.
"""

from __future__ import annotations

import sys

from onboard.cli.terminal import interrupting

__all__ = ["main", "run"]


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with the contract's code."""
    interrupting.end_at_once()
    from onboard.cli.running import run
    from onboard.cli.terminal import console

    console.prepare()
    code = run(sys.argv[1:] if arguments is None else arguments)
    interrupting.end_at_once()
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run the command line; the exit code."""
    from onboard.cli.running import run as run_now

    return run_now(arguments)
