"""Output: whole files or nothing, secrets private, stale files of ours removed, foreign ones never."""

from __future__ import annotations

import json
import os
import resource
import signal
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.northwind import staff_plan, students_plan

from onboard.compose import CheckedArtifact, compose
from onboard.compose.spelling import neutral
from onboard.errors import OnboardError
from onboard.model import Platform
from onboard.output import MANIFEST, write
from onboard.output.partial import partials

ORG = "edu.northwind"


@pytest.fixture(scope="module")
def staff() -> tuple[CheckedArtifact, ...]:
    return compose(staff_plan(), neutral, platforms=[Platform.APPLE])


@pytest.fixture(scope="module")
def students() -> tuple[CheckedArtifact, ...]:
    return compose(students_plan(), neutral, platforms=[Platform.APPLE])


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_manifest_describes_every_file(tmp_path: Path, staff, students) -> None:
    """The manifest lists exactly what was written, with kinds and digests of the contract."""
    write(tmp_path, ORG, [*staff, *students])
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    assert (manifest["schema"], manifest["organization"]) == (1, ORG)
    assert {entry["path"] for entry in manifest["artifacts"]} == set(tree(tmp_path)) - {MANIFEST}
    keys = {"path", "group", "platform", "kind", "media_type", "sha256", "secret"}
    assert all(set(entry) == keys for entry in manifest["artifacts"])


def test_second_run_changes_nothing(tmp_path: Path, staff) -> None:
    """Writing the same artifacts again touches no file."""
    write(tmp_path, ORG, staff)
    before = {path: (tmp_path / path).stat().st_mtime_ns for path in tree(tmp_path)}
    report = write(tmp_path, ORG, staff)
    assert (report.written, report.removed) == ((), ())
    assert before == {path: (tmp_path / path).stat().st_mtime_ns for path in tree(tmp_path)}


def test_secret_files_are_private(tmp_path: Path, staff) -> None:
    """Whatever the umask, its owner alone reads a file with a challenge and writes into the folders."""
    old = os.umask(0)
    try:
        write(tmp_path, ORG, staff)
    finally:
        os.umask(old)
    for checked in staff:
        mode = stat.S_IMODE((tmp_path / checked.artifact.path).stat().st_mode)
        assert mode == (0o600 if checked.artifact.secret else 0o644)
    assert any(checked.artifact.secret for checked in staff)
    folders = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*") if path.is_dir()}
    assert folders == {0o755}


def test_permissions_are_restored(tmp_path: Path, staff) -> None:
    """A secret file that somebody opened up is private again after the next run."""
    write(tmp_path, ORG, staff)
    path = tmp_path / next(c.artifact.path for c in staff if c.artifact.secret)
    path.chmod(0o644)
    write(tmp_path, ORG, staff)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_stale_files_go_and_foreign_ones_stay(tmp_path: Path, staff, students) -> None:
    """What is no longer generated disappears with its folder; what we did not write is not touched."""
    foreign = tmp_path / "students" / "notes.txt"
    write(tmp_path, ORG, [*staff, *students])
    foreign.write_text("mine")
    report = write(tmp_path, ORG, staff)
    assert report.removed == tuple(c.artifact.path for c in students)
    assert foreign.read_text() == "mine"
    assert not (tmp_path / "students" / "apple").exists()


def test_changed_stale_file_is_kept(tmp_path: Path, staff, students) -> None:
    """A stale file that somebody edited is reported, not removed."""
    write(tmp_path, ORG, [*staff, *students])
    edited = students[0].artifact.path
    (tmp_path / edited).write_bytes(b"edited by hand")
    assert write(tmp_path, ORG, staff).kept == (edited,)
    assert (tmp_path / edited).read_bytes() == b"edited by hand"


def test_selection_leaves_the_rest(tmp_path: Path, staff, students) -> None:
    """A run for one group leaves the files and the manifest entries of the others."""
    write(tmp_path, ORG, [*staff, *students])
    whole = tree(tmp_path)
    write(tmp_path, ORG, staff, replaces=lambda group, _platform: group == "staff")
    assert tree(tmp_path) == whole


def test_other_organizations_output_is_refused(tmp_path: Path, staff) -> None:
    """A folder that holds another organization's payloads is not written."""
    write(tmp_path, "org.other", staff)
    before = tree(tmp_path)
    with pytest.raises(OnboardError, match=r"org\.other"):
        write(tmp_path, ORG, staff)
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"artifacts": 1}', '{"organization": "edu.northwind", "artifacts": [{"path": "../x"}]}'],
)
def test_foreign_manifest_is_refused(tmp_path: Path, staff, content: str) -> None:
    """A manifest.json that we did not write, or that leads outside, stops the run."""
    (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(OnboardError, match="not ours"):
        write(tmp_path, ORG, staff)
    assert (tmp_path / MANIFEST).read_text() == content


def test_no_room_leaves_whole_files_only(tmp_path: Path, staff) -> None:
    """When a file cannot grow to its size, the error names it and no temporary file is left."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(OnboardError, match="File too large"):
            write(tmp_path, ORG, staff)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert tree(tmp_path) == {}


def test_replaced_file_is_never_half(tmp_path: Path) -> None:
    """An existing file stays whole when its replacement cannot be written."""
    path = tmp_path / "a"
    with partials(tmp_path) as writing:
        assert writing.replace(path, b"old", mode=0o644)
        with pytest.raises(TypeError):
            writing.replace(path, "text is not bytes", mode=0o644)  # type: ignore[arg-type]
    assert tree(tmp_path) == {"a": b"old"}


def test_what_a_killed_run_left_is_removed(tmp_path: Path, staff) -> None:
    """Half a file may hold a secret; the next run takes it away, and until then nobody else can read it."""
    pid = os.fork()
    if pid == 0:
        with partials(tmp_path) as writing:
            (writing.folder / "half").write_bytes(b"a secret")
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    (left,) = tmp_path.iterdir()
    assert left.stat().st_mode & 0o777 == 0o700
    assert (left / "half").read_bytes() == b"a secret"
    write(tmp_path, ORG, staff)
    assert not left.exists()


def test_runs_at_the_same_time_take_turns(tmp_path: Path, staff, students) -> None:
    """A second one does not take away what the first one is still writing."""
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(write, tmp_path, ORG, some) for some in (staff, students) * 10]:
            done.result()
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".")] == []
