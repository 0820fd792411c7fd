"""Every command in the documentation and in the help pages is run, in the order in which it is written."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from onboard.cli.examples import EXAMPLES

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
_BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SERVING = re.compile(r"\bonboard (serve|up)\b")
_ASKS_A_SERVER = "http://127.0.0.1:8080"  # the reader has `onboard serve` running in another window
_EXIT = re.compile(r"#\s*exits (\d+)\s*$")
pytestmark = [pytest.mark.slow]


def commands(page: Path) -> list[str]:
    blocks = _BLOCK.findall(page.read_text())
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "org"
    folder.mkdir()
    shutil.copy(ROOT / "examples" / "northwind.yaml", folder / "org.yaml")
    return folder


def environment() -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": os.environ.get("HOME", "/"),
        "NORTHWIND_STAFF_CHALLENGE": "Zw7-quiet-river-stone-lamp",
        "ACME_STAFF_CHALLENGE": "Zw7-quiet-river-stone-lamp",
        "ROOT_PASSPHRASE": "a passphrase for the root",
    }


class Shell:
    """Runs lines one after the other, remembers folder and variables; stops servers when they listen."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.variables = folder.parent / "variables"
        self.environment = environment()

    def run(self, line: str) -> None:
        expected = int(match.group(1)) if (match := _EXIT.search(line)) else 0
        line = self._named(line.split("#", 1)[0].rstrip())
        if _ASKS_A_SERVER in line:
            with self._listening("onboard serve") as url:
                self._run(line.replace(_ASKS_A_SERVER, url), expected)
        elif _SERVING.search(line):
            self._serve(line)
        else:
            self._run(line, expected)

    def _named(self, line: str) -> str:
        """With what the reader copies from a list: the serial of a certificate, the id of a challenge."""
        if re.search(r"\bSERIAL\b", line):
            if not self._listed("cert"):
                with self._listening("onboard serve") as url:  # a device enrols
                    self._run(f"onboard doctor {url}/scep/staff --group staff", 0)
            valid = [one["serial"] for one in self._listed("cert") if one["status"] == "valid"]
            line = re.sub(r"\bSERIAL\b", valid[0], line)
        if re.search(r"\bID\b", line):
            usable = [one["id"] for one in self._listed("challenge") if one["state"] == "usable"]
            line = re.sub(r"\bID\b", usable[0], line)
        return line

    def _listed(self, what: str) -> list[dict[str, str]]:
        done = subprocess.run(
            ["onboard", what, "list", "--format", "json"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            check=True,
        )
        found: list[dict[str, str]] = json.loads(done.stdout)
        return found

    def _run(self, line: str, expected: int) -> None:
        script = f"{line}\ncode=$?; env -0 > {self.variables}; exit $code"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == expected, f"{line}\n{done.stdout}{done.stderr}"
        pairs = self.variables.read_text().rstrip("\0").split("\0")
        self.environment = dict(pair.split("=", 1) for pair in pairs)
        self.folder = Path(self.environment["PWD"])

    def _serve(self, line: str) -> None:
        with self._listening(line):
            pass

    @contextmanager
    def _listening(self, line: str) -> Iterator[str]:
        """A server while the block runs; its URL. It has to end cleanly."""
        line = re.sub(r"--port \d+", "", line) + " --port 0"
        seen: list[str] = []
        with subprocess.Popen(
            ["bash", "-c", f"exec {line}"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            said = iter(process.stderr or ())
            rest = threading.Thread(target=seen.extend, args=(said,))  # a full pipe would stop the server
            url = _url(said, seen)
            rest.start()
            try:
                assert url, f"{line} never listened:\n{''.join(seen)}"
                yield url
                process.send_signal(signal.SIGTERM)
                assert process.wait(timeout=30) == 0, "".join(seen)
            finally:
                process.kill()
                rest.join()


def _url(said: Iterator[str], seen: list[str]) -> str:
    for output in said:
        seen.append(output)
        if match := re.search(r"listening on (\S+)", output):
            return match.group(1)
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_of_a_page_work(page: Path, folder: Path) -> None:
    """A page can be followed from top to bottom, in a folder that holds the example org."""
    shell = Shell(folder)
    for line in commands(page):
        shell.run(line)


def test_examples_of_the_help_pages_work(folder: Path) -> None:
    """The examples of the help pages can be typed in their order."""
    shell = Shell(folder)
    for lines in EXAMPLES.values():
        for line in lines:
            shell.run(line)
