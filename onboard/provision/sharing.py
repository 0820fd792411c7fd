"""Secrets that a whole group shares -> static challenges, as the SCEP server knows them: by digest and id."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from onboard.model import Challenge
from onboard.secret import Secret
from scep_server.challenges import StaticChallenge, digest
from scep_server.messages import ChallengePassword


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A secret that a group shares, resolved.

    Attributes:
        secret: in clear.
        until: the last day, UTC, on which it is taken; None: no end.
    """

    secret: Secret
    until: date | None = None


def static_challenges(
    challenge: Challenge, shared: Sequence[Shared], pepper: bytes
) -> tuple[StaticChallenge, ...]:
    """What the endpoint of a group takes; addresses and quota hold for each secret by itself.

    A former secret keeps the quota: otherwise it would become unlimited by being replaced.
    """
    return tuple(
        StaticChallenge(
            id=challenge_id(one.secret, pepper),
            digest=_digest(one.secret, pepper),
            expires=None if one.until is None else end_of(one.until),
            addresses=tuple(ipaddress.ip_network(text) for text in challenge.addresses),
            uses=challenge.uses,
        )
        for one in shared
    )


def challenge_id(secret: Secret, pepper: bytes) -> str:
    """What stands for a shared secret in logs and in each certificate's record.

    It changes with the secret, so that a leak can be answered; hashed once more than the digest, it says
    nothing that would help to guess.
    """
    return f"static-{hashlib.sha256(_digest(secret, pepper)).hexdigest()[:8]}"


def end_of(day: date) -> datetime:
    """The first moment after a day, UTC."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)


def _digest(secret: Secret, pepper: bytes) -> bytes:
    return digest(ChallengePassword(secret.reveal()), pepper)
