"""The whole examination, in the order in which clients meet a server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cryptography import x509

from onboard.devices.scep.request_shape import PLAIN
from onboard.doctor import authorities, capabilities, transport
from onboard.doctor.clients import CLIENTS
from onboard.doctor.discovery import discover
from onboard.doctor.enrolling import enrol
from onboard.doctor.finding import EVERY_CLIENT, Check, Finding, Outcome
from onboard.doctor.line import Answer
from onboard.doctor.probing import probe
from onboard.doctor.provoking import provoke
from onboard.doctor.publication import judge_publication
from onboard.doctor.visit import Seen, Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What came out.

    Attributes:
        findings: by check in the order of `Check`, and within it by client.
        issued: certificates that the server issued to doctor; they want revoking.
    """

    findings: tuple[Finding, ...]
    issued: tuple[x509.Certificate, ...] = field(repr=False)


def examine(visit: Visit) -> Examination:
    """Look at everything that can be looked at; never raises for what a server does."""
    everyone = tuple(_discovered(visit))
    issued: list[x509.Certificate] = []
    findings = [*_without_challenge(visit, everyone)]
    if visit.tickets is not None:
        findings += _with_challenge(visit, everyone, issued)
    known = dict.fromkeys([c for seen in everyone for c in seen.certificates] + issued[:1])
    findings += judge_publication(visit, known)
    return Examination(findings=tuple(sorted(findings, key=_place)), issued=tuple(issued))


def _discovered(visit: Visit) -> Iterator[Seen]:
    first, *others = CLIENTS
    visit.progress(f"{first.name}: asks")
    seen = discover(visit, first)
    dead: Answer | None = seen.ca if seen.ca.error else None
    yield seen
    for client in others:
        visit.progress(f"{client.name}: asks")
        yield discover(visit, client, dead)


def _without_challenge(visit: Visit, everyone: Sequence[Seen]) -> Iterator[Finding]:
    yield from transport.judge_tls(visit)
    for seen in everyone:
        yield from transport.judge_reach(seen)
    if all(seen.ca.error for seen in everyone):
        return
    answering = next((seen for seen in everyone if seen.ca.status == 200), everyone[0])
    yield from transport.judge_clock(visit, answering)
    yield from transport.judge_chunks(answering)
    yield from capabilities.judge_format(answering.caps)
    yield from authorities.judge_certificates(answering.certificates, visit.now)
    yield from authorities.judge_fingerprint(everyone, visit.pin)
    yield from _judge_rollover(visit, answering)
    for seen in everyone:
        yield from transport.judge_http_10(seen)
        yield from transport.judge_path(visit, seen)
        yield from capabilities.judge_capabilities(seen)
        yield from authorities.judge_answer(seen)
        yield from authorities.judge_ra(seen)
    yield from probe(visit, everyone)


def _judge_rollover(visit: Visit, seen: Seen) -> Iterator[Finding]:
    """GetNextCACert is announced only while there is a next CA (§4.7)."""
    if "GetNextCACert" not in seen.capabilities:
        return
    answer = visit.line.ask(PLAIN, "GetNextCACert")
    good = answer.status == 200 and answer.media_type == "application/x-x509-next-ca-cert"
    yield Finding(
        client=EVERY_CLIENT,
        check=Check.ROLLOVER,
        outcome=Outcome.OK if good else Outcome.RISK,
        why="" if good else f"announced, and the answer is {answer.told()}",
        cure="" if good else "announce GetNextCACert only while there is a next CA",
    )


def _with_challenge(
    visit: Visit, everyone: Sequence[Seen], issued: list[x509.Certificate]
) -> Iterator[Finding]:
    trouble = _distrust(visit, everyone)
    if trouble:
        yield Finding(client=EVERY_CLIENT, check=Check.ENROLMENT, outcome=Outcome.UNKNOWN, why=trouble)
        return
    able: list[Seen] = []
    for seen in everyone:
        if seen.authority is None:
            continue
        treatment = enrol(visit, seen)
        issued += treatment.issued
        yield from treatment.findings
        if treatment.enrolled is not None:
            able.append(seen)
    if able:
        yield from provoke(visit, able[0], issued)


def _distrust(visit: Visit, everyone: Sequence[Seen]) -> str:
    """Why a challenge must not be sent there: whoever owns the RA certificate can read it."""
    if visit.pin is not None:
        found = [
            any(visit.pin.matches(c) for c in seen.certificates) for seen in everyone if seen.certificates
        ]
        return "" if found and all(found) else "the fingerprint does not fit, so no challenge is sent there"
    if visit.url.startswith("https:") and visit.tls_trouble(False, True):
        return "the TLS certificate is not trusted, so no challenge is sent there; a fingerprint would vouch"
    return ""


_CHECKS = {check: number for number, check in enumerate(Check)}
_NAMES = {name: number for number, name in enumerate((EVERY_CLIENT, *(client.name for client in CLIENTS)))}


def _place(finding: Finding) -> tuple[int, int]:
    return _CHECKS[finding.check], _NAMES[finding.client]
