"""How commands end when a signal ends them: nothing half-written stays, and the exit code says so."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from onboard.cli.terminal.interrupting import TERMINATED

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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_loading_ends_without_a_word(folder, number) -> None:
    """Before a command has begun nothing has to be cleaned up, and nobody wants to read of imports."""
    script = (
        "import os, signal, sys\n"
        "class Late:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        name == 'typer' and os.kill(os.getpid(), {int(number)})\n"
        "sys.meta_path.insert(0, Late())\n"
        "from onboard.cli import main\n"
        "main(['check'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "", "")


def test_a_machine_at_fault_is_told_in_one_line(onboard, folder) -> None:
    """What the system refuses anywhere is named with the file, and never a traceback."""
    (folder / "payloads").write_text("in the way")
    done = onboard("generate", "--out", "payloads")
    assert done.code == 1
    assert done.err.startswith("error: ")
    assert "payloads" in done.err
