"""Each fault that doctor knows is put into a server that is right otherwise, and must be found."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from support.doctor_outcomes import (
    ALL,
    ANDROID,
    APPLE,
    CERTMONGER,
    CISCO,
    FAILS,
    OK,
    RISK,
    UNKNOWN,
    UNSAFE,
    WINDOWS,
    outcomes,
)
from support.scep_certificates import KEYS, certificate

from onboard.devices.scep.ca_certificates import Fingerprint
from onboard.doctor import EVERY_CLIENT, Check, Finding, examine, failed

from .conftest import Server, visit


@pytest.mark.parametrize("enrol", [False, True], ids=["asking", "enrolling"])
def test_an_honest_server_fails_no_client(enrol):
    """Where nothing is wrong nobody would fail, and everything that could be judged was."""
    found = examine(visit(Server(), enrol=enrol)).findings
    assert [f for f in found if f.outcome in (FAILS, UNSAFE, UNKNOWN)] == []
    assert outcomes(found, Check.MESSAGE) == dict.fromkeys(ALL, OK)
    assert outcomes(found, Check.ENROLMENT) == (dict.fromkeys(ALL, OK) if enrol else {})
    renewals = dict.fromkeys(ALL, OK) | {ANDROID: RISK}  # the CA's key is EC
    assert outcomes(found, Check.RENEWAL) == (renewals if enrol else {})


def test_the_leaf_has_to_come_first_for_apple_only():
    """Apple takes the first certificate as its identity; others look for their key."""
    server = Server()
    server.certificates = lambda leaf: [server.ca, leaf]
    found = outcomes(examine(visit(server, enrol=True)).findings, Check.REPLY)
    assert (found[APPLE], found[WINDOWS]) == (FAILS, RISK)


def test_a_bundle_without_an_rsa_key_serves_nobody():
    """Nobody can encrypt to an EC key; that ends the examination without a crash."""
    server = Server()
    server.served = [server.ca, server.root]
    found = examine(visit(server, enrol=True)).findings
    assert outcomes(found, Check.RA) == dict.fromkeys(ALL, FAILS)


def test_an_ra_without_key_usage_is_no_ra():
    """Apple's selector and everybody else's go by key usage; the rest is judged all the same."""
    server = Server()
    bare = certificate("RA", KEYS[0].public_key(), "Issuing", server.ca_key)
    server.served = [bare, server.ca, server.root]
    found = examine(visit(server)).findings
    assert outcomes(found, Check.RA)[APPLE] is FAILS
    assert outcomes(found, Check.GET)[CERTMONGER] is not FAILS


def test_two_hierarchies_in_one_bundle_stop_apple():
    """SecSCEP.c refuses chains that end in different CAs."""
    server, other = Server(), Server()
    stranger = certificate("Stranger", other.root_key.public_key(), "Stranger", other.root_key, ca=True)
    server.served = [server.ra, server.ca, server.root, stranger]
    assert outcomes(examine(visit(server)).findings, Check.RA)[APPLE] is FAILS


def test_http_10_is_asked_by_the_client_that_speaks_it():
    """A proxy that refuses HTTP/1.0 stops Cisco, and what comes after is judged all the same."""
    old = httpx.MockTransport(lambda _: httpx.Response(505, text="HTTP Version Not Supported"))
    found = examine(visit(Server(), enrol=True, old=old)).findings
    assert outcomes(found, Check.HTTP_10) == {CISCO: FAILS}
    assert outcomes(found, Check.ENROLMENT)[CISCO] is OK


def test_chunks_in_http_10_stop_the_client():
    """HTTP/1.0 knows no chunks."""
    server = Server()

    def chunked(request):
        answer = server.answered(request)
        answer.headers["transfer-encoding"] = "chunked"
        return answer

    found = examine(visit(server, old=httpx.MockTransport(chunked))).findings
    assert outcomes(found, Check.HTTP_10) == {CISCO: FAILS}


def test_a_refusal_as_http_500_is_a_risk():
    """A client must learn that its challenge is wrong, by a CertRep."""
    server = Server()

    def tamper(request, answer):
        refused = request.method == "POST" and b"\x13\x012" in answer.content  # a PrintableString "2"
        return httpx.Response(500, text="challenge does not match") if refused else answer

    server.tamper = tamper
    found = examine(visit(server, enrol=True)).findings
    (refusal,) = [f for f in found if f.check is Check.REFUSAL]
    assert refusal.outcome is RISK
    assert "challenge does not match" in refusal.why


@dataclass(frozen=True)
class Case:
    pin: Fingerprint | None
    url: str
    trusted: bool


OTHER = Fingerprint(hashlib.sha256(b"another CA").digest())
HTTPS = "https://scep.northwind.example/scep/staff"


@pytest.mark.parametrize(
    "case", [Case(OTHER, HTTPS, True), Case(None, HTTPS, False)], ids=["another pin", "untrusted TLS"]
)
def test_a_challenge_is_not_sent_to_a_stranger(case):
    """Whoever owns the RA certificate can read the challenge: it has to be vouched for."""
    server = Server()
    trouble = "" if case.trusted else "self-signed certificate"
    there = visit(
        server,
        enrol=True,
        url=case.url,
        pin=case.pin,
        tls_trouble=lambda _old, verify: trouble if verify else "",
    )
    found = examine(there).findings
    assert outcomes(found, Check.ENROLMENT) == {EVERY_CLIENT: UNKNOWN}
    assert set(server.asked) <= {"20"}


def test_a_fitting_pin_vouches_where_tls_does_not():
    """With the CA's fingerprint the challenge is safe over any transport."""
    server = Server()
    pin = Fingerprint(hashlib.sha256(server.root.public_bytes(Encoding.DER)).digest())
    there = visit(
        server, enrol=True, url=HTTPS, pin=pin, tls_trouble=lambda _old, verify: "x" if verify else ""
    )
    assert outcomes(examine(there).findings, Check.ENROLMENT) == dict.fromkeys(ALL, OK)


