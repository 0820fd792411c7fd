"""Reads `networks`: SSIDs and wires with 802.1X."""

from __future__ import annotations

from typing import NoReturn, TypeVar

from onboard.apple_options import Passpoint
from onboard.model import Network, NetworkType, Radius, Security, Ssid
from onboard.options import EapMethod, RadiusType
from onboard.orgfile.sections import apple_options
from onboard.orgfile.sections.platform_options import read_platform_names
from onboard.orgfile.text import scalars
from onboard.orgfile.text.cursor import Cursor, Fields, Found, Reader, Table, find, values
from onboard.orgfile.text.lists import distinct
from onboard.orgfile.text.nodes import Sequence

T = TypeVar("T")
_KEYS = (
    *("type", "ssid", "security", "radius", "eap", "fips", "mac_randomization"),
    *("hidden", "outer_identity", "passpoint", "apple", "platforms"),
)
_WPA3_ALONE = frozenset({Security.WPA3_ENTERPRISE, Security.WPA3_ENTERPRISE_192})
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
        fields = cursor.fields("a network with radius, ssid and security", _KEYS)
        kind = fields.optional("type", scalars.choice(NetworkType), NetworkType.WIFI)
        servers = fields.required("radius", _read_radius(radius))
        server = find(servers.cursor, lambda _: servers.value[0])
        ssid, security = _read_medium(fields, kind, unique_ssid(ssids, f"network '{name}'"))
        eap = fields.optional("eap", _read_eap(server), EapMethod.TLS)
        fips = fields.optional("fips", _read_fips(kind, security), default=False)
        platforms = fields.optional("platforms", read_platform_names, ((), ()))
        return Network(
            name=name,
            type=kind.value,
            radius=server.value,
            more_radius=servers.value[1:],
            ssid=ssid.value,
            security=security.value,
            eap=eap.value,
            fips=fips.value,
            mac_randomization=_mac_randomization(fields, kind).value,
            hidden=_hidden(fields, kind).value,
            outer_identity=_outer_identity(fields, server).value,
            passpoint=_passpoint(fields, kind).value,
            apple=fields.optional("apple", apple_options.read_network_keys(kind), {}).value,
            platforms=platforms.value[0],
            apple_systems=platforms.value[1],
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


def _read_eap(server: Found[Radius]) -> Reader[EapMethod]:
    """The method of Windows; one that the RADIUS server does not do is a mistake."""

    def read(cursor: Cursor) -> EapMethod:
        method = scalars.choice(EapMethod)(cursor)
        kind = server.value.type if server.is_readable else RadiusType.OTHER
        if method is EapMethod.TEAP and kind is RadiusType.FREERADIUS:
            cursor.fail(
                "the FreeRADIUS configuration that onboard writes does EAP-TLS and PEAP-TLS, no TEAP",
                f"if another server answers there, say which: 'type: other' in radius '{server.value.name}'",
            )
        if method is EapMethod.TEAP and kind is RadiusType.NPS:
            cursor.fail("NPS does not do TEAP", "write 'eap-tls' or 'peap-tls'")
        return method

    return read


def _hidden(fields: Fields, kind: Found[NetworkType]) -> Found[bool]:
    return fields.optional(
        "hidden", _of_wifi(kind, scalars.boolean, "a wire cannot be hidden"), default=False
    )


def _mac_randomization(fields: Fields, kind: Found[NetworkType]) -> Found[bool]:
    refusal = "a wire shows the hardware address that is printed on it"
    return fields.optional("mac_randomization", _of_wifi(kind, scalars.boolean, refusal), default=False)


def _passpoint(fields: Fields, kind: Found[NetworkType]) -> Found[Passpoint | None]:
    reader = _of_wifi(kind, apple_options.read_passpoint, "Passpoint is about Wi-Fi, and this is a wire")
    return fields.optional("passpoint", reader, None)


def _of_wifi(kind: Found[NetworkType], reader: Reader[T], refusal: str) -> Reader[T]:
    def read(cursor: Cursor) -> T:
        if kind.is_readable and kind.value is NetworkType.ETHERNET:
            cursor.fail(refusal, "remove the key")
        return reader(cursor)

    return read


def _outer_identity(fields: Fields, server: Found[Radius]) -> Found[str]:
    """What Apple devices say before TLS 1.3 begins; they join no server that takes 1.3 alone without it."""
    needed = server.is_readable and server.value.tls.minimum == "1.3"

    def read(cursor: Cursor) -> str:
        if server.is_readable and not needed:
            cursor.warn(
                "Apple devices say it with TLS 1.3 alone, and this server takes 1.2 too",
                f"it counts once 'min' is \"1.3\" under tls of radius '{server.value.name}'",
            )
        return scalars.line(cursor)

    return fields.required("outer_identity", read) if needed else fields.optional("outer_identity", read, "")


def _read_fips(kind: Found[NetworkType], security: Found[Security | None]) -> Reader[bool]:
    def read(cursor: Cursor) -> bool:
        wanted = scalars.boolean(cursor)
        if wanted and kind.is_readable and kind.value is NetworkType.ETHERNET:
            cursor.fail("FIPS mode is about the encryption of Wi-Fi, and this is a wire", "remove the key")
        if wanted and security.is_readable and security.value in _WPA3_ALONE:
            cursor.fail(
                "Windows has FIPS mode with WPA2 only",
                f"write 'security: {Security.WPA2_WPA3_ENTERPRISE}', which Windows joins with WPA2",
            )
        return wanted

    return read


def _refuse(cursor: Cursor) -> NoReturn:
    cursor.fail("an Ethernet network has none", _ETHERNET_HINT)


def _read_radius(radius: Table[Radius]) -> Reader[tuple[Radius, ...]]:
    """The entry that answers, or a list where several clusters are behind one SSID."""

    def read(cursor: Cursor) -> tuple[Radius, ...]:
        if not isinstance(cursor.node, Sequence):
            return (radius.find(cursor),)
        servers = values(distinct(radius.find, "the name of a radius entry, or a list of them")(cursor))
        if len({server.tls for server in servers}) > 1:
            cursor.mistake(
                "these RADIUS entries speak different TLS versions; a device has one setting for a network",
                "give them the same `tls`",
            )
        return servers

    return read
