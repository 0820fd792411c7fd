"""jscep, the SCEP client of Java programs and Android agents: it enrols, renews, and fetches what it got."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from support.debian_scep import scepserver
from support.scep_site import RENEWS_AT_ANY_TIME, STATIC_SECRET, site, subject_of

from onboard.cli import run
from scep_server.runtime import running_server
from scep_server.service import ApprovalQueue
from scep_server.sqlite_store import SqliteStore
from scep_server.store import PendingState

PROJECT = Path(__file__).parent / "jscep"
EMAIL = "ada@northwind.example"


pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        shutil.which("mvn") is None or shutil.which("java") is None, reason="Maven or Java is not installed"
    ),
]
Device = Callable[..., str]


@pytest.fixture(scope="module")
def classpath(tmp_path_factory) -> str:
    """The client, compiled without the network."""
    folder = tmp_path_factory.mktemp("jscep")
    maven = ["mvn", "--offline", "--batch-mode", "--quiet", "--file", str(PROJECT / "pom.xml")]
    goals = [f"-Dbuild.folder={folder}", "compile", "dependency:build-classpath"]
    built = subprocess.run([*maven, *goals], capture_output=True, text=True, timeout=300, check=False)
    if built.returncode:
        pytest.skip(f"the packages that .ci/run fetches are not here: {built.stdout[:300]}")
    return f"{folder / 'classes'}:{(folder / 'classpath').read_text().strip()}"


@pytest.fixture
def device(classpath, tmp_path) -> Device:
    """Runs the device; what it says of itself in one line."""

    def run(
        action: str, url: str, authority: x509.Certificate, *, challenge: str = STATIC_SECRET, fails: str = ""
    ) -> str:
        environment = {
            "PATH": os.environ["PATH"],
            "SUBJECT": subject_of(EMAIL),
            "EMAIL": EMAIL,
            "CHALLENGE": challenge,
            "CA_SHA256": authority.fingerprint(SHA256()).hex(),
        }
        store = str(tmp_path / "device.p12")
        command = ["java", "-cp", classpath, "interop.Device", action, url, store]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        if fails:
            assert fails in done.stderr, done.stdout
        else:
            assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


def issued(line: str) -> x509.Certificate:
    word, _, encoded = line.partition(" ")
    assert word == "SUCCESS", line
    return x509.load_der_x509_certificate(bytes.fromhex(encoded))


def test_it_enrols_and_renews(device, tmp_path):
    """A first certificate for the challenge, a second under the first one without."""
    here = site()
    with running_server(here.config(tmp_path / "scep.sqlite", RENEWS_AT_ANY_TIME)) as url:
        first = issued(device("enrol", f"{url}/scep/staff", here.authority.certificate))
        second = issued(device("renew", f"{url}/scep/staff", here.authority.certificate))
    for certificate in (first, second):
        certificate.verify_directly_issued_by(here.authority.certificate)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.RFC822Name) == [EMAIL]
    assert first.subject == second.subject
    assert first.public_key() != second.public_key()
    assert first.serial_number != second.serial_number


def test_it_enrols_under_an_ec_authority(device, tmp_path):
    """The RA is RSA, so it can encrypt; to renew under such a CA is beyond jscep 2.5."""
    here = site("ec-p256", "ec-p384")
    with running_server(here.config(None, RENEWS_AT_ANY_TIME)) as url:
        certificate = issued(device("enrol", f"{url}/scep/staff", here.authority.certificate))
    certificate.verify_directly_issued_by(here.authority.certificate)


def test_it_fetches_its_certificate_and_the_crl(device, tmp_path):
    """GetCert and GetCRL, which nearly no other client sends (RFC 8894 §3.3.4, §3.3.5)."""
    here = site(root_algorithm="rsa-2048")
    with running_server(here.config(tmp_path / "scep.sqlite")) as url:
        issued(device("enrol", f"{url}/scep/staff", here.authority.certificate))
        assert device("fetch", f"{url}/scep/staff", here.authority.certificate) == "CERTIFICATES 1 true"
        assert device("crl", f"{url}/scep/staff", here.authority.certificate) == "CRL 0"


def test_a_wrong_challenge_is_refused_with_the_reason_in_the_log(device, tmp_path, caplog):
    """The client reads the failInfo; the log has the remedy and not the challenge."""
    here = site()
    with caplog.at_level(logging.INFO, "scep_server"), running_server(here.config(None)) as url:
        line = device(
            "enrol", f"{url}/scep/staff", here.authority.certificate, challenge="wrong-but-long-enough"
        )
    assert line == "FAILURE badRequest"
    (record,) = [json.loads(r.message) for r in caplog.records if r.name == "scep_server"]
    assert (record["kind"], record["fail_info"]) == ("refused", "badRequest")
    assert record["remedy"]
    assert "wrong-but-long-enough" not in caplog.text


@pytest.mark.skipif(shutil.which("scepserver") is None, reason="Debian's package scep is not installed")
def test_doctor_foretells_how_it_fares_elsewhere(device, tmp_path, capsys):
    """At Debian's server it fails with an HTTP 500, as `onboard doctor` says of Android agents."""
    with scepserver(tmp_path, STATIC_SECRET) as url:
        authority = x509.load_pem_x509_certificate((tmp_path / "depot" / "ca.pem").read_bytes())
        device("enrol", url, authority, fails="500 Internal Server Error")
        (tmp_path / "challenge").write_text(STATIC_SECRET)
        run(
            [
                "doctor",
                url,
                "--format",
                "json",
                "--subject",
                "CN={}",
                "--challenge",
                f"file:{tmp_path}/challenge",
            ]
        )
    rows = {(row["client"], row["check"]): row for row in json.loads(capsys.readouterr().out)}
    foretold = rows["Android agent (jscep)", "enrolment"]
    assert foretold["outcome"] == "would fail"
    assert "HTTP 500 (pkcs7: Message digest mismatch" in foretold["why"]


def test_it_waits_until_a_person_has_decided(classpath, tmp_path):
    """Without a challenge it is told PENDING and polls; it gets the certificate, or the refusal."""
    here = site()
    endpoint = here.endpoint(static=(), approval=ApprovalQueue())
    store = SqliteStore(tmp_path / "scep.sqlite")
    with running_server(here.config(tmp_path / "scep.sqlite", endpoints=(endpoint,))) as url:
        for decision in ("approve", "reject"):
            environment = {
                "PATH": os.environ["PATH"],
                "SUBJECT": subject_of(EMAIL),
                "EMAIL": EMAIL,
                "CA_SHA256": here.authority.certificate.fingerprint(SHA256()).hex(),
            }
            command = ["java", "-cp", classpath, "interop.Device", "wait", f"{url}/scep/staff"]
            with subprocess.Popen(
                [*command, str(tmp_path / f"{decision}.p12")],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                bufsize=1,
            ) as process:
                said = [process.stdout.readline().strip()]
                process.stdin.write("x")
                process.stdin.flush()
                said.append(process.stdout.readline().strip())
                now = datetime.now(UTC)
                (request,) = (p for p in store.pending(now) if p.state is PendingState.WAITING)
                if decision == "approve":
                    store.approve(request.id, now, now + timedelta(days=1))
                else:
                    store.reject(request.id, "not on the list", now)
                process.stdin.write("x")
                process.stdin.flush()
                last = process.stdout.readline().strip()
                process.stdin.close()
            assert said == ["PENDING", "PENDING"], process.stderr
            if decision == "approve":
                issued(last).verify_directly_issued_by(here.authority.certificate)
            else:
                assert last == "FAILURE badRequest"
    store.close()
