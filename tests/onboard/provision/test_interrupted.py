"""`ca init` cut short: by a crash, a full disk, a signal or a second run; the next run completes it."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.sites import new_site

from onboard.errors import StateError
from onboard.provision import Outcome, init


def test_an_interrupted_first_run_is_completed(tmp_path):
    """Key of the root written, certificate not: the next run uses that key."""
    site = new_site(tmp_path)
    init(site)
    key = (site.state.path / "keys/root.key").read_bytes()
    shutil.rmtree(tmp_path / "pki")
    for folder in ("ra", "ocsp", "radius", "signing", "audit"):
        shutil.rmtree(site.state.path / folder)
    for name in ("staff", "students"):
        (site.state.path / f"keys/{name}.key").unlink()
    rows = init(site)
    assert {row.outcome for row in rows} == {Outcome.CREATED}
    assert (site.state.path / "keys/root.key").read_bytes() == key


@pytest.mark.parametrize("moment", [1, 4, 9, 14, 20, 27, 35, 44])
def test_a_disk_that_fills_up_leaves_a_state_that_the_next_run_completes(tmp_path, monkeypatch, moment):
    """Whenever the disk is full, the error has a cure, no half file is left, and the same command goes on."""
    synced = 0
    real = os.fsync

    def fill_up(descriptor):
        nonlocal synced
        synced += 1
        if synced == moment:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    site = new_site(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fill_up)
        with pytest.raises(StateError, match="No space left") as caught:
            init(site)
    assert "make room" in caught.value.hint
    assert not list(tmp_path.rglob(".partial-*"))
    init(site)
    assert {row.outcome for row in init(site)} == {Outcome.KEPT}


@pytest.mark.parametrize("moment", [3, 12, 25, 40])
def test_a_killed_run_is_completed_by_the_next(tmp_path, moment):
    """SIGKILL at any moment leaves nothing that the next run cannot use."""
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from support.sites import new_site\n"
        "from onboard.provision import init\n"
        "left = int(sys.argv[2])\n"
        "real = os.fsync\n"
        "def die(descriptor):\n"
        "    global left\n"
        "    left -= 1\n"
        "    os.kill(os.getpid(), 9) if left == 0 else real(descriptor)\n"
        "os.fsync = die\n"
        "init(new_site(Path(sys.argv[1])))\n"
    )
    tests = Path(__file__).parents[2]
    command = [sys.executable, "-c", script, str(tmp_path), str(moment)]
    result = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(tests)}, check=False)
    assert result.returncode == -signal.SIGKILL
    site = replace(new_site(tmp_path), entropy=os.urandom)
    init(site)
    assert {row.outcome for row in init(site)} == {Outcome.KEPT}
    assert not list(tmp_path.rglob(".partial-*"))


def test_two_runs_at_once_do_not_mix(site):
    """The second one says that it must wait."""
    with (site.state.path / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StateError, match="another onboard"):
            init(site)
