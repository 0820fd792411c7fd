"""Judges GetCACaps (RFC 8894 §3.5.2) for each client."""

from __future__ import annotations

from collections.abc import Iterator

from onboard.doctor.clients import Client
from onboard.doctor.finding import EVERY_CLIENT, Check, Finding, Outcome
from onboard.doctor.line import Answer, plain
from onboard.doctor.visit import Seen

_KNOWN = frozenset(
    {"AES", "DES3", "GetNextCACert", "POSTPKIOperation", "Renewal", "SHA-1", "SHA-256", "SHA-512"}
    | {"SCEPStandard"}
)
_LONG_URLS = "its messages then travel in URLs of several KiB, which many proxies cut"


def judge_capabilities(seen: Seen) -> Iterator[Finding]:
    """What one client makes of the answer; OK where nothing is wrong."""
    found = list(_judge(seen))
    yield from found
    if not found:
        words = " ".join(sorted(seen.capabilities & _KNOWN)) or "none"
        yield _finding(seen.client, Outcome.OK, words)


def judge_format(answer: Answer) -> Iterator[Finding]:
    """What the RFC says of the answer, whoever asks."""
    if answer.status != 200:
        return
    lines = answer.body.decode("latin-1").replace("\r\n", "\n").removesuffix("\n").split("\n")
    if answer.body.strip() and any(not line.strip() for line in lines):
        yield _every(
            "a blank line; strongSwan compares by prefix, so a blank line stands for every capability",
            "print one keyword a line and nothing else",
        )
    if answer.media_type != "text/plain":
        yield _every(f"the content type is {plain(answer.content_type)!r}", "send text/plain")
    wrong = sorted(
        word for line in lines if (word := line.strip()) not in _KNOWN and word.upper() in _BY_UPPER
    )
    if wrong:
        right = ", ".join(_BY_UPPER[word.upper()] for word in wrong)
        yield _every(f"{', '.join(wrong)}: keywords are compared with their case", f"write {right}")
    weak = {"AES", "SHA-256", "SCEPStandard"}.isdisjoint({line.strip() for line in lines})
    if weak:
        yield _every(
            "neither AES nor SHA-256 is announced: clients fall back to 3DES and SHA-1, old ones to MD5",
            "announce AES, SHA-256, POSTPKIOperation, Renewal and SCEPStandard",
        )


_BY_UPPER = {word.upper(): word for word in _KNOWN}


def _judge(seen: Seen) -> Iterator[Finding]:
    client, answer = seen.client, seen.caps
    if answer.status != 200:
        yield _finding(
            client,
            Outcome.RISK,
            f"{answer.told()}: read as no capability, so 3DES, SHA-1 and GET",
            "answer GetCACaps with 200 and text/plain",
        )
        return
    if b"\r" in answer.body and client.shape.exact_capabilities:
        yield _finding(
            client,
            Outcome.FAILS,
            "lines end in CR LF: no keyword matches, so it sends 3DES with SHA-1 and never renews",
            "end lines with LF alone",
        )
    if client.capability_octets and len(answer.body) > client.capability_octets:
        yield _finding(
            client,
            Outcome.FAILS,
            f"the answer has {len(answer.body)} octets; it takes {client.capability_octets}",
            "print the keywords of RFC 8894 and no others",
        )
    if client.shape.post and not seen.posts:
        yield _finding(
            client,
            Outcome.RISK,
            f"neither POSTPKIOperation nor SCEPStandard: {_LONG_URLS}",
            "announce POSTPKIOperation",
        )
    if seen.capabilities.isdisjoint({"Renewal", "SCEPStandard"}):
        yield _finding(
            client,
            Outcome.RISK,
            "Renewal is not announced: it enrols, and will not renew",
            "renew under the old certificate, and announce Renewal",
        )


def _finding(client: Client, outcome: Outcome, why: str, cure: str = "") -> Finding:
    return Finding(client=client.name, check=Check.CAPABILITIES, outcome=outcome, why=why, cure=cure)


def _every(why: str, cure: str) -> Finding:
    return Finding(client=EVERY_CLIENT, check=Check.CAPABILITIES, outcome=Outcome.RISK, why=why, cure=cure)
