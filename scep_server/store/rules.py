"""What all backends decide alike: what a voucher is worth, and which audit event an outcome makes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from scep_server.audit import Event, EventKind
from scep_server.challenges import Challenge, ChallengeState
from scep_server.store.records import (
    AlreadyIssued,
    CertificateRecord,
    Objection,
    Outcome,
    Recorded,
    RevocationReason,
    SerialTaken,
    Spent,
)

_REASONS = {
    Objection.SPENT: "the one-time challenge was spent before",
    Objection.EXPIRED: "the challenge has expired",
    Objection.REVOKED: "what vouched for the request was revoked",
    Objection.UNKNOWN: "what vouched for the request is not on record any more",
    Objection.EXHAUSTED: "the static challenge has given all the certificates it may give",
}
_REMEDIES = {
    Objection.SPENT: "find out who has seen this challenge; mint a new one for the device",
    Objection.EXPIRED: "mint a new challenge for the device",
    Objection.REVOKED: "mint a new challenge if the device shall enrol",
    Objection.UNKNOWN: "mint a new challenge for the device",
    Objection.EXHAUSTED: "raise `uses` of the challenge, or rotate it",
}
_STATES: Mapping[ChallengeState, Objection | None] = {
    ChallengeState.USABLE: None,
    ChallengeState.SPENT: Objection.SPENT,
    ChallengeState.EXPIRED: Objection.EXPIRED,
    ChallengeState.REVOKED: Objection.REVOKED,
}
_ALARMS = frozenset({Objection.SPENT, Objection.EXHAUSTED})


def objection_event(event: Event, objection: Objection) -> Event:
    """The event of a request whose voucher failed; a second use of a challenge is an alarm (§7.3)."""
    kind = EventKind.ALARM if objection in _ALARMS else EventKind.REFUSED
    return event.turned(
        kind,
        fail_info="badRequest",
        reason=_REASONS[objection],
        remedy=_REMEDIES[objection],
        serial="",
        subject="",
        identity="",
    )


def settled_event(event: Event, outcome: Outcome) -> Event:
    """What the audit says of an Issuance that ended so."""
    match outcome:
        case Recorded():
            return event
        case AlreadyIssued(serial=serial):
            return repeated_event(event, serial)
        case Spent(objection):
            return objection_event(event, objection)
        case SerialTaken():
            return event.turned(EventKind.REFUSED, reason="the serial number is taken; another is drawn")


def repeated_event(event: Event, serial: int) -> Event:
    """The event of a request that got the certificate `serial` once more."""
    return event.turned(EventKind.REPEATED, serial=f"{serial:x}", subject="", identity="")


def rival_event(event: Event) -> Event:
    """The alarm for a second live key of one asserted identity: somebody else may have taken the name."""
    return event.turned(
        EventKind.ALARM,
        reason="another live certificate names this asserted identity under another key",
        remedy="if the device was not re-installed, revoke this certificate and rotate the challenge",
    )


def revoked_event(record: CertificateRecord, reason: RevocationReason, now: datetime) -> Event:
    """The event of a revocation."""
    return Event(
        at=now,
        kind=EventKind.REVOKED,
        group=record.group,
        serial=f"{record.serial:x}",
        subject=record.subject,
        reason=reason.name.lower().replace("_", " "),
    )


def minted_event(challenge: Challenge) -> Event:
    """The event of a new challenge: its id and group, never its value or whom it is for."""
    return Event(at=challenge.minted, kind=EventKind.MINTED, group=challenge.group, challenge=challenge.id)


def withdrawn_event(challenge: Challenge, now: datetime) -> Event:
    """The event of a challenge that was revoked."""
    return Event(at=now, kind=EventKind.WITHDRAWN, group=challenge.group, challenge=challenge.id)


def challenge_objection(challenge: Challenge | None, group: str, now: datetime) -> Objection | None:
    """Why a minted challenge does not vouch for a request of `group` at `now`; None when it does."""
    if challenge is None or challenge.group != group:
        return Objection.UNKNOWN
    return _STATES[challenge.state(now)]


def renewal_objection(renewed: CertificateRecord | None, group: str) -> Objection | None:
    """Why a certificate does not vouch for its renewal; None when it does."""
    if renewed is None or renewed.group != group:
        return Objection.UNKNOWN
    return None if renewed.revoked is None else Objection.REVOKED
