"""The state folder and its errors."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import subprocess
from dataclasses import replace

import pytest
from support.northwind import NORTHWIND
from support.sites import counter, new_site, provisioned

from onboard.errors import PkiError, StateError
from onboard.provision import Kind, Loader, StateFolder, init
from onboard.provision.state import explained


def test_the_layout_is_made_once(tmp_path):
    """A second call touches nothing: the pepper stays, else every challenge would be void."""
    state = StateFolder(tmp_path / "a" / "state")
    state.create(counter())
    pepper = state.pepper()
    state.create(os.urandom)
    assert state.pepper() == pepper
    assert len(pepper) == 32
    names = {path.name for path in state.path.iterdir()}
    leaves = {"ra", "ocsp", "radius", "signing", "audit"}
    assert names == {".gitignore", ".lock", "pepper", "keys", "crl", "outbox"} | leaves
    assert state.store.parent == state.crls.parent == state.path


def test_a_folder_that_was_open_to_others_is_closed(tmp_path):
    """An administrator's mkdir leaves it readable; secrets are coming."""
    (tmp_path / "state").mkdir(mode=0o755)
    StateFolder(tmp_path / "state").create(counter())
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


def test_git_never_sees_the_state(tmp_path):
    """`git add -A` beside the org file adds pki/ and nothing of the state."""
    site = provisioned(tmp_path)
    git = shutil.which("git")
    if not git:
        pytest.skip("git is not installed")
    for arguments in (["init", "-q"], ["add", "-A"]):
        subprocess.run([git, *arguments], cwd=tmp_path, check=True)
    listed = subprocess.run([git, "ls-files"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert set(listed.stdout.split()) == {"pki/root.pem", "pki/root.crl", "pki/staff.pem", "pki/students.pem"}
    assert site.state.path.is_dir()


@pytest.mark.parametrize("use", [lambda s: s.state.pepper(), lambda s: s.state.demand(), Loader.of])
def test_a_missing_folder_says_what_to_do(tmp_path, use):
    """Not a traceback, and not an empty PKI."""
    with pytest.raises(StateError, match="there is no state in") as caught:
        use(new_site(tmp_path))
    assert "onboard ca init" in caught.value.hint
    assert not (tmp_path / ".onboard").exists()


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (errno.ENOSPC, "make room"),
        (errno.EDQUOT, "quota"),
        (errno.EACCES, "own the folder"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "see to"),
    ],
)
def test_every_failure_of_the_disk_names_folder_and_cure(tmp_path, number, cure):
    """What the system says, where, and what helps."""
    with pytest.raises(StateError, match=os.strerror(number)) as caught, explained(tmp_path):
        raise OSError(number, os.strerror(number))
    assert str(tmp_path) in str(caught.value)
    assert cure in caught.value.hint


def test_the_passphrase_never_prints(tmp_path):
    """State folders are part of what may be logged."""
    assert "secret" not in repr(StateFolder(tmp_path, b"secret"))


def test_the_loader_gives_the_server_what_it_needs(tmp_path):
    """Keys fit their certificates; nothing is loaded that has expired."""
    loader = Loader.of(provisioned(tmp_path))
    for authority in NORTHWIND.authorities:
        issuing = loader.issuing(authority.name)
        assert issuing.key.public_key() == issuing.certificate.public_key()
        signer = loader.ocsp_signer(authority.name)
        assert signer is not None
        signer.certificate.verify_directly_issued_by(issuing.certificate)
    (radius_server,) = loader.pairs(Kind.RADIUS, "campus")
    for pair in (radius_server, loader.profile_signer()):
        assert pair is not None
        assert pair.key.public_key() == pair.certificate.public_key()
        assert "key=" not in repr(pair)
    assert loader.pairs(Kind.RADIUS, "unknown") == ()


def test_the_loader_names_what_is_missing(tmp_path):
    """With the command that makes it."""
    site = provisioned(tmp_path)
    (site.state.path / "ra/staff.pem").unlink()
    (site.state.path / "keys/staff.key").unlink()
    loader = Loader.of(site)
    for ask, message in (
        (lambda: loader.recipients(NORTHWIND.groups[0]), "RA of group 'staff'"),
        (lambda: loader.issuing("staff"), "certificate or key is not here"),
    ):
        with pytest.raises(PkiError, match=message) as caught:
            ask()
        assert "ca init" in caught.value.hint


