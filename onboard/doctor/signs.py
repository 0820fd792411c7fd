"""What a person sees on the device when a client fails: almost nothing, so it helps to know it."""

from __future__ import annotations

from onboard.doctor.clients import APPLE, WINDOWS
from onboard.doctor.finding import Check, Finding, Outcome
from onboard.payloads.windows.troubles import TROUBLES

_UNREACHED = frozenset({Check.REACHABLE, Check.PATH, Check.TLS})
_LATER = frozenset({Check.RENEWAL, Check.RETRANSMISSION, Check.CERTIFICATE})
_REFUSED, _UNKNOWN = (
    next(trouble.sign for trouble in TROUBLES if trouble.sign.startswith(f"SCEP Status {status}"))
    for status in (16, 32)
)


def sign(finding: Finding) -> str:
    """What the device shows; empty where it shows nothing, or nothing that is known."""
    if finding.outcome is not Outcome.FAILS or finding.check in _LATER:
        return ""
    if finding.client == WINDOWS.name:
        return _UNKNOWN if finding.check in _UNREACHED else _REFUSED
    return "profile installation failed, without a reason" if finding.client == APPLE.name else ""
