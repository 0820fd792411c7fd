"""`ca`, `challenge` and `cert`: what is kept, listed, sealed and revoked."""

from __future__ import annotations

import io
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest


def test_ca_init_is_idempotent(onboard, folder) -> None:
    """A second `ca init` keeps everything and changes no file."""
    before = {p: p.read_bytes() for p in Path("pki").iterdir()}
    done = onboard("ca", "init", "--format", "json")
    assert done.code == 0
    assert {row["outcome"] for row in done.json} == {"kept"}
    assert before == {p: p.read_bytes() for p in Path("pki").iterdir()}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act in somebody else's folder")
def test_root_in_somebody_elses_folder_is_told_so(onboard, folder) -> None:
    """A warning with the cure, on stderr alone, and the work is done; in root's own folder there is none."""
    assert "belongs to" not in onboard("ca", "init").err
    os.chown(Path.cwd(), 54321, -1)
    done = onboard("ca", "init", "--format", "json")
    assert (done.code, bool(done.json)) == (0, True)
    assert "belongs to 54321" in done.err
    assert "chown -R" in done.err


def test_ca_init_prints_digests(onboard, folder) -> None:
    """Each certificate is shown with subject, key, SHA-1 and SHA-256."""
    certificates = [row for row in onboard("ca", "init", "--format", "json").json if row["kind"] != "crl"]
    assert certificates
    assert all(len(r["sha1"]) == 40 and len(r["sha256"]) == 64 and r["key"] for r in certificates)


def test_lost_state_is_refused(onboard, folder) -> None:
    """A pki/ whose keys are gone does not become a second PKI."""
    before = {p: p.read_bytes() for p in Path("pki").iterdir()}
    shutil.rmtree(".onboard")
    done = onboard("ca", "init")
    assert done.code == 1
    assert "root" in done.err
    assert before == {p: p.read_bytes() for p in Path("pki").iterdir()}


def test_sealed_root_goes_on(onboard, folder, monkeypatch) -> None:
    """After `ca seal root` the key is gone from the state, and init, generate and minting go on."""
    monkeypatch.setenv("ROOT_PASSPHRASE", "a long passphrase for the root")
    assert onboard("ca", "seal", "root", "--to", "root.key", "--passphrase", "env:ROOT_PASSPHRASE").code == 0
    assert not Path(".onboard/keys/root.key").exists()
    assert b"ENCRYPTED" in Path("root.key").read_bytes()
    assert Path("root.key").stat().st_mode & 0o777 == 0o600
    for arguments in (["ca", "init"], ["generate", "--out", "out"], ["challenge", "new", "staff"]):
        assert onboard(*arguments).code == 0


def test_passphrase_is_never_an_argument(onboard, folder) -> None:
    """A passphrase in clear on the command line is refused: it would show in the process list."""
    done = onboard("ca", "seal", "root", "--to", "root.key", "--passphrase", "hunter2hunter2")
    assert done.code == 64
    assert "hunter2" not in done.err
    assert Path(".onboard/keys/root.key").exists()


def test_encrypted_keys(onboard, folder, monkeypatch, tmp_path) -> None:
    """With a key passphrase the keys in the state are encrypted, and nothing works without it."""
    target = tmp_path / "encrypted"
    target.mkdir()
    shutil.copy("org.yaml", target)
    monkeypatch.chdir(target)
    monkeypatch.setenv("KEYS", "a passphrase for the keys")
    assert onboard("ca", "init", "--key-passphrase", "env:KEYS").code == 0
    assert all(b"ENCRYPTED" in p.read_bytes() for p in Path(".onboard").rglob("*.key"))
    done = onboard("ca", "seal", "root", "--to", "r.key", "--passphrase", "env:KEYS")
    assert done.code == 1
    assert "passphrase" in done.err


def test_personal_payloads_with_encrypted_keys(onboard, folder, monkeypatch, tmp_path) -> None:
    """The passphrase of the keys opens the signer of personal payloads too."""
    target = tmp_path / "encrypted"
    target.mkdir()
    shutil.copy("org.yaml", target)
    monkeypatch.chdir(target)
    monkeypatch.setenv("KEYS", "a long passphrase for the keys")
    monkeypatch.setenv("ONBOARD_KEY_PASSPHRASE", "env:KEYS")
    assert onboard("ca", "init").code == 0
    wanted = ("generate", "--out", "ada", "--group", "staff", "--for", "ada@northwind.example")
    assert onboard(*wanted).code == 0
    monkeypatch.delenv("ONBOARD_KEY_PASSPHRASE")
    refused = onboard(*wanted)
    assert (refused.code, "--key-passphrase" in refused.err) == (1, True)


def test_without_a_signer_it_says_that_nothing_is_signed(onboard, folder) -> None:
    """A personal payload that goes out unsigned does so with a warning that names the cure."""
    Path(".onboard/signing/profiles.pem").unlink()
    done = onboard("generate", "--out", "ada", "--group", "staff", "--for", "ada@northwind.example")
    assert done.code == 0
    assert "nothing is signed" in done.err
    assert "ca init" in done.err


