"""How commands end when a signal ends them: nothing half-written stays, and the exit code says so."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from onboard.cli import TERMINATED

# A command that SIGTERM finds at a bad moment: a file is written and has not its own name yet.
SCRIPT = """
import os, signal, sys
from pathlib import Path
import onboard.cli as cli
def replace(self, target):
    os.kill(os.getpid(), signal.SIGTERM)
Path.replace = replace
cli.main(["generate", "--out", "out"])
"""


def test_sigterm_while_writing_leaves_no_half_file(folder) -> None:
    """A payload that was being written holds a secret; its temporary file goes away with the command."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=False)
    assert done.returncode == TERMINATED == 128 + signal.SIGTERM
    assert not [path for path in Path("out").rglob("*") if path.is_file()]
