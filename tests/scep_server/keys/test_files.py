"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys

import pytest

from scep_server.keys import files


def test_a_new_file_has_its_content_and_mode(tmp_path):
    """Content and permissions are those asked for, and nothing else lies beside it."""
    files.write_new(tmp_path / "a", b"content", mode=0o600)
    assert (tmp_path / "a").read_bytes() == b"content"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize(("umask", "mode"), [(0, 0o755), (0o022, 0o755), (0o077, 0o700)])
def test_nobody_else_may_write_into_a_new_folder(tmp_path, umask, mode):
    """Whatever the umask, and in what is made above it too; a folder that is there stays as it is."""
    tmp_path.chmod(0o777)
    before = os.umask(umask)
    try:
        files.make_folder(tmp_path / "a" / "b")
        files.make_folder(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    modes = [path.stat().st_mode & 0o777 for path in (tmp_path, tmp_path / "a", tmp_path / "a" / "b")]
    assert modes == [0o777, mode, mode]


def test_an_existing_file_is_never_overwritten(tmp_path):
    """The second writer fails, the first content stands."""
    files.write_new(tmp_path / "a", b"first", mode=0o600)
    with pytest.raises(FileExistsError):
        files.write_new(tmp_path / "a", b"second", mode=0o600)
    assert (tmp_path / "a").read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_replacing_changes_content_and_mode(tmp_path):
    """A replaced file is the new one altogether."""
    files.write_new(tmp_path / "a", b"first", mode=0o600)
    files.replace(tmp_path / "a", b"second", mode=0o644)
    assert (tmp_path / "a").read_bytes() == b"second"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


def test_a_full_disk_leaves_nothing(tmp_path):
    """What does not fit is taken back, the old content stands, and the error says what happened."""
    files.write_new(tmp_path / "a", b"first", mode=0o600)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match="too large") as caught:
            files.replace(tmp_path / "a", b"x" * 5000, mode=0o600)
        with pytest.raises(OSError, match="too large"):
            files.write_new(tmp_path / "b", b"x" * 5000, mode=0o600)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.errno == errno.EFBIG
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"first"


def test_what_a_killed_writer_left_can_be_removed(tmp_path):
    """A process that dies between writing and naming leaves a partial file only."""
    script = (
        "import os, sys, pathlib\n"
        "from scep_server.keys import files\n"
        "os.link = lambda *_: os.kill(os.getpid(), 9)\n"
        "files.write_new(pathlib.Path(sys.argv[1]) / 'a', b'content', mode=0o600)\n"
    )
    result = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert result.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert left.stat().st_mode & 0o777 == 0o600
    files.remove_partial(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("taken", [False, True])
def test_file_systems_without_hard_links_work(tmp_path, monkeypatch, taken):
    """FAT and some network shares know no links; names are still not taken over."""

    def refuse(*_):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    if taken:
        (tmp_path / "a").write_bytes(b"first")
        with pytest.raises(FileExistsError):
            files.write_new(tmp_path / "a", b"second", mode=0o600)
        assert (tmp_path / "a").read_bytes() == b"first"
    else:
        files.write_new(tmp_path / "a", b"content", mode=0o600)
        assert (tmp_path / "a").read_bytes() == b"content"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_other_failures_of_linking_are_reported(tmp_path, monkeypatch):
    """A disk error is not taken for a missing feature."""

    def refuse(*_):
        raise OSError(errno.EIO, "broken disk")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(OSError, match="broken disk"):
        files.write_new(tmp_path / "a", b"content", mode=0o600)
    assert list(tmp_path.iterdir()) == []
