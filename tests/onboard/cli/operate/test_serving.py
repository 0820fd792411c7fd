"""`serve` and `up` as processes: they say when they are ready, answer, and end cleanly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from support.serving import CHALLENGE, running

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("workers", ["1", "2"])
def test_serve_answers_and_ends(folder, workers) -> None:
    """`serve` says `listening on URL`, answers every path of the contract, and ends 0 on SIGTERM."""
    with running(folder, "serve", "--workers", workers) as (base, process):
        with httpx.Client(base_url=base, trust_env=False) as client:
            caps = client.get("/scep/staff/pkiclient.exe?operation=GetCACaps&message=x")
            assert "SCEPStandard" in caps.text.splitlines()
            assert client.get("/scep/nobody?operation=GetCACaps").status_code == 404
            assert client.get("/healthz").text.strip() == "ok"
            authority = x509.load_der_x509_certificate(client.get("/ca/staff.cer").content)
            for name in ("root", "staff", "students"):
                answer = client.get(f"/crl/{name}.crl")
                assert answer.status_code == 200
                x509.load_der_x509_crl(answer.content)
        assert b"Northwind Staff" in authority.subject.public_bytes()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def test_only_scep_serves_no_crl(folder) -> None:
    """`--only scep` leaves CRLs to another host."""
    with running(folder, "serve", "--only", "scep") as (base, _):
        assert httpx.get(f"{base}/crl/root.crl", trust_env=False).status_code == 404
        assert httpx.get(f"{base}/scep/staff?operation=GetCACaps", trust_env=False).status_code == 200


def test_up_does_it_all(folder) -> None:
    """`up` makes what is missing, writes payloads, prints the whitelist and serves."""
    with running(folder, "up", "--out", "payloads") as (base, process):
        assert (folder / "payloads" / "manifest.json").is_file()
        assert httpx.get(f"{base}/healthz", trust_env=False).status_code == 200
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
        assert process.returncode == 0
        assert "start.northwind.example" in out


def test_occupied_port_is_named(folder) -> None:
    """A port that somebody else has is an error with a cure, not a traceback."""
    with running(folder, "serve") as (base, _):
        port = base.rpartition(":")[2]
        done = subprocess.run(
            [sys.executable, "-m", "onboard", "serve", "--port", port],
            cwd=folder,
            env=os.environ | {"NORTHWIND_STAFF_CHALLENGE": CHALLENGE},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 1
        assert port in done.stderr
        assert "Traceback" not in done.stderr


def test_unset_challenge_stops_serve(onboard, folder, monkeypatch) -> None:
    """A static challenge that is not set is named with its line before anything listens."""
    monkeypatch.delenv("NORTHWIND_STAFF_CHALLENGE")
    done = onboard("serve", "--port", "0")
    assert done.code == 1
    assert "org.yaml:49:" in done.err


def test_half_a_certificate_is_a_usage_error(onboard, folder) -> None:
    """`--tls-cert` without `--tls-key` is refused."""
    assert onboard("serve", "--tls-cert", "x.pem").code == 64


def test_parts_ask_for_their_own_secrets_alone(folder) -> None:
    """CRLs and OCSP outside need no challenge, so the host there is given none."""
    with running(folder, "serve", "--only", "pki", secret="") as (base, _):
        assert httpx.get(f"{base}/crl/staff.crl", trust_env=False).status_code == 200
        assert httpx.get(f"{base}/scep/staff?operation=GetCACaps", trust_env=False).status_code == 404


def test_metrics_from_afar_need_the_token(folder) -> None:
    """Through a proxy nobody is on loopback; the bearer of the token reads them all the same."""
    (folder / "token").write_text("a-token-for-prometheus\n")
    afar = {"x-forwarded-for": "10.0.0.9"}
    with running(folder, "serve", "--metrics-token", "file:token") as (base, _):
        for token, code in (("nothing", 403), ("something-else", 403), ("a-token-for-prometheus", 200)):
            headers = afar | {"authorization": f"Bearer {token}"}
            assert httpx.get(f"{base}/metrics", headers=headers, trust_env=False).status_code == code


@pytest.mark.parametrize(
    ("certificate", "key", "says"),
    [
        ("absent.pem", "pki/staff.pem", "absent.pem cannot be read: No such file or directory"),
        ("org.yaml", "org.yaml", "no PEM certificate and its key"),
        ("pki/staff.pem", ".onboard/keys/root.key", "no PEM certificate and its key"),
        ("pki/staff.pem", "encrypted.key", "is encrypted"),
    ],
)
def test_a_wrong_tls_certificate_is_told_before_anything_starts(
    onboard, folder, certificate, key, says
) -> None:
    """The file and the reason; nobody is asked for a passphrase on a server's console."""
    made = ec.generate_private_key(ec.SECP256R1())
    (folder / "encrypted.key").write_bytes(
        made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"passphrase"))
    )
    done = onboard("serve", "--port", "0", "--tls-cert", certificate, "--tls-key", key)
    assert (done.code, done.out) == (1, "")
    assert says in done.err


def test_an_address_of_another_machine_names_the_option(onboard, folder) -> None:
    """The cure is another --host, not another port."""
    done = onboard("serve", "--host", "192.0.2.1", "--port", "0")
    assert done.code == 1
    assert "cannot listen on 192.0.2.1 port 0" in done.err
    assert "--host" in done.err
