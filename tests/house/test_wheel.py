"""The wheel is whole: both data folders are inside and the whole main job runs from it, elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT],
        check=True,
        capture_output=True,
    )
    (built,) = out.glob("*.whl")  # made from the sdist, so the sdist is whole as well
    return built


def files_below(folder: str) -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_data_folders_are_inside(wheel: Path) -> None:
    """Every file of profiles/, templates/ and the catalogue is in the wheel."""
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("profiles", "templates"):
        assert files_below(folder)
        assert {f"onboard/_data/{name}" for name in files_below(folder)} <= names
    assert files_below("onboard/catalogue") <= names


def test_nothing_else_is_at_the_top(wheel: Path) -> None:
    """The wheel installs two packages and their metadata, nothing that another wheel might own."""
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"onboard", "scep_server"}


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment into which pip put the wheel; its `bin`."""
    environment = tmp_path_factory.mktemp("installed")
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", wheel]
    subprocess.run(install, check=True, capture_output=True)
    # The dependencies are this environment's, so that no registry is asked. A plain path in a .pth file does
    # not bring the editable install along: its own .pth is only read in site-packages.
    dependencies = next(path for path in sys.path if path.endswith("site-packages"))
    (next((environment / "lib").glob("python*")) / "site-packages" / "dependencies.pth").write_text(
        dependencies
    )
    return environment / "bin"


def test_data_is_found_in_the_installation(installed: Path, tmp_path: Path) -> None:
    """The installed package reads its own data folders, not those of a checkout."""
    script = "from onboard import resources; print(resources.folder('profiles'))"
    done = subprocess.run(
        [installed / "python", "-I", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert str(installed.parent) in done.stdout


def test_demo_runs_from_an_installed_wheel(installed: Path, tmp_path: Path) -> None:
    """Installed into a fresh environment, `onboard demo` works from a folder that is no checkout."""
    done = subprocess.run(
        [installed / "onboard", "demo"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
