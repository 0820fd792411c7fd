"""Reads `radius`: what a device demands of the network before it offers its certificate."""

from __future__ import annotations

from onboard.apple_options import TlsVersions
from onboard.model import Anchor, Authority, Radius
from onboard.options import RadiusType
from onboard.orgfile.sections.radius_clients import read_clients
from onboard.orgfile.text import scalars
from onboard.orgfile.text.cursor import Cursor, Found, Reader, Table, find, values
from onboard.orgfile.text.lists import distinct

_KEYS = ("type", "server_names", "trust", "tls", "issue", "clients")


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
        fields = cursor.fields("a RADIUS entry with server_names and trust", _KEYS)
        kind = fields.optional("type", scalars.choice(RadiusType), RadiusType.FREERADIUS)
        tls = fields.optional("tls", _read_tls(kind), TlsVersions())
        names = fields.required("server_names", distinct(scalars.server_name, "a list of host names"))
        trust = fields.required("trust", distinct(_read_anchor(authorities), "a list of authorities"))
        issue = fields.optional("issue", scalars.boolean, default=True)
        clients = fields.optional("clients", read_clients, ())
        return Radius(
            name=name,
            server_names=values(names.value),
            trust=values(trust.value),
            type=kind.value,
            tls=tls.value,
            issue=issue.value,
            clients=clients.value,
            place=cursor.place,
        )

    return read


def _read_tls(kind: Found[RadiusType]) -> Reader[TlsVersions]:
    """TLS versions; 1.3 where the server staples OCSP answers, which FreeRADIUS 3 does not."""

    def read(cursor: Cursor) -> TlsVersions:
        versions = _read_versions(cursor)
        if versions.maximum == "1.3" and kind.is_readable and kind.value is RadiusType.FREERADIUS:
            cursor.mistake(
                "FreeRADIUS 3 staples no OCSP answer, and with TLS 1.3 Apple devices demand one",
                "write 'max: \"1.2\"', or say which other server answers there: 'type: other'",
            )
        return versions

    return read


def _read_versions(cursor: Cursor) -> TlsVersions:
    fields = cursor.fields("a mapping with min and max", ("min", "max", "ocsp_stapling"))
    version = scalars.choice_of({"1.2": "1.2", "1.3": "1.3"})
    low, high = fields.optional("min", version, "1.2"), fields.optional("max", version, "1.2")
    stapling = fields.optional("ocsp_stapling", scalars.boolean, default=False)
    if low.value > high.value:
        cursor.mistake(f"min {low.value} is above max {high.value}")
    if high.value == "1.3" and not stapling.value:
        cursor.mistake(
            "with TLS 1.3 Apple devices do not join unless the server staples an OCSP answer",
            "write 'ocsp_stapling: true' once the server does, or 'max: \"1.2\"'",
        )
    return TlsVersions(minimum=low.value, maximum=high.value)


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
