"""Enrols as one client: reply, certificate, the same message again, and a renewal without a challenge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding

from onboard.devices.scep.client import Identity
from onboard.devices.scep.csr import CertificateRequest
from onboard.doctor.certificates import judge_certificate
from onboard.doctor.exchange import PENDING, Exchange, prepare, send
from onboard.doctor.finding import Check, Finding, Outcome
from onboard.doctor.replies import judge_reply
from onboard.doctor.visit import Seen, Visit

_NO_CHALLENGE = "there is no challenge left for it: name another, or --org and --group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """A client that got a certificate.

    Attributes:
        seen: the client.
        request: what it asked for, with the challenge that is spent now.
        exchange: its first message and the reply.
        certificate: the certificate.
    """

    seen: Seen
    request: CertificateRequest = field(repr=False)
    exchange: Exchange = field(repr=False)
    certificate: x509.Certificate = field(repr=False)


@dataclass(slots=True)
class Treatment:
    """What enrolling as one client brought.

    Attributes:
        findings: in order.
        enrolled: None where the client got no certificate.
        issued: every certificate that the server issued meanwhile.
    """

    findings: list[Finding] = field(default_factory=list)
    enrolled: Enrolled | None = None
    issued: list[x509.Certificate] = field(default_factory=list)


def enrol(visit: Visit, seen: Seen) -> Treatment:
    """One enrolment, one retransmission, one renewal."""
    treatment = Treatment()
    request = None if visit.tickets is None else visit.tickets(seen.client.key)
    if request is None:
        treatment.findings.append(_of(seen, Check.ENROLMENT, Outcome.UNKNOWN, _NO_CHALLENGE))
        return treatment
    visit.progress(f"{seen.client.name}: enrols")
    exchange = send(visit, seen, prepare(visit, seen, request))
    treatment.findings += _judge_enrolment(seen, exchange)
    treatment.findings += judge_reply(seen, exchange)
    certificate = exchange.certificate
    if not exchange.is_granted or certificate is None:
        return treatment
    treatment.issued.append(certificate)
    treatment.findings += judge_certificate(seen.client, certificate, request, visit.now)
    treatment.enrolled = Enrolled(seen=seen, request=request, exchange=exchange, certificate=certificate)
    treatment.findings += _retransmit(visit, treatment.enrolled, treatment.issued)
    treatment.findings += _renew(visit, treatment.enrolled, treatment.issued)
    treatment.findings += _judge_issuer(treatment.enrolled)
    return treatment


def _judge_enrolment(seen: Seen, exchange: Exchange) -> Iterator[Finding]:
    if exchange.is_granted and exchange.certificate is not None:
        yield _of(seen, Check.ENROLMENT, Outcome.OK, "granted")
    elif exchange.is_granted and exchange.reply is not None:
        why = exchange.reply.closed or "the reply holds no certificate for the key of the request"
        cure = "envelope the issued certificate to the certificate that signed the request"
        yield _of(seen, Check.ENROLMENT, Outcome.FAILS, why, cure)
    elif exchange.reply is not None and exchange.reply.pki_status == PENDING:
        if seen.client.polls:
            why = "PENDING: it polls until somebody approves; nothing more can be seen now"
            yield _of(seen, Check.ENROLMENT, Outcome.UNKNOWN, why)
        else:
            why = "PENDING, which it takes for a refusal: it does not poll"
            yield _of(seen, Check.ENROLMENT, Outcome.FAILS, why, "grant or refuse at once")
    else:
        cure = f"look for the reason in the server's log; it sends {seen.algorithms}"
        yield _of(seen, Check.ENROLMENT, Outcome.FAILS, exchange.told(), cure)


def _retransmit(visit: Visit, enrolled: Enrolled, issued: list[x509.Certificate]) -> Iterator[Finding]:
    """§5.2: an answer that was lost is asked for again, byte for byte."""
    seen = enrolled.seen
    again = send(visit, seen, enrolled.exchange.prepared)
    certificate = again.certificate
    cure = "answer the same message with the same certificate (key: transactionID, signer, request)"
    if certificate is None:
        why = f"the same message again is {again.told()}: a client whose answer was lost stays without"
        yield _of(seen, Check.RETRANSMISSION, Outcome.FAILS, why, cure)
    elif certificate != enrolled.certificate:
        issued.append(certificate)
        why = "the same message again gets another certificate: after a lost answer two are valid"
        yield _of(seen, Check.RETRANSMISSION, Outcome.RISK, why, cure)
    else:
        yield _of(seen, Check.RETRANSMISSION, Outcome.OK, "the same certificate")


def _renew(visit: Visit, enrolled: Enrolled, issued: list[x509.Certificate]) -> Iterator[Finding]:
    """§2.4: under the old certificate, with a new key, without a challenge."""
    seen, prepared = enrolled.seen, enrolled.exchange.prepared
    current = Identity(certificate=enrolled.certificate, key=prepared.subject_key)
    bare = replace(enrolled.request, challenge=None)
    exchange = send(visit, seen, prepare(visit, seen, bare, current=current))
    if exchange.certificate is not None:
        issued.append(exchange.certificate)
        yield _of(seen, Check.RENEWAL, Outcome.OK, "granted without a challenge")
        return
    if exchange.reply is None:
        why = f"a renewal without a challenge is no SCEP answer: {exchange.told()}"
        cure = "authenticate a renewal by the certificate that signs it (RFC 8894 §2.4)"
        yield _of(seen, Check.RENEWAL, Outcome.FAILS, why, cure)
        return
    yield _judge_refused_renewal(visit, enrolled, exchange, issued)


def _judge_refused_renewal(
    visit: Visit, enrolled: Enrolled, exchange: Exchange, issued: list[x509.Certificate]
) -> Finding:
    """Too early, or for want of a challenge: only the server's words and a second try tell."""
    seen, reply = enrolled.seen, exchange.reply
    words = "" if reply is None else reply.fail_info_text.lower()
    cure = "authenticate a renewal by the certificate that signs it (RFC 8894 §2.4)"
    if "challenge" in words or "password" in words:
        why = f"a renewal without a challenge is {exchange.told()}: no device has one by then"
        return _of(seen, Check.RENEWAL, Outcome.FAILS, why, cure)
    ticket = None if words or visit.tickets is None else visit.tickets(seen.client.key)
    if ticket is not None and _is_granted_with(visit, enrolled, ticket, issued):
        why = (
            f"granted with a challenge, and without one {exchange.told()}, without a word why: it wants a "
            "challenge, which no device has by then, or it is too early"
        )
        return _of(
            seen, Check.RENEWAL, Outcome.RISK, why, f"{cure}; say so in failInfoText if it is too early"
        )
    why = f"{exchange.told()}; perhaps since the certificate is new"
    return _of(seen, Check.RENEWAL, Outcome.UNKNOWN, why, "try a profile that renews at any time")


