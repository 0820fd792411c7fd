"""Asks for what must be refused, and for what only a careful server gets right; once, as one client."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from onboard.devices.scep.csr import CertificateRequest
from onboard.devices.scep.pki_message import PreparedRequest
from onboard.doctor import messages
from onboard.doctor.exchange import Exchange, prepare, send
from onboard.doctor.finding import EVERY_CLIENT, Check, Finding, Outcome
from onboard.doctor.visit import Seen, Visit
from onboard.secret import Secret

CROWD = 16  # requests in the crowd: enough that a race shows
_AT_ONCE = 8
_NO_TICKET = "there is no challenge left for it"


def provoke(visit: Visit, seen: Seen, issued: list[x509.Certificate]) -> Iterator[Finding]:
    """Refusals, proof of possession, digests, the same name again, many at once.

    Args:
        visit: with tickets.
        seen: a client that has enrolled here.
        issued: every certificate that doctor got so far; grows.
    """
    visit.progress("what must be refused")
    for judge in (_wrong_challenge, _no_possession, _sha1_request, _same_name):
        yield judge(visit, seen, issued)
    visit.progress(f"{CROWD} enrolments at once")
    issued += _crowd(visit, seen)
    yield _judge_serials(issued)


def _wrong_challenge(visit: Visit, seen: Seen, issued: list[x509.Certificate]) -> Finding:
    """§3.3.2.2: a refusal is a CertRep."""
    ticket = _ticket(visit, "refused")
    if ticket is None:
        return _of(Check.REFUSAL, Outcome.UNKNOWN, _NO_TICKET)
    wrong = Secret(base64.b32encode(visit.random(20)).decode())
    exchange = _enrol(visit, seen, replace(ticket, challenge=wrong))
    if _grown(exchange, issued):
        cure = "check the challenge of every request"
        return _of(Check.REFUSAL, Outcome.UNSAFE, "a wrong challenge gets a certificate", cure)
    if exchange.reply is None:
        why = f"a wrong challenge gets {exchange.told()}; clients retry, and nobody learns why"
        return _of(Check.REFUSAL, Outcome.RISK, why, "answer 200 with a CertRep FAILURE (RFC 8894 §3.3.2.2)")
    if exchange.reply.fail_info not in {"0", "1", "2", "3", "4"}:
        why = f"a wrong challenge gets pkiStatus {exchange.reply.pki_status} without a failInfo"
        return _of(Check.REFUSAL, Outcome.RISK, why, "send failInfo badRequest (2)")
    return _of(Check.REFUSAL, Outcome.OK, f"a wrong challenge is {exchange.told()}")


def _no_possession(visit: Visit, seen: Seen, issued: list[x509.Certificate]) -> Finding:
    """§2.3: the PKCS#10 is verified."""
    ticket = _ticket(visit, "unproven")
    if ticket is None:
        return _of(Check.POSSESSION, Outcome.UNKNOWN, _NO_TICKET)
    exchange = send(visit, seen, messages.unproven(visit, seen, visit.new_key(), ticket))
    if _grown(exchange, issued):
        why = "a PKCS#10 with a wrong signature gets a certificate, for a key that nobody proved to hold"
        return _of(Check.POSSESSION, Outcome.UNSAFE, why, "verify the PKCS#10 (RFC 8894 §2.3)")
    return _of(Check.POSSESSION, Outcome.OK, f"a PKCS#10 with a wrong signature is {exchange.told()}")


def _sha1_request(visit: Visit, seen: Seen, issued: list[x509.Certificate]) -> Finding:
    """The digest of a certificate is the issuer's choice, not the request's."""
    ticket = _ticket(visit, "sha1")
    if ticket is None:
        return _of(Check.CERTIFICATE, Outcome.UNKNOWN, _NO_TICKET)
    exchange = send(visit, seen, messages.signed_with_sha1(visit, seen, visit.new_key(), ticket))
    certificate = exchange.certificate
    if certificate is None:
        return _of(Check.CERTIFICATE, Outcome.OK, f"a PKCS#10 with SHA-1 is {exchange.told()}")
    issued.append(certificate)
    if isinstance(certificate.signature_hash_algorithm, hashes.SHA1):
        why = "a PKCS#10 with SHA-1 gets a certificate with SHA-1, which RADIUS with OpenSSL 3 refuses"
        cure = "sign with SHA-256, whatever the request was signed with"
        return _of(Check.CERTIFICATE, Outcome.RISK, why, cure)
    return _of(Check.CERTIFICATE, Outcome.OK, "a PKCS#10 with SHA-1 gets a certificate with a newer digest")


def _same_name(visit: Visit, seen: Seen, issued: list[x509.Certificate]) -> Finding:
    """A wiped device asks again under its name, with a new key."""
    ticket = _ticket(visit, seen.client.key)
    if ticket is None:
        return _of(Check.SAME_NAME, Outcome.UNKNOWN, _NO_TICKET)
    exchange = _enrol(visit, seen, ticket)
    if _grown(exchange, issued):
        return _of(Check.SAME_NAME, Outcome.OK, "a second certificate for the same name is granted")
    why = (
        f"a second certificate for the same name is {exchange.told()}: a device that was wiped cannot return"
    )
    cure = "let serial numbers be unique, not names; limit live certificates by policy"
    return _of(Check.SAME_NAME, Outcome.FAILS, why, cure)


def _crowd(visit: Visit, seen: Seen) -> list[x509.Certificate]:
    """Certificates of many enrolments at the same time, each with a name and a key of its own."""
    prepared: list[PreparedRequest] = []
    for number in range(CROWD):
        ticket = _ticket(visit, f"crowd{number}")
        if ticket is not None:
            prepared.append(prepare(visit, seen, ticket))
    ask: Callable[[PreparedRequest], Exchange] = lambda one: send(visit, seen, one)  # noqa: E731  typed for map
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [c for exchange in pool.map(ask, prepared) if (c := exchange.certificate) is not None]


def _judge_serials(issued: Sequence[x509.Certificate]) -> Finding:
    counted = Counter(certificate.serial_number for certificate in issued)
    twice = sum(1 for count in counted.values() if count > 1)
    if twice:
        why = f"{twice} serial number(s) stand in several of {len(issued)} certificates: revoked together"
        cure = "draw serials at random (64 bits or more), or hand them out under a lock"
        return _of(Check.SERIALS, Outcome.UNSAFE, why, cure)
    short = max((serial.bit_length() for serial in counted), default=0)
    if short < 64:
        why = f"serial numbers are short ({short} bits), so they can be foretold"
        return _of(Check.SERIALS, Outcome.RISK, why, "draw serials at random, 64 bits or more")
    return _of(Check.SERIALS, Outcome.OK, f"{len(issued)} certificates, no serial twice")


def _enrol(visit: Visit, seen: Seen, ticket: CertificateRequest) -> Exchange:
    return send(visit, seen, prepare(visit, seen, ticket))


def _ticket(visit: Visit, name: str) -> CertificateRequest | None:
    return None if visit.tickets is None else visit.tickets(name)


def _grown(exchange: Exchange, issued: list[x509.Certificate]) -> bool:
    if exchange.certificate is not None:
        issued.append(exchange.certificate)
    return exchange.is_granted


def _of(check: Check, outcome: Outcome, why: str, cure: str = "") -> Finding:
    return Finding(client=EVERY_CLIENT, check=check, outcome=outcome, why=why, cure=cure)
