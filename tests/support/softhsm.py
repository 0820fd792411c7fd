"""A token of SoftHSM for the tests of a process: PKCS#11 as HSMs speak it."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

LIBRARIES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so")
LIBRARY = next((path for path in LIBRARIES if Path(path).is_file()), "")
PIN = "a pin of the tests"
LABEL = "onboard tests"

needs_softhsm = pytest.mark.skipif(
    not LIBRARY or shutil.which("softhsm2-util") is None, reason="SoftHSM (softhsm2) is not installed"
)


@functools.cache
def token() -> str:
    """The label of a token; the library finds it in this process and in those that it starts."""
    folder = Path(tempfile.mkdtemp(prefix="softhsm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    command = [
        "softhsm2-util",
        "--init-token",
        "--free",
        "--label",
        LABEL,
        "--so-pin",
        "12345678",
        "--pin",
        PIN,
    ]
    subprocess.run(command, check=True, capture_output=True)
    return LABEL