def _judge_issuer(enrolled: Enrolled) -> Iterator[Finding]:
    parameters = enrolled.certificate.signature_algorithm_parameters
    if not enrolled.seen.client.renews_under_ec and not isinstance(
        parameters, padding.PKCS1v15 | padding.PSS
    ):
        why = "jscep 2.5 cannot ask for a renewal under a CA whose key is not RSA"
        cure = "issue from an RSA CA for agents that are made with jscep, or let them enrol anew"
        yield _of(enrolled.seen, Check.RENEWAL, Outcome.RISK, why, cure)


def _is_granted_with(
    visit: Visit, enrolled: Enrolled, ticket: CertificateRequest, issued: list[x509.Certificate]
) -> bool:
    seen = enrolled.seen
    current = Identity(certificate=enrolled.certificate, key=enrolled.exchange.prepared.subject_key)
    request = replace(enrolled.request, challenge=ticket.challenge)
    exchange = send(visit, seen, prepare(visit, seen, request, current=current))
    if exchange.certificate is not None:
        issued.append(exchange.certificate)
    return exchange.certificate is not None


def _of(seen: Seen, check: Check, outcome: Outcome, why: str, cure: str = "") -> Finding:
    return Finding(client=seen.client.name, check=check, outcome=outcome, why=why, cure=cure)
