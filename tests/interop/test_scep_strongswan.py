"""strongSwan's `pki --scep` against a real socket: it enrols, renews, and a refusal has its reason logged."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from support.scep_site import RENEWS_AT_ANY_TIME, STATIC_SECRET, site

from scep_server.runtime import running_server

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(shutil.which("pki") is None, reason="strongSwan's pki is not installed"),
]
RSA = site(root_algorithm="rsa-2048")  # some packages of strongSwan come without any EC code
SUBJECT = "CN=ada@northwind.example, OU=staff, O=Northwind University"


def run(*arguments, folder, check=True) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["pki", *map(str, arguments)], cwd=folder, capture_output=True, timeout=60, check=check
    )


@pytest.fixture
def folder(tmp_path):
    """The client's folder: a key and the three certificates that GetCACert gave."""
    key = run("--gen", "--type", "rsa", "--size", "2048", "--outform", "pem", folder=tmp_path)
    (tmp_path / "key.pem").write_bytes(key.stdout)
    here = RSA
    for name, certificate in (
        ("ra", here.ra.certificate),
        ("ca", here.authority.certificate),
        ("root", here.root),
    ):
        (tmp_path / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    return tmp_path


def enrol(folder, url, *, challenge=STATIC_SECRET, more=(), check=True):
    arguments = ["--scep", "--url", f"{url}/scep/staff", "--in", "key.pem", "--dn", SUBJECT]
    arguments += ["--san", "ada@northwind.example", "--cacert-enc", "ra.pem", "--cacert-sig", "ra.pem"]
    arguments += ["--cacert", "ca.pem", "--cacert", "root.pem", "--outform", "pem", *more]
    if challenge:
        arguments += ["--password", challenge]
    return run(*arguments, folder=folder, check=check)


def test_it_fetches_the_ca_certificates(tmp_path):
    """RA, issuing CA and root come out, each a certificate by itself."""
    with running_server(RSA.config(None)) as url:
        run(
            *("--scepca", "--url", f"{url}/scep/staff", "--caout", "ca.pem", "--raout", "ra.pem"),
            *("--outform", "pem"),
            folder=tmp_path,
        )
    found = {x509.load_pem_x509_certificate(path.read_bytes()) for path in tmp_path.iterdir()}
    assert found == {RSA.root, RSA.authority.certificate, RSA.ra.certificate}


def test_it_enrols_and_the_chain_verifies(folder, tmp_path):
    """With the right challenge it gets a certificate for its key that its own verifier accepts."""
    with running_server(RSA.config(tmp_path / "scep.sqlite")) as url:
        certificate = enrol(folder, url).stdout
    (folder / "cert.pem").write_bytes(certificate)
    parsed = x509.load_pem_x509_certificate(certificate)
    assert parsed.subject.rfc4514_string() == "O=Northwind University,OU=staff,CN=ada@northwind.example"
    verified = run(
        *("--verify", "--in", "cert.pem", "--cacert", "root.pem", "--cacert", "ca.pem"), folder=folder
    )
    assert b"certificate trusted" in verified.stdout


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_it_enrols_with_every_modern_digest(folder, digest):
    """The reply mirrors what it used, so it can read it."""
    with running_server(RSA.config(None)) as url:
        assert enrol(folder, url, more=["--digest", digest]).stdout


def test_it_renews_with_its_certificate_and_no_challenge(folder):
    """RenewalReq signed by the certificate that we issued needs no challenge."""
    with running_server(RSA.config(None, RENEWS_AT_ANY_TIME)) as url:
        (folder / "old.pem").write_bytes(enrol(folder, url).stdout)
        key = run("--gen", "--type", "rsa", "--size", "2048", "--outform", "pem", folder=folder)
        (folder / "old-key.pem").write_bytes((folder / "key.pem").read_bytes())
        (folder / "key.pem").write_bytes(key.stdout)
        renewal = ["--cert", "old.pem", "--key", "old-key.pem"]
        new = enrol(folder, url, challenge=None, more=renewal).stdout
    assert x509.load_pem_x509_certificate(new).serial_number


def test_a_wrong_challenge_is_refused_with_the_reason_in_the_log(folder, caplog):
    """The device gets badRequest, the log says what to do, and the challenge is in neither."""
    with caplog.at_level(logging.INFO, "scep_server"), running_server(RSA.config(None)) as url:
        refused = enrol(folder, url, challenge="wrong-but-long-enough", check=False)
    assert refused.returncode != 0
    assert not refused.stdout
    (line,) = [json.loads(record.message) for record in caplog.records if record.name == "scep_server"]
    assert (line["kind"], line["fail_info"]) == ("refused", "badRequest")
    assert line["remedy"]
    assert "wrong-but-long-enough" not in caplog.text
