"""The `onboard` command in processes of its own, as administrators and service managers run it."""

from __future__ import annotations

import os
import plistlib
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path


def onboard(*arguments: str | Path, folder: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "onboard", *map(str, arguments)]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False, env=environment())
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("ONBOARD_")}


@contextmanager
def serving(folder: Path):
    """`onboard serve` in a process of its own: its URL, and a file with what it says."""
    said = folder / "serve.log"
    line = [sys.executable, "-m", "onboard", "serve", "--port", "0"]
    with said.open("w") as log, subprocess.Popen(line, cwd=folder, stderr=log, env=environment()) as server:
        try:
            while not (found := re.search(r"listening on (\S+)", said.read_text())):
                assert server.poll() is None, said.read_text()
            yield found[1], said
        finally:
            server.terminate()
    assert server.returncode == 0


def scep_settings(path: Path) -> dict[str, object]:
    """The SCEP payload of a profile that is not signed."""
    content = plistlib.loads(path.read_bytes())["PayloadContent"]
    (found,) = [part["PayloadContent"] for part in content if part["PayloadType"].endswith(".scep")]
    return found