def test_a_key_that_does_not_open_is_named(tmp_path):
    """The file, not a traceback."""
    site = provisioned(tmp_path)
    for name in ("ra/staff.key", "keys/staff.key"):
        (site.state.path / name).write_bytes(b"garbage")
    loader = Loader.of(site)
    with pytest.raises(PkiError, match=r"staff\.key cannot be used"):
        loader.pairs(Kind.RA, "staff")
    with pytest.raises(PkiError, match=r"staff\.key cannot be used"):
        loader.issuing("staff")


@pytest.mark.parametrize("content", [b"", b"short"])
def test_a_damaged_pepper_is_refused(tmp_path, content):
    """An empty key would make every challenge's digest one that anybody can compute."""
    site = provisioned(tmp_path)
    (site.state.path / "pepper").write_bytes(content)
    with pytest.raises(StateError, match="pepper is damaged") as caught:
        site.state.pepper()
    assert "backup" in caught.value.hint


def test_a_server_never_issues_with_a_certificate_of_another_key(tmp_path):
    """What it signs would verify nowhere, and every device would have to enrol again."""
    site = provisioned(tmp_path)
    shutil.copy(site.public("students"), site.public("staff"))
    with pytest.raises(PkiError, match="belongs to another key") as caught:
        Loader.of(site).issuing("staff")
    assert "backup" in caught.value.hint


def test_a_pair_that_does_not_fit_is_never_loaded(tmp_path):
    """An RA with the certificate of another key could open nothing that devices send."""
    site = provisioned(tmp_path)
    folder = site.state.path / "ra"
    shutil.copy(folder / "students.pem", folder / "staff.pem")
    with pytest.raises(PkiError, match="does not belong to the key beside it"):
        Loader.of(site).recipients(site.organization.group("staff"))


@pytest.mark.parametrize("passphrase", [None, b"another passphrase"])
def test_a_locked_key_names_the_option(tmp_path, passphrase):
    """Whoever forgot the passphrase is told where it goes, and not to restore a backup."""
    site = new_site(tmp_path)
    locked = replace(site, state=StateFolder(site.state.path, b"a long passphrase"))
    init(locked)
    forgotten = replace(site, state=StateFolder(site.state.path, passphrase))
    for use in (
        init,
        lambda s: Loader.of(s).issuing("staff"),
        lambda s: Loader.of(s).pairs(Kind.RA, "staff"),
    ):
        with pytest.raises(PkiError) as caught:
            use(forgotten)
        assert "--key-passphrase" in caught.value.hint


def test_a_damaged_key_says_where_another_comes_from(tmp_path):
    """A truncated key file has a cure, as everything has."""
    site = provisioned(tmp_path)
    key = site.state.path / "keys" / "staff.key"
    key.write_bytes(key.read_bytes()[:100])
    with pytest.raises(PkiError) as caught:
        Loader.of(site).issuing("staff")
    assert "backup" in caught.value.hint


def test_a_file_in_place_of_the_folder_is_explained(tmp_path):
    """The cure is named, not only the error of the operating system."""
    (tmp_path / ".onboard").write_text("a file\n", encoding="utf-8")
    with pytest.raises(StateError) as caught:
        StateFolder(tmp_path / ".onboard").create(counter())
    assert "move it away" in caught.value.hint


def test_two_first_runs_do_not_tread_on_each_other(tmp_path):
    """Who comes second is told to wait, before it writes anything and before it clears away anything."""
    folder = tmp_path / ".onboard"
    folder.mkdir()
    partial = folder / ".partial-of-the-first"
    with (folder / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        partial.write_bytes(b"half a pepper")
        with pytest.raises(StateError, match="another onboard"):
            StateFolder(folder).create(counter())
    assert {path.name for path in folder.iterdir()} == {".lock", partial.name}
