"""`onboard doctor` against Debian's `scep` server, whose faults are known, and ours, which must have none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from support.debian_scep import scepserver
from support.scep_site import RENEWS_AT_ANY_TIME, STATIC_SECRET, site

from onboard.cli import run
from scep_server.algorithms import AlgorithmPolicy
from scep_server.runtime import running_server

pytestmark = pytest.mark.interop
needs_scepserver = pytest.mark.skipif(
    shutil.which("scepserver") is None, reason="Debian's package scep is not installed"
)
Findings = list[dict[str, str]]
APPLE, WINDOWS, CERTMONGER, CISCO = "Apple", "Windows", "certmonger", "Cisco IOS-XE"
CHROME, ANDROID = "Google Cloud Certificate Connector", "Android agent (jscep)"
TODAY = replace(
    RENEWS_AT_ANY_TIME,
    algorithms=AlgorithmPolicy(allow_sha1=True, allow_3des=False),
    backdate=timedelta(hours=24),
)


@pytest.fixture
def doctor(capsys, monkeypatch) -> Callable[..., tuple[int, Findings, str]]:
    """The command in this process: exit code, findings, what it said on stderr."""

    def call(url: str, *arguments: str) -> tuple[int, Findings, str]:
        monkeypatch.setenv("DOCTOR_CHALLENGE", STATIC_SECRET)
        capsys.readouterr()
        code = run(["doctor", url, "--format", "json", *arguments])
        captured = capsys.readouterr()
        return code, json.loads(captured.out), captured.err

    return call


def enrolling(subject: str, *more: str) -> tuple[str, ...]:
    return ("--challenge", "env:DOCTOR_CHALLENGE", "--subject", subject, *more)


def of(findings: Findings, check: str, *words: str) -> Mapping[str, str]:
    """The outcome for each client that has a finding of this check with these words in it."""
    return {
        f["client"]: f["outcome"]
        for f in findings
        if f["check"] == check and all(word in f["why"] for word in words)
    }


@needs_scepserver
def test_debian_s_server_shows_its_faults(tmp_path, doctor):
    """Every fault of it that is known is found, for the clients that stumble over it, with a cure."""
    with scepserver(tmp_path, STATIC_SECRET, "-allowrenew", "0") as url:
        code, found, said = doctor(url, *enrolling("CN={},O=Northwind", "--san", "upn:{}@northwind.example"))
    assert code == 1
    assert of(found, "path", "404") == {WINDOWS: "would fail"}
    assert of(found, "enrolment", "rsa: decryption error", "HTTP 500") == {WINDOWS: "would fail"}
    assert of(found, "GET encoding", "illegal base64") == {APPLE: "risk"}
    assert of(found, "algorithms", "single DES") == {
        APPLE: "risk",
        CERTMONGER: "would fail",
        CHROME: "risk",
        CISCO: "would fail",
    }
    enrolled = {APPLE, CERTMONGER, CHROME, CISCO}
    assert of(found, "algorithms", "SHA-1, the request with SHA-256").keys() == enrolled
    assert of(found, "form of the reply", "constructed")[CHROME] == "would fail"
    assert of(found, "form of the reply", "constructed").keys() == enrolled
    assert of(found, "nonces", "echoes") == dict.fromkeys(enrolled, "risk")
    assert of(found, "retransmission", "another certificate") == dict.fromkeys(enrolled, "risk")
    assert of(found, "renewal", "with a challenge") == dict.fromkeys(enrolled, "risk")
    assert of(found, "certificate", "upn") == dict.fromkeys(enrolled, "would fail")
    assert of(found, "certificate", "neither CRL nor OCSP").keys() == enrolled
    assert of(found, "certificate", "SHA-1") == {"every client": "risk"}
    assert of(found, "GetCACert", "2.1.2") == {"every client": "risk"}
    assert of(found, "proof of possession", "certificate") == {"every client": "unsafe"}
    assert of(found, "serial numbers") == {"every client": "unsafe"}
    assert all(f["cure"] for f in found if f["outcome"] in ("would fail", "unsafe", "risk"))
    assert "revoke them" in said
    assert STATIC_SECRET not in json.dumps(found) + said


@needs_scepserver
def test_debian_s_server_keeps_wiped_devices_out(tmp_path, doctor):
    """As it is shipped, a name gets one certificate until that is about to end."""
    with scepserver(tmp_path, STATIC_SECRET) as url:
        _, found, _ = doctor(url, *enrolling("CN={},O=Northwind"))
    assert of(found, "same name again", "wiped") == {"every client": "would fail"}


@needs_scepserver
def test_debian_s_server_is_judged_without_a_challenge(tmp_path, doctor):
    """What can be seen from outside is seen, and nothing is issued."""
    with scepserver(tmp_path, STATIC_SECRET) as url:
        code, found, said = doctor(url)
    assert code == 1
    assert of(found, "path", "404") == {WINDOWS: "would fail"}
    assert of(found, "GET encoding", "illegal base64") == {APPLE: "risk"}
    assert of(found, "pkiMessage", "not implemented").keys() >= {APPLE, CISCO}
    assert said == ""
    assert [path.name for path in (tmp_path / "depot").glob("*.pem")] == ["ca.pem"]


@pytest.mark.parametrize("algorithms", [("rsa-2048", "rsa-2048"), ("ec-p256", "ec-p384")], ids=["rsa", "ec"])
def test_ours_fails_no_client(tmp_path, doctor, algorithms):
    """Whatever the CA's key: all enrol, repeat and renew, and what must be refused is refused."""
    here = site(*algorithms)
    config = here.config(tmp_path / "scep.sqlite", TODAY, per_address=None)
    with running_server(config) as url:
        subject = "CN={}@northwind.example,OU=staff,O=Northwind University"
        more = ("--san", "rfc822:{}@northwind.example")
        code, found, _ = doctor(f"{url}/scep/staff", *enrolling(subject, *more))
    assert code == 0
    everyone = {APPLE, WINDOWS, CERTMONGER, CHROME, ANDROID, CISCO}
    assert of(found, "enrolment") == dict.fromkeys(everyone, "ok")
    assert of(found, "retransmission") == dict.fromkeys(everyone, "ok")
    assert of(found, "algorithms") == dict.fromkeys(everyone, "ok")
    assert of(found, "refusal") == of(found, "serial numbers") == {"every client": "ok"}
    # The site's URLs for CRL and issuer lead nowhere; its CA is of today, so nothing is dated back further;
    # jscep 2.5 cannot renew under an EC CA.
    risks = {(f["client"], f["check"]) for f in found if f["outcome"] != "ok"}
    expected = {("every client", "CRL and issuer"), (WINDOWS, "certificate")}
    assert risks == expected | ({(ANDROID, "renewal")} if algorithms[0] == "ec-p256" else set())
