"""The stand-alone server's queue and its answer to a leak, over HTTP and by its own commands."""

from __future__ import annotations

import httpx
import pytest
from asn1crypto import cms
from cryptography import x509
from support.scep_requests import csr, enrol, read_reply, rsa_key, self_signed
from typer.testing import CliRunner

from scep_server.cli import app
from scep_server.cli.folder import Folder
from scep_server.runtime import running_server

SECRET = "correct-horse-battery-staple"
SETTINGS = """\
url = "http://127.0.0.1:8080"
[groups.desk]
subject = { CN = "${device.id}" }
max_active = 1
challenge = { type = "approval", secret = "env:DESK" }
[groups.field]
subject = { CN = "${device.id}" }
max_active = 1
challenge = { secret = "env:FIELD", also_accept = [{ secret = "env:FORMER", until = 2099-01-01 }] }
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("DESK", "FIELD"):
        monkeypatch.setenv(name, SECRET)
    monkeypatch.setenv("FORMER", SECRET[::-1])
    (tmp_path / "scep.toml").write_text(SETTINGS)
    made = Folder(tmp_path)
    made.init()
    return made


@pytest.fixture
def url(folder):
    with running_server(folder.config()) as base:
        yield base


def run(folder, *words, code=0):
    command, *rest = words
    result = CliRunner().invoke(app, [command, str(folder.path), *rest])
    assert result.exit_code == code, result.output
    return result.output


def ask(url, group, key="device", secret=SECRET, name="printer-7"):
    """The reply to a request of a device."""
    base = f"{url}/scep/{group}?operation="
    bundle = cms.ContentInfo.load(httpx.get(f"{base}GetCACert").content)["content"]["certificates"]
    ra = x509.load_der_x509_certificate(bundle[0].dump())
    pair = self_signed(rsa_key(key), subject=f"CN={name}")
    message = enrol(csr(rsa_key(key), subject=f"CN={name}", challenge=secret), ra, pair)
    return read_reply(httpx.post(f"{base}PKIOperation", content=message).content, pair)


def test_a_request_waits_until_it_is_approved(folder, url):
    """PENDING, listed with its subject, and the certificate after `approve`."""
    assert ask(url, "desk").status == "3"
    identifier, state, group, address, subject = run(folder, "pending").split()
    assert (state, group, address, subject) == ("waiting", "desk", "127.0.0.1", "CN=printer-7")
    run(folder, "approve", identifier)
    assert ask(url, "desk").status == "0"
    assert "already" in run(folder, "approve", identifier, code=1)


def test_a_rejected_request_is_told_why(folder, url):
    """The device gets the text that the person wrote; an unknown id decides nothing."""
    ask(url, "desk")
    identifier = run(folder, "pending").split()[0]
    assert "no request waits" in run(folder, "reject", identifier, "no-such-id", code=1)
    assert "waiting" in run(folder, "pending")
    run(folder, "reject", identifier, "--reason", "not on the list")
    reply = ask(url, "desk")
    assert reply.status == "2"
    assert "not on the list" in reply.fail_info_text


def test_without_the_secret_nobody_gets_into_the_queue(folder, url):
    """A guarded queue is no open door."""
    assert ask(url, "desk", secret="something else entirely").status == "2"
    assert run(folder, "pending") == ""


def test_a_subject_has_only_so_many_live_certificates(folder, url):
    """`max_active` of a group in scep.toml counts, whichever secret was shown."""
    assert ask(url, "field").status == "0"
    assert ask(url, "field", key="another", secret=SECRET[::-1]).status == "2"


def test_what_a_leaked_secret_gave_is_revoked(folder, url):
    """Only what that secret gave, and with --dry-run nothing."""
    ask(url, "field", name="one")
    ask(url, "field", name="two", secret=SECRET[::-1])
    now, former = (line.split()[1] for line in run(folder, "challenges").splitlines() if "field" in line)
    assert now != former
    assert "CN=one" not in run(folder, "revoke-since", former, "2020-01-01", "--dry-run")
    assert "revoked" not in run(folder, "certificates")
    assert "CN=two" in run(folder, "revoke-since", former, "2020-01-01", "--reason", "key-compromise")
    states = {line.split()[4]: line.split()[3] for line in run(folder, "certificates").splitlines()}
    assert states == {"CN=one": "valid", "CN=two": "revoked"}
    assert run(folder, "revoke-since", now, "2099-01-01") == ""
