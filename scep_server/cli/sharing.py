"""The `challenge` of a group in `scep.toml`: what its devices share, and whether a person decides."""

from __future__ import annotations

import enum
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import ip_network
from pathlib import Path

from scep_server.challenges import STATIC_MINIMUM, Network, StaticChallenge, digest
from scep_server.cli.table import SettingsError, Table
from scep_server.messages import ChallengePassword
from scep_server.service import ApprovalQueue

WAITS_DAYS = 7


class Type(enum.StrEnum):
    """What a shared secret is good for."""

    STATIC = "static"  # a certificate
    APPROVAL = "approval"  # a place in the queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A secret, and the last day (UTC) on which it is taken; None: no end."""

    secret: ChallengePassword
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeSettings:
    """What the devices of a group may show beside minted challenges.

    Attributes:
        type: what it is good for.
        shared: today's secret first; empty: minted challenges only, or, with APPROVAL, an open queue.
        addresses: networks whence they are taken, or requests queued; empty: from anywhere.
        uses: how many certificates each secret may give; None: any number.
        waits: how long a request waits for a person, and then again for its device.
    """

    type: Type = Type.STATIC
    shared: tuple[Shared, ...] = ()
    addresses: tuple[Network, ...] = ()
    uses: int | None = None
    waits: timedelta = timedelta(days=WAITS_DAYS)

    def static(self, pepper: bytes) -> tuple[StaticChallenge, ...]:
        """The secrets as the server knows them."""
        return tuple(
            StaticChallenge(
                id=challenge_id(one.secret, pepper),
                digest=digest(one.secret, pepper),
                expires=None if one.until is None else _end_of(one.until),
                addresses=self.addresses,
                uses=self.uses,
            )
            for one in self.shared
        )

    def queue(self, pepper: bytes) -> ApprovalQueue | None:
        """Where requests wait; None where nobody is asked."""
        if self.type is not Type.APPROVAL:
            return None
        return ApprovalQueue(guards=self.static(pepper), addresses=self.addresses, lasts=self.waits)


def challenge_id(secret: ChallengePassword, pepper: bytes) -> str:
    """What each certificate records of the secret that gave it: another secret has another id."""
    return f"static-{hashlib.sha256(digest(secret, pepper)).hexdigest()[:8]}"


def read_challenge(group: Table) -> ChallengeSettings:
    """Read `challenge`: a reference to a secret, or a table.

    Raises:
        SettingsError: a mistake in it, or the secret cannot be had.
    """
    if group.is_text("challenge"):
        return ChallengeSettings(shared=(Shared(secret=_secret(group, "challenge")),))
    if not group.has("challenge"):
        return ChallengeSettings()
    table = group.table("challenge")
    kind = _type(table)
    settings = ChallengeSettings(
        type=kind,
        shared=tuple(_shared(table, kind)),
        addresses=_addresses(table),
        uses=table.amount("uses", 1) if table.has("uses") else None,
        waits=timedelta(days=table.amount("waits", WAITS_DAYS)),
    )
    table.finish()
    return settings


def _type(table: Table) -> Type:
    text = table.take("type", str, Type.STATIC.value)
    if text not in set(Type):
        raise SettingsError(f"{table.place}: type is {' or '.join(Type)}, not {text!r}")
    return Type(text)


def _shared(table: Table, kind: Type) -> Iterator[Shared]:
    """Today's secret, and those of before; a static challenge without one would be none."""
    if table.has("secret") or kind is Type.STATIC:
        yield Shared(secret=_secret(table, "secret"), until=table.day("until"))
    for former in table.tables("also_accept"):
        secret, until = _secret(former, "secret"), former.day("until")
        former.finish()
        if until is None:
            raise SettingsError(f"{former.place}: until is missing: the day on which the old secret ends")
        yield Shared(secret=secret, until=until)


def _addresses(table: Table) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(text) for text in table.texts("addresses"))
    except ValueError as error:
        raise SettingsError(
            f"{table.place}: addresses: {error}; write networks such as 10.0.0.0/8"
        ) from error


def _secret(table: Table, name: str) -> ChallengePassword:
    """A secret of `env:NAME` or `file:PATH`; never a literal, because the file is not a safe place."""
    kind, _, where = table.take(name, str).partition(":")
    if kind == "env" and os.environ.get(where):
        secret = os.environ[where]
    elif kind == "file" and Path(where).is_file():
        secret = Path(where).read_text(encoding="utf-8").strip()
    else:
        raise SettingsError(
            f"{table.place}: {name}: set the variable or the file that env:NAME or file:PATH names"
        )
    if len(secret) < STATIC_MINIMUM:
        raise SettingsError(f"{table.place}: {name}: it has fewer than {STATIC_MINIMUM} characters")
    return ChallengePassword(secret)


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)
