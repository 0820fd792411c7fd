"""Reads `radius`: what a device demands of the network before it offers its certificate."""

from __future__ import annotations

from onboard.model import Anchor, Authority, Radius
from onboard.orgfile import scalars
from onboard.orgfile.cursor import Cursor, Reader, Table, find, values
from onboard.orgfile.lists import distinct

_KEYS = ("server_names", "trust")
_LATER = {"type": (), "issue": (), "tls": (), "clients": ()}


def read_radius(authorities: Table[Authority]) -> Reader[Table[Radius]]:
    """A reader of every RADIUS entry."""

    def read(cursor: Cursor) -> Table[Radius]:
        entries = cursor.entries("a mapping of RADIUS entries")
        if not entries:
            cursor.fail("no RADIUS entry is defined", "devices must know which server to trust")
        return Table(
            "radius entry", {n: find(entry, _read_entry(n, authorities)) for n, entry in entries.items()}
        )

    return read


def _read_entry(name: str, authorities: Table[Authority]) -> Reader[Radius]:
    def read(cursor: Cursor) -> Radius:
        scalars.check_name(cursor, name)
        fields = cursor.fields("a RADIUS entry with server_names and trust", _KEYS, _LATER)
        names = fields.required("server_names", distinct(scalars.server_name, "a list of host names"))
        trust = fields.required("trust", distinct(_read_anchor(authorities), "a list of authorities"))
        return Radius(
            name=name, server_names=values(names.value), trust=values(trust.value), place=cursor.place
        )

    return read


def _read_anchor(authorities: Table[Authority]) -> Reader[Anchor]:
    """An authority of this org, or a certificate file."""

    def read(cursor: Cursor) -> Anchor:
        text = cursor.text("an authority's name or file:PATH")
        if text.startswith("file:"):
            path = text.removeprefix("file:").strip()
            if not path:
                cursor.fail("'file:' names no file", "write file:PATH, relative to this file")
            return Anchor(file=path, place=cursor.value_place)
        # The entry's own mistakes are reported there; the anchor needs only its name.
        authorities.named(cursor, text)
        return Anchor(authority=text, place=cursor.value_place)

    return read
