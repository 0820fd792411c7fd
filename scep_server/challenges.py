"""Challenges (RFC 8894 §7.3): minting, keyed digests, and what a record of one says.

A challenge in clear exists in the hand of whoever minted it and in the device's request, nowhere else:
the server keeps HMAC-SHA256 under a pepper that lives in the state folder, apart from the database.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import hmac
import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from scep_server.messages import ChallengePassword

CHALLENGE_LENGTH = 26  # characters of A-Z2-7: 130 bits
ENTROPY_BYTES = 17  # the fewest whole bytes that give 26 characters of base32
IDENTIFIER_BYTES = 10
STATIC_MINIMUM = 16  # characters; RFC 8894 §7.3 asks for what cannot be guessed

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ChallengeState(enum.StrEnum):
    """What a minted challenge is good for at one moment."""

    USABLE = "usable"
    SPENT = "spent"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """The record of one minted challenge.

    Attributes:
        id: names it in logs, audit and certificates; says nothing about the challenge.
        group: the one group whose endpoints take it.
        digest: 32 bytes, `digest(challenge, pepper)`.
        bound: variable -> value that the request must show; empty: it binds the group only.
        minted, expires: aware UTC.
        spent_by: serial of the certificate it was spent on.
        spent, revoked: when, aware UTC.
    """

    id: str
    group: str
    digest: bytes = field(repr=False)
    bound: Mapping[str, str]
    minted: datetime
    expires: datetime
    spent_by: int | None = None
    spent: datetime | None = None
    revoked: datetime | None = None

    def state(self, now: datetime) -> ChallengeState:
        """What it is good for at `now`; spent counts more than revoked, and revoked more than expired."""
        if self.spent is not None:
            return ChallengeState.SPENT
        if self.revoked is not None:
            return ChallengeState.REVOKED
        return ChallengeState.EXPIRED if now >= self.expires else ChallengeState.USABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticChallenge:
    """A secret that a whole group shares, pushed inside its payload.

    Attributes:
        id: names it in logs, audit and certificates.
        digest: 32 bytes, `digest(secret, pepper)`.
        expires: from when it is refused; None: never.
        addresses: whence it is taken; empty: from anywhere.
        uses: how many certificates it may give; None: any number.
    """

    id: str
    digest: bytes = field(repr=False)
    expires: datetime | None = None
    addresses: tuple[Network, ...] = ()
    uses: int | None = None


def mint(entropy: bytes) -> ChallengePassword:
    """A challenge of 26 characters A-Z2-7.

    Args:
        entropy: at least 17 random bytes; 130 bits of them are used.

    Raises:
        ValueError: there are fewer.
    """
    if len(entropy) < ENTROPY_BYTES:
        msg = f"a challenge needs {ENTROPY_BYTES} random bytes, got {len(entropy)}"
        raise ValueError(msg)
    return ChallengePassword(base64.b32encode(entropy).decode()[:CHALLENGE_LENGTH])


def identifier(entropy: bytes) -> str:
    """An id for a challenge from at least 10 random bytes that had no part in the challenge itself."""
    if len(entropy) < IDENTIFIER_BYTES:
        msg = f"a challenge id needs {IDENTIFIER_BYTES} random bytes, got {len(entropy)}"
        raise ValueError(msg)
    return base64.b32encode(entropy[:IDENTIFIER_BYTES]).decode().lower()


def digest(challenge: ChallengePassword, pepper: bytes) -> bytes:
    """HMAC-SHA256 of a challenge, 32 bytes; useless to a thief of the database who lacks the pepper."""
    return hmac.digest(pepper, challenge.reveal().encode("utf-8", "surrogatepass"), hashlib.sha256)


def matching_static(digested: bytes, candidates: Iterable[StaticChallenge]) -> StaticChallenge | None:
    """The static challenge with this digest; every candidate is compared, each in constant time."""
    found = None
    for candidate in candidates:
        if hmac.compare_digest(candidate.digest, digested):
            found = candidate
    return found


def is_from(address: str, networks: tuple[Network, ...]) -> bool:
    """Whether an address is in one of the networks; an unreadable address is in none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)