def test_an_unset_passphrase_names_the_option(onboard, folder) -> None:
    """What an option refers to is reported by the option's name, without a line that no file has."""
    done = onboard("ca", "init", "--key-passphrase", "env:NO_SUCH_VARIABLE")
    assert done.code == 1
    assert "--key-passphrase env:NO_SUCH_VARIABLE: the environment variable" in done.err


def test_seal_asks_nobody_where_there_is_no_terminal(onboard, folder, monkeypatch) -> None:
    """Without a terminal the option is named; an unknown authority is refused before any question."""
    monkeypatch.setattr("sys.stdin", io.StringIO())
    done = onboard("ca", "seal", "root", "--to", "root.key")
    assert (done.code, "--passphrase env:NAME" in done.err) == (1, True)
    assert "nobody" in onboard("ca", "seal", "nobody", "--to", "root.key").err
    assert Path(".onboard/keys/root.key").exists()


@pytest.mark.parametrize(
    "command",
    [
        ("challenge", "new", "staff"),
        ("challenge", "list"),
        ("challenge", "revoke", "abc"),
        ("cert", "list"),
        ("cert", "show", "ab"),
        ("cert", "revoke", "ab"),
        ("generate", "--out", "ada", "--group", "staff", "--for", "ada@northwind.example"),
        ("serve", "--port", "0"),
    ],
)
def test_a_damaged_database_is_told(onboard, folder, command) -> None:
    """Every command that reads the records says which file is damaged and what to do."""
    Path(".onboard/store.sqlite3").write_bytes(b"this was never a database" * 100)
    done = onboard(*command)
    assert done.code == 1
    assert "error: .onboard/store.sqlite3" in done.err
    assert "backup" in done.err
    assert not Path("ada").exists()


def test_missing_state_names_the_cure(onboard, folder) -> None:
    """A command that needs the state folder says what makes it."""
    shutil.rmtree(".onboard")
    for arguments in (["challenge", "new", "staff"], ["cert", "list"], ["challenge", "list"]):
        done = onboard(*arguments)
        assert done.code == 1
        assert "ca init" in done.err


def test_challenge_life(onboard, folder) -> None:
    """A challenge is listed by id with what it binds, and revoked once."""
    onboard("challenge", "new", "staff", "--for", "ada@northwind.example", "--valid-for", "30min")
    (listed,) = onboard("challenge", "list", "staff", "--format", "json").json
    assert listed["bound"] == {"user.email": "ada@northwind.example", "user.upn": "ada@northwind.example"}
    assert onboard("challenge", "revoke", listed["id"]).code == 0
    assert onboard("challenge", "list", "--format", "json").json[0]["state"] == "revoked"
    assert onboard("challenge", "revoke", listed["id"]).code == 1


def test_bound_values_are_judged(onboard, folder) -> None:
    """A value that no certificate could carry is refused when the challenge is minted."""
    done = onboard("challenge", "new", "staff", "--set", "user.email=nonsense")
    assert done.code == 1
    assert "user.email" in done.err


@pytest.mark.parametrize("duration", ["2", "2 hours", "-1h"])
def test_durations_have_units(onboard, folder, duration) -> None:
    """A duration without its unit is a usage error that shows one."""
    done = onboard("challenge", "new", "staff", f"--valid-for={duration}")
    assert done.code == 64
    assert "30d" in done.err


def test_unknown_serial_is_an_error(onboard, folder) -> None:
    """Showing or revoking a certificate that was never issued says so."""
    for arguments in (["show", "abc"], ["revoke", "abc"], ["show", "xyz"]):
        done = onboard("cert", *arguments)
        assert done.code == 1
        assert "no certificate" in done.err


def test_renewed_infrastructure_changes_no_artifact(onboard, folder) -> None:
    """RA, OCSP, RADIUS and signing certificates roll; every generated byte stays."""
    from datetime import timedelta

    from onboard.cli.session import open_session
    from onboard.provision import init

    assert onboard("generate", "--out", "before").code == 0
    site = open_session(Path("org.yaml")).site()
    rows = init(replace(site, now=site.now + timedelta(days=735)))
    assert {"ra", "ocsp", "radius", "signing"} <= {r.kind.value for r in rows if r.outcome.value == "renewed"}
    assert onboard("generate", "--out", "after").code == 0
    before, after = (
        {p.relative_to(out): p.read_bytes() for p in Path(out).rglob("*") if p.is_file()}
        for out in ("before", "after")
    )
    assert before == after
    assert len(before) > 10


def test_ca_init_says_what_to_keep_once(onboard, folder) -> None:
    """Who made a CA hears what to commit and what to back up; who runs it daily does not."""
    assert "back up" not in onboard("ca", "init").err
    done = onboard("ca", "init", "--state", "elsewhere", "--org", str(_fresh(folder)))
    assert done.code == 0
    assert "commit fresh/pki, and back up elsewhere" in done.err


def _fresh(folder: Path) -> Path:
    (folder / "fresh").mkdir()
    shutil.copy(folder / "org.yaml", folder / "fresh/org.yaml")
    return Path("fresh/org.yaml")
