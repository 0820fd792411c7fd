"""The clients that `onboard doctor` plays, and the worst that each check says of them."""

from __future__ import annotations

from onboard.doctor import Check, Outcome
from onboard.doctor.clients import CLIENTS

APPLE, WINDOWS, CERTMONGER, CHROME, ANDROID, CISCO = (client.name for client in CLIENTS)
ALL = (APPLE, WINDOWS, CERTMONGER, CHROME, ANDROID, CISCO)
FAILS, RISK, UNSAFE, UNKNOWN, OK = (
    Outcome.FAILS,
    Outcome.RISK,
    Outcome.UNSAFE,
    Outcome.UNKNOWN,
    Outcome.OK,
)


def outcomes(findings, check: Check) -> dict[str, Outcome]:
    """The worst outcome of a check for each client."""
    order = [FAILS, UNSAFE, RISK, UNKNOWN, OK]
    found: dict[str, Outcome] = {}
    for finding in findings:
        if finding.check is check:
            known = found.get(finding.client, OK)
            found[finding.client] = min(known, finding.outcome, key=order.index)
    return found
