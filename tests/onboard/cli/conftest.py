"""A folder with the example org, and the command line run inside this process."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.serving import CHALLENGE

from onboard.cli import run

EXAMPLES = Path(__file__).parents[3] / "examples"


@dataclass(frozen=True)
class Done:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example org after `ca init`; copy it, do not change it."""
    folder = tmp_path_factory.mktemp("made")
    shutil.copy(EXAMPLES / "northwind.yaml", folder / "org.yaml")
    assert run(["ca", "init", "--org", str(folder / "org.yaml")]) == 0
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of a test: the example org with its CAs, and its secret set."""
    target = tmp_path / "org"
    shutil.copytree(made, target)
    monkeypatch.chdir(target)
    monkeypatch.setenv("NORTHWIND_STAFF_CHALLENGE", CHALLENGE)
    for name in ("ONBOARD_ORG", "ONBOARD_STATE", "ONBOARD_KEY_PASSPHRASE"):
        monkeypatch.delenv(name, raising=False)
    return target


@pytest.fixture
def onboard(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    def call(*arguments: str) -> Done:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return call
