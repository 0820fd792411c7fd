"""Debian's `scepclient` (micromdm 2.1): it sends single DES and SHA-1 whatever it is told, and is refused."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from support.scep_site import LEGACY, POLICY, STATIC_SECRET, site

from scep_server.audit import EventKind
from scep_server.runtime import running_server
from scep_server.sqlite_store import SqliteStore

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(shutil.which("scepclient") is None, reason="Debian's package scep is not installed"),
]


# It envelopes to all certificates of GetCACert and crashes at an EC one, unless a fingerprint chooses the RA.
@pytest.mark.parametrize(
    "here", [site(root_algorithm="rsa-2048"), site("ec-p256", "ec-p384")], ids=["rsa", "ec"]
)
@pytest.mark.parametrize("policy", [POLICY, LEGACY], ids=["modern", "legacy"])
def test_single_des_is_refused_and_the_log_names_the_cure(tmp_path, caplog, policy, here):
    """Whatever the profile allows: the client gets badAlg, the log says what to change, nothing is issued."""
    database = tmp_path / "scep.sqlite"
    fingerprint = ("-ca-fingerprint", here.ra.certificate.fingerprint(SHA256()).hex())
    chosen = () if isinstance(here.root.public_key(), rsa.RSAPublicKey) else fingerprint
    with caplog.at_level(logging.INFO, "scep_server"), running_server(here.config(database, policy)) as url:
        client = subprocess.run(
            [
                *("scepclient", "-server-url", f"{url}/scep/staff", "-challenge", STATIC_SECRET),
                *chosen,
                *("-private-key", "client.key", "-certificate", "client.pem"),
                *("-cn", "ada@northwind.example", "-ou", "staff", "-organization", "Northwind University"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert client.returncode != 0
    assert "badAlg" in client.stdout + client.stderr or "bad algorithm" in client.stdout + client.stderr
    assert not (tmp_path / "client.pem").exists()
    lines = [json.loads(record.message) for record in caplog.records if record.name == "scep_server"]
    assert {line["fail_info"] for line in lines} == {"badAlg"}
    assert all("DES" in line["reason"] or "SHA-1" in line["reason"] for line in lines)
    assert all(line["remedy"] for line in lines)
    assert STATIC_SECRET not in caplog.text
    store = SqliteStore(database)
    assert list(store.certificates()) == []
    assert {json.loads(link.text)["kind"] for link in store.audit()} == {EventKind.COUNTED}
    store.close()
