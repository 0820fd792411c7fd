"""Reads `groups`: who may join which network, with certificates of which authority."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn, TypeVar

from onboard.model import (
    Authority,
    Challenge,
    ChallengeType,
    EnrollmentProfile,
    Group,
    Network,
    Platform,
)
from onboard.orgfile import scalars
from onboard.orgfile.cursor import (
    NOT_YET,
    Cursor,
    Fields,
    Found,
    Reader,
    ReportedError,
    Table,
    find,
    values,
)
from onboard.orgfile.lists import distinct
from onboard.orgfile.nodes import Mapping as MappingNode
from onboard.orgfile.nodes import Sequence
from onboard.orgfile.references import read_static_challenge
from onboard.secret import SecretReference

T = TypeVar("T")

_KEYS = ("authority", "profile", "networks", "vlan", "platforms", "challenge")
_LATER: Mapping[str, tuple[str, ...]] = {
    "title": (),
    "formerly": (),
    "reply": (),
    "wins_over": (),
    "like": _KEYS,  # it brings whatever is missing here
    "access_for": (),
}
_CHALLENGE_LATER: Mapping[str, tuple[str, ...]] = {"also_accept": (), "addresses": (), "uses": ()}
# Made once: they run for each of a thousand groups.
_PLATFORM = scalars.choice(Platform)
_TYPE = scalars.choice(ChallengeType)
_VLAN = scalars.whole_number(1, 4094, "a VLAN")
_ONE_TIME_LIFE = timedelta(hours=1)
_LATER_PLATFORMS = frozenset({"ios", "ipados", "macos", "tvos", "watchos", "visionos"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenGroup:
    """A group as far as it can be read; the rules judge what is there."""

    name: str
    cursor: Cursor
    authority: Found[Authority]
    profile: Found[EnrollmentProfile]
    networks: Found[tuple[Found[Network], ...]]
    vlan: Found[int | None]
    also_accepted: Found[tuple[Authority, ...]]
    platforms: Found[tuple[Found[Platform], ...]]
    challenge: Found[Challenge]

    def build(self) -> Group:
        """The group (ReportedError if a part of it cannot be had)."""
        return Group(
            name=self.name,
            authority=self.authority.value,
            profile=self.profile.value,
            networks=values(self.networks.value),
            vlan=self.vlan.value,
            platforms=values(self.platforms.value),
            challenge=self.challenge.value,
            place=self.cursor.place,
        )


def read_groups(
    authorities: Table[Authority], profiles: Table[EnrollmentProfile], networks: Table[Network]
) -> Reader[tuple[Found[WrittenGroup], ...]]:
            also_accepted=self.also_accepted.value,
    """A reader of every group."""

    def read(cursor: Cursor) -> tuple[Found[WrittenGroup], ...]:
        entries = cursor.entries("a mapping of groups")
        if not entries:
            cursor.fail("no group is defined")
        return tuple(
            find(entry, _read_entry(name, authorities, profiles, networks)) for name, entry in entries.items()
        )

    return read


def _read_entry(
    name: str,
    authorities: Table[Authority],
    profiles: Table[EnrollmentProfile],
    networks: Table[Network],
) -> Reader[WrittenGroup]:
    def read(cursor: Cursor) -> WrittenGroup:
        scalars.check_slug(cursor, name)
        fields = cursor.fields(
            "a group with authority, profile, networks, platforms and challenge", _KEYS, _LATER
        )
        return WrittenGroup(
            name=name,
            cursor=cursor,
            authority=_first(issuers),
            also_accepted=find(issuers.cursor, lambda _: values(issuers.value[1:])),
            profile=fields.required("profile", _one(profiles)),
            networks=fields.required("networks", distinct(networks.find, "a list of networks")),
            vlan=fields.optional("vlan", _read_vlan, None),
            platforms=fields.required("platforms", _read_platforms),
            challenge=fields.required("challenge", _read_challenge),
        )

    return read


def _one(table: Table[T]) -> Reader[T]:
    """A reference to one; the list form comes later."""

        issuers = fields.required("authority", _one_or_several(authorities))
    def read(cursor: Cursor) -> T:
        if isinstance(cursor.node, Sequence):
            cursor.fail(f"expected the name of one {table.kind}, found a list", f"several are {NOT_YET}")
        return table.find(cursor)

    return read


def _one_or_several(table: Table[Authority]) -> Reader[tuple[Found[Authority], ...]]:
    """The authority that issues, or a list during a rollover: the first issues, all are accepted."""


def _read_platforms(cursor: Cursor) -> tuple[Found[Platform], ...]:
    if isinstance(cursor.node, MappingNode):
        cursor.fail("expected a list of platforms, found a mapping", f"options of a platform are {NOT_YET}")
    return distinct(_read_platform, "a list of platforms")(cursor)


def _read_platform(cursor: Cursor) -> Platform:
    text = cursor.text("a platform")
    if text in _LATER_PLATFORMS:
        cursor.fail(f"'{text}' on its own is {NOT_YET}", "write 'apple', which covers it")
    return _PLATFORM(cursor)


def _read_challenge(cursor: Cursor) -> Challenge:
    fields = cursor.fields("a challenge with type", ("type", "secret", "valid_for"), _CHALLENGE_LATER)
    kind = fields.required("type", _TYPE)
    secret, valid_for = _read_terms(fields, kind.value if kind.is_readable else None)
    return Challenge(type=kind.value, secret=secret.value, valid_for=valid_for.value, place=cursor.place)


def _read_terms(
    fields: Fields, kind: ChallengeType | None
) -> tuple[Found[SecretReference | None], Found[timedelta]]:
    """Secret and life, as the type has them; of an unreadable type nothing more is said."""
    if kind is ChallengeType.STATIC:
        return (
            fields.required("secret", read_static_challenge),
            fields.optional(
                "valid_for", _refuse("a static challenge has no end; remove the key"), _ONE_TIME_LIFE
            ),
        )
    if kind is ChallengeType.ONE_TIME:
        return (
            fields.optional("secret", _refuse("one-time challenges are minted; remove the key"), None),
            fields.optional("valid_for", scalars.duration, _ONE_TIME_LIFE),
        )
    return fields.optional("secret", _skip, None), fields.optional("valid_for", _skip, _ONE_TIME_LIFE)


def _first(issuers: Found[tuple[Found[Authority], ...]]) -> Found[Authority]:
    return issuers.value[0] if issuers.is_readable else Found(issuers.cursor, None)

    return read


def _skip(_cursor: Cursor) -> NoReturn:
    raise ReportedError
