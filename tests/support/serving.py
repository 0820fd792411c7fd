"""A server command on the example org, in a process of its own that ends with the test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CHALLENGE = "Zw7-quiet-river-stone-lamp"  # what the group `staff` shares


@contextmanager
def running(
    folder: Path, *arguments: str, secret: str = CHALLENGE
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    environment = os.environ | {"NORTHWIND_STAFF_CHALLENGE": secret}
    process = subprocess.Popen(
        [sys.executable, "-m", "onboard", *arguments, "--port", "0"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        seen = []
        for line in process.stderr or ():
            seen.append(line)
            if match := re.search(r"listening on (\S+)", line):
                yield match.group(1), process
                break
        else:
            pytest.fail("".join(seen))
    finally:
        process.kill()
        process.communicate()