def test_windows_needs_tls_12():
    """A server that has TLS 1.3 alone is out of reach for Windows' SCEP client."""
    there = visit(Server(), url=HTTPS, tls_trouble=lambda old, _verify: "no common version" if old else "")
    assert outcomes(examine(there).findings, Check.TLS) == {WINDOWS: FAILS}


def test_every_issued_certificate_is_reported():
    """An administrator has to be able to revoke what the examination left behind."""
    server = Server(repeats_itself=False, checks_possession=False)
    examination = examine(visit(server, enrol=True))
    known = {c.serial_number for c in server.issued.values()}
    assert known <= {c.serial_number for c in examination.issued}


@pytest.mark.parametrize(
    "body", [b"", b"\x30", b"\x30\x80", b"<html>", b"\x30\x03\x02\x01\x01", b"\x00" * 64]
)
def test_garbage_is_a_finding_and_no_crash(body):
    """A server may answer anything to anything."""
    server = Server(tamper=lambda _request, _answer: httpx.Response(200, content=body))
    found = examine(visit(server, enrol=True)).findings
    assert failed(found)


@pytest.mark.parametrize("body", [b"", b"\x30", b"\x30\x80\x00\x00", b"no", b"\x30\x03\x02\x01\x01"])
def test_a_garbled_reply_is_a_finding_and_no_crash(body):
    """The same for replies to messages, behind a sound discovery."""
    kind = {"content-type": "application/x-pki-message"}

    def tamper(request, answer):
        operation = "operation=PKIOperation" in str(request.url)
        return httpx.Response(200, content=body, headers=kind) if operation else answer

    found = examine(visit(Server(tamper=tamper), enrol=True)).findings
    assert outcomes(found, Check.ENROLMENT) == dict.fromkeys(ALL, FAILS)


def test_one_client_without_an_answer_does_not_silence_the_others():
    """A server that hangs up on Windows' path still answers those who do not append it."""

    def tamper(request, answer):
        if ".exe" in request.url.path:
            msg = "Server disconnected"
            raise httpx.RemoteProtocolError(msg, request=request)
        return answer

    found = examine(visit(Server(tamper=tamper))).findings
    assert outcomes(found, Check.REACHABLE) == dict.fromkeys(ALL, OK) | {WINDOWS: FAILS}


def test_nobody_at_home_is_said_once_for_each_client():
    """No answer at all ends the examination."""

    def refuse(request):
        msg = "Connection refused"
        raise httpx.ConnectError(msg, request=request)

    server = Server()
    server.transport = lambda: httpx.MockTransport(refuse)
    found = examine(visit(server, enrol=True)).findings
    assert outcomes(found, Check.REACHABLE) == dict.fromkeys(ALL, FAILS)
    assert {finding.check for finding in found} == {Check.REACHABLE}


def test_findings_never_hold_the_challenge():
    """A server that talks back what it was sent does not get the challenge into the report."""
    found = examine(visit(Server(checks_challenge=False), enrol=True)).findings
    assert all("correct-horse" not in f"{finding!r}" for finding in found)


def test_json_has_all_fields():
    """Scripts read client, check, outcome, why, cure."""
    finding = Finding(client=APPLE, check=Check.GET, outcome=RISK, why="w", cure="c")
    assert finding.to_json() == {
        "client": APPLE,
        "check": "GET encoding",
        "outcome": "risk",
        "why": "w",
        "cure": "c",
    }
