"""Reads `clients` of a RADIUS entry: the sites whose access points and switches may ask."""

from __future__ import annotations

import ipaddress
from contextlib import suppress

from onboard.model import RadiusClient
from onboard.orgfile.sections.references import read_reference
from onboard.orgfile.text import scalars
from onboard.orgfile.text.cursor import Cursor, Found, Reader, find, values
from onboard.orgfile.text.lists import distinct


def read_clients(cursor: Cursor) -> tuple[RadiusClient, ...]:
    """Every client; an address that two of them have is reported, since the server would take the first."""
    entries = cursor.entries("a mapping of sites, each with addresses and secret")
    if not entries:
        cursor.fail("no client is named", "remove the key, or write a site with its addresses and secret")
    owners: dict[str, str] = {}
    found = [find(entry, _read_entry(name, owners)) for name, entry in entries.items()]
    return values(found)


def _read_entry(name: str, owners: dict[str, str]) -> Reader[RadiusClient]:
    def read(cursor: Cursor) -> RadiusClient:
        scalars.check_name(cursor, name)
        fields = cursor.fields("a site with addresses and secret", ("addresses", "secret"))
        addresses: Found[tuple[Found[str], ...]] = fields.required(
            "addresses", distinct(_read_address(name, owners), "a list of addresses")
        )
        secret = fields.required("secret", read_reference)
        return RadiusClient(
            name=name, addresses=values(addresses.value), secret=secret.value, place=cursor.place
        )

    return read


def _read_address(name: str, owners: dict[str, str]) -> Reader[str]:
    def read(cursor: Cursor) -> str:
        text = cursor.text("an address or a network such as 10.10.0.0/16")
        try:
            network = ipaddress.ip_network(text)
        except ValueError:
            hint = "10.10.0.7 and 10.10.0.0/16 are"
            with suppress(ValueError):
                hint = f"the network is {ipaddress.ip_network(text, strict=False)}"
            cursor.fail(f"'{text}' is no address or network", hint)
        other = owners.setdefault(str(network), name)
        if other != name:
            cursor.mistake(
                f"{network} belongs to the site '{other}' already", "each address asks for one site"
            )
        return text

    return read
