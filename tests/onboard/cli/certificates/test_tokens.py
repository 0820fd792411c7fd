"""An issuing CA whose key is on a PKCS#11 token: made, served by several workers, revoked with."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from support.scep_requests import cms, csr, enrol, read_reply, rsa_key, self_signed
from support.serving import running
from support.softhsm import LIBRARY, PIN, needs_softhsm, token

pytestmark = [pytest.mark.slow, needs_softhsm]
_DER = Encoding.DER
URI = "pkcs11:token=onboard%20tests;object="


@pytest.fixture
def on_token(folder, monkeypatch, request) -> Path:
    """The example org, whose students are to have an authority on a token."""
    token()
    org = folder / "org.yaml"
    text = org.read_text()
    begin = text.index("\n  students:", text.index("\nauthorities:"))
    end = text.index("\n    valid_for:", begin)
    org.write_text(f'{text[:end]}\n    private_key: "{URI}{request.node.name}"{text[end:]}')
    monkeypatch.setenv("ONBOARD_PKCS11_MODULE", LIBRARY)
    monkeypatch.setenv("ONBOARD_PKCS11_PIN", "env:TEST_PIN")
    monkeypatch.setenv("TEST_PIN", PIN)
    return folder


def start_over(folder: Path) -> None:
    """As before the first `ca init`, where nothing of the students' authority was made."""
    for place in ("pki/students.pem", ".onboard/keys/students.key"):
        (folder / place).unlink()
    for kind in ("ra", "ocsp", "signing", "audit", "radius"):
        for path in (folder / ".onboard" / kind).iterdir():
            path.unlink()


def test_an_authority_on_a_token_serves_devices(onboard, on_token) -> None:
    """Its certificate, its RA, the device's certificate, CRL and OCSP come from two workers at once."""
    start_over(on_token)
    done = onboard("ca", "init")
    assert done.code == 0, done.err
    authority = x509.load_pem_x509_certificate(Path("pki/students.pem").read_bytes())
    root = x509.load_pem_x509_certificate(Path("pki/root.pem").read_bytes())
    authority.verify_directly_issued_by(root)
    assert not Path(".onboard/keys/students.key").exists()
    assert PIN not in Path(".onboard/keys/students.token").read_text()
    challenge = onboard("challenge", "new", "students", "--set", "device.id=laptop-7").out.strip()
    with running(on_token, "serve", "--workers", "2") as (base, process):
        for _ in range(8):
            assert httpx.get(f"{base}/healthz", trust_env=False).text == "ok\n"
        device = enrolled(base, challenge)
        device.verify_directly_issued_by(authority)
        crl = x509.load_der_x509_crl(httpx.get(f"{base}/crl/students.crl", trust_env=False).content)
        assert crl.is_signature_valid(authority.public_key())
        question = ocsp.OCSPRequestBuilder().add_certificate(device, authority, SHA1()).build()
        answer = httpx.post(f"{base}/ocsp/students", content=question.public_bytes(_DER), trust_env=False)
        assert ocsp.load_der_ocsp_response(answer.content).certificate_status is ocsp.OCSPCertStatus.GOOD
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert onboard("ca", "init", "--format", "json").code == 0


def enrolled(base: str, challenge: str) -> x509.Certificate:
    """What a device gets."""
    url, subject = f"{base}/scep/students", "CN=laptop-7,OU=students,O=Northwind University"
    bundle = httpx.get(f"{url}?operation=GetCACert", trust_env=False).content
    ra = x509.load_der_x509_certificate(cms.ContentInfo.load(bundle)["content"]["certificates"][0].dump())
    pair = self_signed(rsa_key("device"), subject=subject)
    message = enrol(csr(rsa_key("device"), subject=subject, challenge=challenge), ra, pair)
    reply = httpx.post(f"{url}?operation=PKIOperation", content=message, trust_env=False)
    answer = read_reply(reply.content, pair)
    assert answer.status == "0", answer.fail_info_text
    return x509.load_der_x509_certificate(answer.certificates[0])


def test_a_key_does_not_move(onboard, on_token) -> None:
    """An authority with a key in a file is not taken for one on a token; it takes a rollover."""
    done = onboard("ca", "init")
    assert done.code == 1
    assert "its key is a file, the org says on a token" in done.err
    assert "ca rotate" in done.err


@pytest.mark.parametrize("lacking", ["ONBOARD_PKCS11_PIN", "ONBOARD_PKCS11_MODULE"])
def test_what_the_machine_lacks_is_named(on_token, monkeypatch, lacking) -> None:
    """In a process that has opened no token yet; and nothing is made before."""
    start_over(on_token)
    monkeypatch.delenv(lacking)
    command = [sys.executable, "-m", "onboard", "ca", "init"]
    done = subprocess.run(command, cwd=on_token, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert lacking in done.stderr
    assert "Traceback" not in done.stderr
    assert not Path(".onboard/keys/students.token").exists()


def test_a_pin_in_the_org_is_refused(onboard, on_token) -> None:
    """The org definition is in version control."""
    org = Path("org.yaml")
    org.write_text(org.read_text().replace("object=", "object=x?pin-value="))
    done = onboard("check")
    assert done.code == 1
    assert "the PIN is no part of it" in done.err + done.out
