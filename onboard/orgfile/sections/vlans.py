"""Reads `vlan` and `reply` of a group: what RADIUS sends along, everywhere or on one network or site."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from onboard.model import Network
from onboard.orgfile.text import scalars
from onboard.orgfile.text.cursor import Cursor, Found, Reader, find, readable
from onboard.orgfile.text.nodes import Mapping as MappingNode

ATTRIBUTE = "[A-Za-z][A-Za-z0-9-]{0,62}"  # a name of FreeRADIUS's dictionaries
_DEFAULT = "default"
_VLAN = scalars.whole_number(1, 4094, "a VLAN")
# What the protocol itself sends, or `vlan` says.
_TAKEN = re.compile(
    r"Tunnel-.*|EAP-Message|Message-Authenticator|State|Proxy-State|MS-MPPE-.*|User-Password|Class",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Vlans:
    """The VLAN unless a nearer one is named, and the nearer ones by NETWORK or NETWORK@SITE."""

    default: int | None = None
    nearer: Mapping[str, int] = field(default_factory=dict)


def read_vlans(networks: Found[tuple[Found[Network], ...]]) -> Reader[Vlans]:
    """A reader of one VLAN, or of a mapping whose keys are `default` and the group's networks."""

    def read(cursor: Cursor) -> Vlans:
        if not isinstance(cursor.node, MappingNode):
            return Vlans(_VLAN(cursor))
        entries = cursor.entries("a VLAN, or a mapping of them")
        if not entries:
            cursor.fail("expected a VLAN, found an empty mapping")
        known = {network.name: network for _, network in readable(networks.value)}
        for key, entry in entries.items():
            if key != _DEFAULT and all(found.is_readable for found in networks.value):
                _demand_known(entry, key, known)
        read = {key: find(entry, _VLAN) for key, entry in entries.items()}
        numbers = {key: found.value for key, found in read.items()}
        return Vlans(numbers.pop(_DEFAULT, None), numbers)

    return read


def _demand_known(entry: Cursor, key: str, known: Mapping[str, Network]) -> None:
    name, at, site = key.partition("@")
    report = entry.report
    if name not in known:
        hint = entry.suggest(name, [*known, _DEFAULT], "keys here")
        report.add(entry.opened, entry.where, f"no network of this group is called '{name}'", hint)
    elif at:
        sites = [client.name for server in known[name].servers for client in server.clients]
        if site not in sites:
            hint = (
                entry.suggest(site, sites, "sites")
                or "sites are the keys under `clients` of its radius entry"
            )
            report.add(entry.opened, entry.where, f"no RADIUS client of '{name}' is called '{site}'", hint)


def read_reply(cursor: Cursor) -> Mapping[str, str]:
    """Further attributes of the reply by name; the server's dictionaries must know them."""
    entries = cursor.entries("a mapping of RADIUS attributes")
    for name, entry in entries.items():
        if not re.fullmatch(ATTRIBUTE, name):
            hint = "letters, digits and '-', as in Filter-Id or Aruba-User-Role"
            entry.report.add(entry.opened, entry.where, f"'{name}' is not the name of an attribute", hint)
        elif _TAKEN.fullmatch(name):
            hint = "write 'vlan'" if name.lower().startswith("tunnel-") else "remove the key"
            entry.report.add(entry.opened, entry.where, f"'{name}' is sent by the server itself", hint)
    found = {name: find(entry, _read_value) for name, entry in entries.items()}
    return {name: value.value for name, value in found.items()}


def _read_value(cursor: Cursor) -> str:
    text = cursor.text("the value of an attribute")
    if not text or not text.isprintable() or len(text.encode()) > 247:
        cursor.fail("an attribute holds 1 to 247 printable characters")
    return text
