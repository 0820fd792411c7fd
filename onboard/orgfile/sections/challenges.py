"""Reads a group's `challenge`: how enrolments are authorised; rotation, quota, addresses and approval."""

from __future__ import annotations

import ipaddress
import re
from datetime import date, timedelta
from typing import NoReturn

from onboard.model import Challenge, ChallengeType, FormerSecret
from onboard.orgfile.sections.references import read_static_challenge
from onboard.orgfile.text import scalars
from onboard.orgfile.text.cursor import Cursor, Fields, Found, Reader, ReportedError, values
from onboard.orgfile.text.lists import distinct
from onboard.secret import SecretReference

DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
ONE_TIME_LIFE = timedelta(hours=1)
APPROVAL_LIFE = timedelta(days=7)
MOST_USES = 1_000_000
_KEYS = ("type", "secret", "valid_for", "until", "also_accept", "addresses", "uses")
# Made once: they run for each of a thousand groups.
_TYPE = scalars.choice(ChallengeType)
_USES = scalars.whole_number(1, MOST_USES, "the number of certificates")
_SHARED = (ChallengeType.STATIC, ChallengeType.APPROVAL)  # every device of the group has the same secret


def read_challenge(cursor: Cursor) -> Challenge:
    """How enrolments of a group are authorised."""
    fields = cursor.fields("a challenge with type", _KEYS)
    kind = fields.required("type", _TYPE)
    known = kind.value if kind.is_readable else None
    secret, valid_for = _read_terms(fields, known)
    shared = known in _SHARED
    until = fields.optional("until", read_day if shared else _unshared(known), None)
    former = fields.optional("also_accept", _read_former if shared else _unshared(known), ())
    addresses = fields.optional("addresses", _read_addresses if shared else _unshared(known), ())
    uses = fields.optional("uses", _USES if known is ChallengeType.STATIC else _uncounted(known), None)
    return Challenge(
        type=kind.value,
        secret=secret.value,
        valid_for=valid_for.value,
        until=until.value,
        also_accept=values(former.value),
        addresses=values(addresses.value),
        uses=uses.value,
        place=cursor.place,
    )


def read_day(cursor: Cursor) -> date:
    """A day such as 2027-01-31."""
    text = cursor.text("a day such as 2027-01-31")
    found = _day(text)
    if found is None:
        cursor.fail(f"'{text}' is not a day", "write year, month and day, such as 2027-01-31")
    return found


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(DAY, text) else None
    except ValueError:
        return None


def _read_terms(
    fields: Fields, kind: ChallengeType | None
) -> tuple[Found[SecretReference | None], Found[timedelta]]:
    """Secret and life, as the type has them; of an unreadable type nothing more is said."""
    match kind:
        case ChallengeType.STATIC:
            ended = _refuse("a static challenge ends with 'until: DAY'; remove the key")
            return (
                fields.required("secret", read_static_challenge),
                fields.optional("valid_for", ended, ONE_TIME_LIFE),
            )
        case ChallengeType.ONE_TIME:
            minted = _refuse("one-time challenges are minted; remove the key")
            return (
                fields.optional("secret", minted, None),
                fields.optional("valid_for", scalars.duration, ONE_TIME_LIFE),
            )
        case ChallengeType.APPROVAL:
            return (
                fields.required("secret", read_static_challenge),
                fields.optional("valid_for", scalars.duration, APPROVAL_LIFE),
            )
        case None:
            return fields.optional("secret", _skip, None), fields.optional("valid_for", _skip, ONE_TIME_LIFE)


def _read_former(cursor: Cursor) -> tuple[Found[FormerSecret], ...]:
    return cursor.items(_read_former_secret, "a list of secrets, each with until")


def _read_former_secret(cursor: Cursor) -> FormerSecret:
    fields = cursor.fields("a mapping with secret and until", ("secret", "until"))
    secret = fields.required("secret", read_static_challenge)
    until = fields.required("until", read_day)
    return FormerSecret(secret=secret.value, until=until.value, place=cursor.place)


def _read_addresses(cursor: Cursor) -> tuple[Found[str], ...]:
    return distinct(_read_network, "a list of networks such as 10.0.0.0/8")(cursor)


def _read_network(cursor: Cursor) -> str:
    text = cursor.text("a network such as 10.0.0.0/8")
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        cursor.fail(f"'{text}' is not a network", "write an address and its length, such as 10.0.0.0/8")
    if ipaddress.ip_interface(text).ip != network.network_address:
        cursor.fail(f"'{text}' has bits beyond its length", f"the network is {network}")
    return str(network)


def _unshared(kind: ChallengeType | None) -> Reader[NoReturn]:
    if kind is None:
        return _skip
    return _refuse("one-time challenges are shared by nobody; remove the key")


def _uncounted(kind: ChallengeType | None) -> Reader[NoReturn]:
    if kind is ChallengeType.APPROVAL:
        return _refuse("a person counts what is approved; remove the key")
    return _unshared(kind)


def _refuse(message: str) -> Reader[NoReturn]:
    def read(cursor: Cursor) -> NoReturn:
        cursor.fail(message)

    return read


def _skip(_cursor: Cursor) -> NoReturn:
    raise ReportedError
