"""What doctor says: one finding for each client and check, and what a script reads of it."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

EVERY_CLIENT = "every client"


class Outcome(enum.StrEnum):
    """How a check came out; the first two are what makes `onboard doctor` exit with 1."""

    FAILS = "would fail"
    UNSAFE = "unsafe"  # no client notices, and no server may do it
    RISK = "risk"  # works here and now, against the RFC or against other clients
    UNKNOWN = "not judged"
    OK = "ok"


class Check(enum.StrEnum):
    """What is looked at; the value is what the table shows, in the order in which it is looked at."""

    REACHABLE = "reachable"
    TLS = "TLS"
    CLOCK = "clock"
    PATH = "path"
    HTTP_10 = "HTTP/1.0"
    CAPABILITIES = "GetCACaps"
    CA_CERTIFICATES = "GetCACert"
    RA = "RA certificate"
    FINGERPRINT = "fingerprint"
    ROLLOVER = "GetNextCACert"
    REVOCATION = "CRL and issuer"
    GET = "GET encoding"
    MESSAGE = "pkiMessage"
    ENROLMENT = "enrolment"
    REPLY = "form of the reply"
    ALGORITHMS = "algorithms"
    NONCES = "nonces"
    CERTIFICATE = "certificate"
    RETRANSMISSION = "retransmission"
    RENEWAL = "renewal"
    REFUSAL = "refusal"
    POSSESSION = "proof of possession"
    SAME_NAME = "same name again"
    SERIALS = "serial numbers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One client, one check.

    Attributes:
        client: a family of clients, or EVERY_CLIENT.
        check: what was looked at.
        outcome: how it came out.
        why: what was seen and what follows; for OK what was seen, or empty.
        cure: what to change at the server; empty for OK.
    """

    client: str
    check: Check
    outcome: Outcome
    why: str = ""
    cure: str = ""

    def to_json(self) -> Mapping[str, str]:
        """For `--format json`."""
        return {
            "client": self.client,
            "check": self.check.value,
            "outcome": self.outcome.value,
            "why": self.why,
            "cure": self.cure,
        }


def failed(findings: Iterable[Finding]) -> bool:
    """Whether some client would fail, or the server does what no server may."""
    return any(finding.outcome in (Outcome.FAILS, Outcome.UNSAFE) for finding in findings)
