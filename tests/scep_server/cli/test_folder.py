"""The folder of a stand-alone server is made once, completed by the next run, and never overwritten."""

from __future__ import annotations

import stat
from datetime import timedelta

import pytest
from cryptography import x509

from scep_server.cli.folder import Folder
from scep_server.cli.table import SettingsError
from scep_server.weakkeys import NOTHING_KNOWN


@pytest.fixture
def folder(tmp_path):
    made = Folder(tmp_path / "server")
    made.init()
    return made


def contents(folder):
    return {path: path.read_bytes() for path in sorted(folder.path.rglob("*")) if path.is_file()}


def certificate(folder, name):
    return x509.load_pem_x509_certificate((folder.path / "certificates" / f"{name}.pem").read_bytes())


def test_a_second_run_changes_nothing(folder):
    """Keys, certificates, pepper and settings stay byte for byte."""
    before = contents(folder)
    folder.init()
    assert contents(folder) == before


def test_a_half_finished_run_is_completed(folder):
    """What is missing is made for the keys that are there; a new group gets its RA."""
    before = contents(folder)
    (folder.path / "certificates" / "ocsp.pem").unlink()
    with folder.settings_file.open("a") as settings:
        settings.write('[groups.more]\nsubject = { CN = "${device.id}" }\n')
    folder.init()
    after = contents(folder)
    changed = {path.name for path in after if after[path] != before.get(path)}
    assert changed == {"ocsp.pem", "scep.toml", "ra-more.pem", "ra-more.key"}
    assert {endpoint.group for endpoint in folder.config().endpoints} == {"devices", "more"}


def test_a_lost_key_is_not_replaced(folder):
    """A certificate whose key is gone is refused, not superseded by a second PKI."""
    (folder.path / "keys" / "ca.key").unlink()
    with pytest.raises(SettingsError, match="backup"):
        folder.init()


def test_secrets_are_for_their_owner(folder):
    """Keys and pepper 0600, the folder 0700."""
    secret = [*(folder.path / "keys").iterdir(), folder.path / "pepper"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in secret} == {0o600}
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert len((folder.path / "pepper").read_bytes()) == 32


def test_the_hierarchy_is_a_chain(folder):
    """Root, issuing CA, and leaves under it; nothing but the CAs may sign certificates."""
    root, ca = certificate(folder, "root"), certificate(folder, "ca")
    root.verify_directly_issued_by(root)
    ca.verify_directly_issued_by(root)
    for name in ("ra-devices", "ocsp"):
        leaf = certificate(folder, name)
        leaf.verify_directly_issued_by(ca)
        assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_without_init_the_first_command_is_named(tmp_path):
    """Nothing is made by looking."""
    with pytest.raises(SettingsError, match="init"):
        Folder(tmp_path / "nowhere").config()
    assert not (tmp_path / "nowhere").exists()


def test_weak_keys_are_listed_in_a_file(folder):
    """The server gets them; a line that is no key is an error with its place."""
    assert folder.config().known_weak == NOTHING_KNOWN
    listed = folder.path / "weak-keys.txt"
    listed.write_text("sha256:" + "ab" * 32)
    assert folder.config().known_weak.fingerprints == {bytes.fromhex("ab" * 32)}
    listed.write_text("something")
    with pytest.raises(SettingsError, match=r"weak-keys\.txt: line 1"):
        folder.config()


def test_what_nears_its_end_gets_a_successor(folder):
    """For the same key and beside the old one, once; the old RA still opens while it lives."""
    start = folder.clock()
    later = Folder(folder.path, lambda: start + timedelta(days=650))
    later.init()
    later.init()
    made = {path.name for path in (folder.path / "certificates").iterdir()}
    assert made == {"root.pem", "ca.pem", "ocsp.pem", "ocsp@2.pem", "ra-devices.pem", "ra-devices@2.pem"}
    (endpoint,) = later.config().endpoints
    names = ("ra-devices@2", "ra-devices")
    assert [one.certificate for one in endpoint.recipients] == [certificate(folder, name) for name in names]
    much_later = Folder(folder.path, lambda: start + timedelta(days=800))
    (endpoint,) = much_later.config().endpoints
    assert [one.certificate for one in endpoint.recipients] == [certificate(folder, "ra-devices@2")]


def test_nothing_is_renewed_beyond_its_authority(folder):
    """A leaf that ends with the CA has no successor that would end later."""
    end = certificate(folder, "ca").not_valid_after_utc
    moments = [end - timedelta(days=days) for days in (1_100, 400, 60, 30, 1)]
    for moment in moments:
        Folder(folder.path, lambda moment=moment: moment).init()
    made = {path.name for path in (folder.path / "certificates").glob("ra-devices*")}
    assert made == {"ra-devices.pem", "ra-devices@2.pem", "ra-devices@3.pem"}
    assert certificate(folder, "ra-devices@3").not_valid_after_utc == end


def test_a_running_server_takes_what_was_renewed(folder):
    """The first worker renews once a day; the others find it; nothing changes in between."""
    now = folder.clock()
    moved = Folder(folder.path, lambda: now)
    first, other = moved.config().refresh, moved.config().refresh
    assert first(leads=True) is None
    now += timedelta(days=700)
    assert other(leads=False) is None
    for refresh, leads in ((first, True), (other, False)):
        served = refresh(leads=leads)
        assert served.endpoints[0].recipients[0].certificate == certificate(folder, "ra-devices@2")
        assert served.authorities[0].responder.signer == certificate(folder, "ocsp@2")
        assert refresh(leads=leads) is None
