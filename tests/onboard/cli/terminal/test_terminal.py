"""What a person sees on a terminal of 80 columns, in a pseudo-terminal as a real one."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def seen(folder: Path, *arguments: str, **environment: str) -> str:
    """All that a command writes to the terminal that is its stdout and stderr."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    with subprocess.Popen(
        [sys.executable, "-m", "onboard", *arguments],
        cwd=folder,
        env=inherited | {"TERM": "xterm", "LC_ALL": "C.UTF-8"} | environment,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    ):
        os.close(theirs)
        said = b""
        try:
            while chunk := os.read(ours, 65_536):
                said += chunk
        except OSError:  # Linux says so when the other end is closed
            pass
        finally:
            os.close(ours)
    text = said.decode().replace("\r\n", "\n")
    return re.sub(r"\r\x1b\[K[^\n\r]*(?=\r\x1b\[K)|\r\x1b\[K", "", text)  # progress, taken away again


@pytest.mark.parametrize(
    "line",
    ["check", "status", "whitelist", "challenge list", "cert list", "lint payloads", "explain profile"],
)
def test_nothing_runs_over_the_edge(onboard, folder, line) -> None:
    """Each line fits, but for a word that is longer than the terminal."""
    onboard("generate", "--out", "payloads")
    onboard("challenge", "new", "staff", "--for", "ada@northwind.example")
    (folder / "profile").write_bytes((folder / "payloads/staff/apple/staff.mobileconfig").read_bytes())
    text = _COLOUR.sub("", seen(folder, *line.split()))
    assert [one for one in text.splitlines() if len(one) > 80 and " " in one.strip()] == []
    assert "\x1b" not in text
    assert "\\x1b" not in text


def test_colours_are_for_terminals_that_want_them(folder) -> None:
    """NO_COLOR and a dumb terminal get the same words without."""
    coloured = seen(folder, "check")
    assert _COLOUR.search(coloured)
    for plain in (seen(folder, "check", NO_COLOR="1"), seen(folder, "check", TERM="dumb")):
        assert plain == _COLOUR.sub("", coloured)


def test_hosts_of_the_whitelist_stay_whole(onboard, folder) -> None:
    """They are copied from the terminal into controllers."""
    text = _COLOUR.sub("", seen(folder, "whitelist"))
    hosts = {entry["host"] for entry in onboard("whitelist", "--format", "json").json}
    assert {host for host in hosts if host not in text.split()} == set()


def test_a_name_cannot_draw_on_the_terminal(folder) -> None:
    """A payload of a stranger is explained without being obeyed."""
    profile = folder / "foreign.mobileconfig"
    profile.write_text(
        '<?xml version="1.0"?><plist version="1.0"><dict><key>PayloadType</key><string>Configuration</string>'
        "<key>PayloadDisplayName</key><string>a\u009b2Jb\u202ec</string></dict></plist>"
    )
    for command in ("explain", "lint"):
        assert "\u009b" not in seen(folder, command, str(profile))
        assert "\u202e" not in seen(folder, command, str(profile))
