"""Reads `mdm`: which MDMs there are and which groups go there; their renewal markers are granted by that.

How they are reached is not read yet.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from onboard.dialects import DIALECTS
from onboard.model import MdmTarget
from onboard.orgfile.text import scalars
from onboard.orgfile.text.cursor import Cursor, Found, Reader, find

_KEYS = ("type", "groups")
_LATER = dict.fromkeys(
    (
        *("url", "tenant", "customer", "client_id", "client_secret", "api_key", "credentials"),
        *("challenge", "platforms", "limits"),
    ),
    (),
)
_GROUP_LATER = dict.fromkeys(("include", "exclude", "rings", "org_units", "level"), ())
_TYPE = scalars.choice_of({name: name for name in DIALECTS})


def read_targets(groups: Callable[[], Collection[str]]) -> Reader[tuple[Found[MdmTarget], ...]]:
    """A reader of every target; `groups` are the keys of the groups section."""

    def read(cursor: Cursor) -> tuple[Found[MdmTarget], ...]:
        entries = cursor.entries("a mapping of MDM targets")
        return tuple(find(entry, _read_entry(name, groups)) for name, entry in entries.items())

    return read


def _read_entry(name: str, groups: Callable[[], Collection[str]]) -> Reader[MdmTarget]:
    def read(cursor: Cursor) -> MdmTarget:
        scalars.check_slug(cursor, name)
        fields = cursor.fields("an MDM target with type and groups", _KEYS, _LATER)
        kind = fields.required("type", _TYPE)
        named = fields.required("groups", _read_groups(groups))
        return MdmTarget(name=name, type=kind.value, groups=named.value, place=cursor.place)

    return read


def _read_groups(groups: Callable[[], Collection[str]]) -> Reader[tuple[str, ...]]:
    def read(cursor: Cursor) -> tuple[str, ...]:
        entries, known = cursor.entries("a mapping of groups"), groups()
        if not entries:
            cursor.fail("no group goes there", "name one, as in 'staff: {}'")
        for name, entry in entries.items():
            if name not in known:
                entry.mistake(f"no group is called '{name}'", entry.suggest(name, known, "group names"))
            entry.fields("the assignment of a group, {} for nobody", (), _GROUP_LATER)
        return tuple(entries)

    return read
