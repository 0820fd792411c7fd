"""What all backends decide alike: what a voucher is worth, and which audit event an outcome makes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from scep_server.audit import Event, EventKind
from scep_server.challenges import Challenge, ChallengeState
from scep_server.store.pending import PendingRequest, PendingState, Queued, QueueFull
from scep_server.store.protocol import Outcome
from scep_server.store.records import (
    AlreadyIssued,
    CertificateRecord,
    Objection,
    Recorded,
    RevocationReason,
    SerialTaken,
    Spent,
)

DISPLACED = "the queue was full, and most of it came from this request's address"
_REASONS = {
    Objection.SPENT: "the one-time challenge was spent before",
    Objection.EXPIRED: "the challenge has expired",
    Objection.REVOKED: "what vouched for the request was revoked",
    Objection.UNKNOWN: "what vouched for the request is not on record any more",
    Objection.EXHAUSTED: "the static challenge has given all the certificates it may give",
    Objection.COMPROMISED: "a certificate for this key was revoked because the key is compromised",
    Objection.CROWDED: "the identity has as many live certificates as max_active allows",
    Objection.UNDECIDED: "nobody has approved the request",
}
_REMEDIES = {
    Objection.SPENT: "find out who has seen this challenge; mint a new one for the device",
    Objection.EXPIRED: "mint a new challenge for the device",
    Objection.REVOKED: "mint a new challenge if the device shall enrol",
    Objection.UNKNOWN: "mint a new challenge for the device",
    Objection.EXHAUSTED: "raise `uses` of the challenge, or rotate it",
    Objection.COMPROMISED: "let the device make a new key; if it did not ask, somebody else has the old one",
    Objection.CROWDED: "revoke one that is not in use (onboard cert list), or raise max_active",
    Objection.UNDECIDED: "approve it if the device shall enrol: onboard cert pending",
}
_STATES: Mapping[ChallengeState, Objection | None] = {
    ChallengeState.USABLE: None,
    ChallengeState.SPENT: Objection.SPENT,
    ChallengeState.EXPIRED: Objection.EXPIRED,
    ChallengeState.REVOKED: Objection.REVOKED,
}
_PENDING: Mapping[PendingState, Objection | None] = {
    PendingState.WAITING: Objection.UNDECIDED,
    PendingState.APPROVED: None,
    PendingState.REJECTED: Objection.REVOKED,
    PendingState.ISSUED: Objection.UNKNOWN,
}
_ALARMS = frozenset({Objection.SPENT, Objection.EXHAUSTED, Objection.COMPROMISED})


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


def objection_text(objection: Objection) -> tuple[str, str]:
    """Reason and remedy."""
    return _REASONS[objection], _REMEDIES[objection]


def is_alarming(objection: Objection) -> bool:
    """Whether somebody should look (RFC 8894 §7.3)."""
    return objection in _ALARMS


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
        case Queued() | QueueFull():
            msg = "a certificate is not queued"
            raise TypeError(msg)


def repeated_event(event: Event, serial: int) -> Event:
    """The event of a request that got the certificate `serial` once more."""
    return event.turned(EventKind.REPEATED, serial=f"{serial:x}", subject="", identity="")


def rival_event(event: Event) -> Event:
    """The alarm for a second live key of one identity: somebody else may have taken the name, or a key."""
    return event.turned(
        EventKind.ALARM,
        reason="another live certificate has this identity under another key",
        remedy="if the device was not re-installed and did not renew twice, somebody else has its key or the "
        "challenge: revoke both certificates and rotate the challenge",
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


def challenge_objection(
    challenge: Challenge | None, groups: tuple[str, ...], now: datetime
) -> Objection | None:
    """Why a minted challenge does not vouch for a request of a group at `now`; None when it does.

    Args:
        challenge: with the digest that was sent; None: there is none.
        groups: every name that the group has or had.
        now: aware UTC.
    """
    if challenge is None or challenge.group not in groups:
        return Objection.UNKNOWN
    return _STATES[challenge.state(now)]


def renewal_objection(renewed: CertificateRecord | None, groups: tuple[str, ...]) -> Objection | None:
    """Why a certificate does not vouch for its renewal in a group of these names; None when it does."""
    if renewed is None or renewed.group not in groups:
        return Objection.UNKNOWN
    return None if renewed.revoked is None else Objection.REVOKED


def approval_objection(pending: PendingRequest | None, group: str, now: datetime) -> Objection | None:
    """Why a queued request does not vouch for its certificate; None when it was approved."""
    if pending is None or pending.group != group:
        return Objection.UNKNOWN
    if pending.is_over(now):
        return Objection.EXPIRED
    return _PENDING[pending.state]


def decided_event(pending: PendingRequest, kind: EventKind, now: datetime, reason: str = "") -> Event:
    """The event of a person's decision, or of a request that had to make room."""
    return Event(
        at=now,
        kind=kind,
        group=pending.group,
        transaction=pending.transaction,
        subject=pending.subject,
        challenge=approval_id(pending.id),
        reason=reason,
    )


def approval_id(identifier: str) -> str:
    """What stands for the challenge in the record of a certificate that a person approved."""
    return f"approval-{identifier}"
