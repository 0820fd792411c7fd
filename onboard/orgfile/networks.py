"""Reads `networks`: SSIDs and wires with 802.1X."""

from __future__ import annotations

from typing import NoReturn

from onboard.model import Network, NetworkType, Radius, Security, Ssid
from onboard.orgfile import scalars
from onboard.orgfile.cursor import NOT_YET, Cursor, Fields, Found, Reader, Table, find
from onboard.orgfile.nodes import Sequence

_KEYS = ("type", "ssid", "security", "radius")
_LATER = {"hidden": (), "outer_identity": (), "passpoint": (), "platforms": ()}
_ETHERNET_HINT = "an SSID and its security belong to Wi-Fi; remove the key or 'type: ethernet'"


def unique_ssid(seen: dict[Ssid, str], owner: str) -> Reader[Ssid]:
    """A reader of an SSID that nothing else in the file has; `seen` says what has which."""

    def read(cursor: Cursor) -> Ssid:
        ssid = scalars.ssid(cursor)
        if ssid in seen:
            cursor.mistake(
                f"the SSID '{ssid}' is already that of {seen[ssid]}",
                "devices keep one configuration for each SSID; give it another, or use that network",
            )
        seen.setdefault(ssid, owner)
        return ssid

    return read


def read_networks(radius: Table[Radius], ssids: dict[Ssid, str]) -> Reader[Table[Network]]:
    """A reader of every network; their SSIDs are noted in `ssids`."""

    def read(cursor: Cursor) -> Table[Network]:
        entries = cursor.entries("a mapping of networks")
        if not entries:
            cursor.fail("no network is defined")
        return Table(
            "network", {n: find(entry, _read_entry(n, radius, ssids)) for n, entry in entries.items()}
        )

    return read


def _read_entry(name: str, radius: Table[Radius], ssids: dict[Ssid, str]) -> Reader[Network]:
    def read(cursor: Cursor) -> Network:
        scalars.check_name(cursor, name)
        fields = cursor.fields("a network with radius, ssid and security", _KEYS, _LATER)
        kind = fields.optional("type", scalars.choice(NetworkType), NetworkType.WIFI)
        server = fields.required("radius", _read_radius(radius))
        ssid, security = _read_medium(fields, kind, unique_ssid(ssids, f"network '{name}'"))
        return Network(
            name=name,
            type=kind.value,
            radius=server.value,
            ssid=ssid.value,
            security=security.value,
            place=cursor.place,
        )

    return read


def _read_medium(
    fields: Fields, kind: Found[NetworkType], ssid: Reader[Ssid]
) -> tuple[Found[Ssid | None], Found[Security | None]]:
    """SSID and security, as the type has them; of an unreadable type, what is there is judged alone."""
    security = scalars.choice(Security)
    if not kind.is_readable:
        return fields.optional("ssid", ssid, None), fields.optional("security", security, None)
    if kind.value is NetworkType.ETHERNET:
        return fields.optional("ssid", _refuse, None), fields.optional("security", _refuse, None)
    return fields.required("ssid", ssid), fields.required("security", security)


def _refuse(cursor: Cursor) -> NoReturn:
    cursor.fail("an Ethernet network has none", _ETHERNET_HINT)


def _read_radius(radius: Table[Radius]) -> Reader[Radius]:
    def read(cursor: Cursor) -> Radius:
        if isinstance(cursor.node, Sequence):
            cursor.fail("expected the name of one radius entry, found a list", f"several are {NOT_YET}")
        return radius.find(cursor)

    return read
