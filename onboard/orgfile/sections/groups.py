"""Reads `groups`: who may join which network, with certificates of which authority."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from onboard.apple_options import AcmeServer, Setting
from onboard.model import (
    Authority,
    Challenge,
    EnrollmentProfile,
    Group,
    Network,
    Platform,
)
from onboard.orgfile.sections import apple_options
from onboard.orgfile.sections.challenges import read_challenge
from onboard.orgfile.sections.likeness import Taker, moved_items, read_like, reading_order
from onboard.orgfile.sections.platform_options import WrittenPlatforms, moved_platforms, read_platforms
from onboard.orgfile.sections.vlans import Vlans, read_reply, read_vlans
from onboard.orgfile.text import scalars
from onboard.orgfile.text.cursor import (
    Cursor,
    Found,
    Reader,
    Table,
    find,
    readable,
    values,
)
from onboard.orgfile.text.lists import distinct
from onboard.orgfile.text.nodes import Sequence
from onboard.variables import Holder

_KEYS = (
    "title",
    "like",
    "authority",
    "profile",
    "networks",
    "vlan",
    "reply",
    "platforms",
    "challenge",
    "apple",
    "acme",
    "access_for",
    "formerly",
    "scep",
)
_LATER: Mapping[str, tuple[str, ...]] = {"wins_over": ()}
_WANTED = "a group with authority, profile, networks, platforms and challenge"

_TITLE = scalars.name_up_to(64, "it stands in one line on devices")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenGroup:
    """A group as far as it can be read; the rules judge what is there."""

    name: str
    cursor: Cursor
    title: Found[str]
    like: Found[WrittenGroup | None]
    issuers: Found[tuple[Found[Authority], ...]]
    profiles: Found[tuple[Found[EnrollmentProfile], ...]]
    networks: Found[tuple[Found[Network], ...]]
    vlan: Found[Vlans]
    reply: Found[Mapping[str, str]]
    asked: Found[WrittenPlatforms]
    apple: Found[Mapping[str, Setting]]
    acme: Found[AcmeServer | None]
    access_for: Found[timedelta | None]
    challenge: Found[Challenge]
    formerly: Found[tuple[Found[str], ...]]
    single_certificate: Found[bool]

    @property
    def authority(self) -> Found[Authority]:
        """Who issues."""
        return self.issuers.value[0] if self.issuers.is_readable else Found(self.issuers.cursor, None)

    @property
    def also_accepted(self) -> Found[tuple[Authority, ...]]:
        """Whose certificates go on working."""
        return find(self.issuers.cursor, lambda _: values(self.issuers.value[1:]))

    @property
    def platforms(self) -> Found[tuple[Found[Platform], ...]]:
        """Its platforms, options apart."""
        return find(self.asked.cursor, lambda _: self.asked.value.platforms)

    def networks_on(self, platform: Platform) -> tuple[tuple[Cursor, Network], ...]:
        """Its networks that are for a platform, as far as they can be read, each with its place."""
        found = readable(self.networks.value) if self.networks.is_readable else ()
        return tuple((cursor, network) for cursor, network in found if network.is_for(platform))

    @property
    def certificates(self) -> tuple[tuple[Cursor, EnrollmentProfile], ...]:
        """Its profiles as far as they can be read, each with its place."""
        return readable(self.profiles.value) if self.profiles.is_readable else ()

    def build(self) -> Group:
        """The group (ReportedError if a part of it cannot be had)."""
        profile, *others = values(self.profiles.value)
        return Group(
            name=self.name,
            title=self.title.value,
            authority=self.authority.value,
            also_accepted=self.also_accepted.value,
            profile=profile,
            second_profile=others[0] if others else None,
            networks=values(self.networks.value),
            vlan=self.vlan.value.default,
            vlans=self.vlan.value.nearer,
            reply=self.reply.value,
            platforms=values(self.platforms.value),
            windows=self.asked.value.windows.value,
            apple=replace(self.asked.value.apple.value, keys=self.apple.value, acme=self.acme.value),
            access_for=self.access_for.value,
            challenge=self.challenge.value,
            formerly=values(self.formerly.value),
            single_certificate=self.single_certificate.value,
            place=self.cursor.place,
        )


def read_groups(
    authorities: Table[Authority], profiles: Table[EnrollmentProfile], networks: Table[Network]
) -> Reader[tuple[Found[WrittenGroup], ...]]:
    """A reader of every group."""

    def read(cursor: Cursor) -> tuple[Found[WrittenGroup], ...]:
        entries = cursor.entries("a mapping of groups")
        if not entries:
            cursor.fail("no group is defined")
        known: dict[str, Found[WrittenGroup]] = {}
        for name in reading_order(entries):
            like = read_like(entries, known)
            known[name] = find(entries[name], _read_entry(name, authorities, profiles, networks, like))
        return tuple(known[name] for name in entries)

    return read


def _read_entry(
    name: str,
    authorities: Table[Authority],
    profiles: Table[EnrollmentProfile],
    networks: Table[Network],
    read_other: Reader[WrittenGroup],
) -> Reader[WrittenGroup]:
    def read(cursor: Cursor) -> WrittenGroup:
        scalars.check_slug(cursor, name)
        fields = cursor.fields(_WANTED, _KEYS, _LATER)
        like = fields.optional("like", read_other, None)
        take = Taker(cursor, fields, like)
        one_or_several = _one_or_several(authorities)
        some_networks = distinct(networks.find, "a list of networks")
        joined = take.required("networks", some_networks, lambda other: other.networks, moved_items)
        return WrittenGroup(
            name=name,
            cursor=cursor,
            title=fields.optional("title", _TITLE, ""),
            like=like,
            issuers=take.required("authority", one_or_several, lambda other: other.issuers, moved_items),
            profiles=take.required(
                "profile", _read_profiles(profiles), lambda other: other.profiles, moved_items
            ),
            networks=joined,
            vlan=take.optional("vlan", read_vlans(joined), Vlans(), lambda other: other.vlan),
            reply=take.optional("reply", read_reply, {}, lambda other: other.reply),
            asked=take.required("platforms", read_platforms, lambda other: other.asked, moved_platforms),
            apple=take.optional("apple", apple_options.read_group_keys, {}, lambda other: other.apple),
            acme=take.optional("acme", apple_options.read_acme, None, lambda other: other.acme),
            access_for=take.optional("access_for", scalars.duration, None, lambda other: other.access_for),
            challenge=take.required("challenge", read_challenge, lambda other: other.challenge),
            formerly=fields.optional("formerly", distinct(_read_slug, "a list of former keys"), ()),
            single_certificate=take.optional(
                "scep", _read_scep, False, lambda other: other.single_certificate
            ),
        )

    return read


def _read_profiles(table: Table[EnrollmentProfile]) -> Reader[tuple[Found[EnrollmentProfile], ...]]:
    """One profile, or a list of one for each holder."""

    def read(cursor: Cursor) -> tuple[Found[EnrollmentProfile], ...]:
        if not isinstance(cursor.node, Sequence):
            return (find(cursor, table.find),)
        names = distinct(_name_in(table), "the name of a profile, or a list of them")(cursor)
        found = tuple(find(name.cursor, _named(table, name)) for name in names)
        _demand_one_for_each_holder(found)
        return found

    return read


def _name_in(table: Table[EnrollmentProfile]) -> Reader[str]:
    return lambda cursor: table.find(cursor).name


def _named(table: Table[EnrollmentProfile], name: Found[str]) -> Reader[EnrollmentProfile]:
    return lambda _: table.entries[name.value].value


def _demand_one_for_each_holder(found: tuple[Found[EnrollmentProfile], ...]) -> None:
    seen: dict[Holder, EnrollmentProfile] = {}
    for item, profile in readable(found):
        other = seen.setdefault(profile.holder, profile)
        if other.name != profile.name:
            item.mistake(
                f"'{other.name}' and '{profile.name}' both have 'holder: {profile.holder}'; a group has one"
                " profile for each holder",
                "keep one of them, or give the other a group of its own",
            )


def _one_or_several(table: Table[Authority]) -> Reader[tuple[Found[Authority], ...]]:
    """The authority that issues, or a list during a rollover: the first issues, all are accepted."""

    def read(cursor: Cursor) -> tuple[Found[Authority], ...]:
        if isinstance(cursor.node, Sequence):
            return distinct(table.find, "the name of an authority, or a list of them")(cursor)
        return (find(cursor, table.find),)

    return read


def _read_slug(cursor: Cursor) -> str:
    text = cursor.text("a former key of this group")
    if not re.fullmatch(scalars.SLUG, text):
        cursor.fail(f"'{text}' was never a key of a group", "a-z, 0-9 and '-', 32 characters at most")
    return text


def _read_scep(cursor: Cursor) -> bool:
    fields = cursor.fields("a mapping with single_certificate", ("single_certificate",))
    return fields.optional("single_certificate", scalars.boolean, default=False).value
