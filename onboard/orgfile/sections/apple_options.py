"""Reads what an org asks of Apple devices: `apple:` under networks and groups, and systems of `platforms`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from onboard.apple_options import (
    GROUP_KEYS,
    NETWORK_KEYS,
    AcmeServer,
    AppleOptions,
    AppleSystem,
    Key,
    Kind,
    Medium,
    Passpoint,
    Scope,
    Setting,
)
from onboard.model import NetworkType
from onboard.orgfile.text import scalars
from onboard.orgfile.text.cursor import Cursor, Found, Reader, values
from onboard.orgfile.text.lists import distinct
from onboard.variables import VARIABLES, Template

VERSION = r"[1-9][0-9]?(\.[0-9]{1,2}){0,2}"
CONSORTIUM = r"[0-9A-Fa-f]{6}|[0-9A-Fa-f]{10}"
_LANGUAGE = r"default|[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"
ACME_KEYS: Mapping[str, int] = {"ec-p256": 256, "ec-p384": 384}  # what secure hardware makes
_SCOPE = scalars.choice(Scope)


def read_network_keys(kind: Found[NetworkType]) -> Reader[Mapping[str, Setting]]:
    """A reader of `apple:` under a network."""

    def read(cursor: Cursor) -> Mapping[str, Setting]:
        medium = Medium.WIFI
        if kind.is_readable and kind.value is NetworkType.ETHERNET:
            medium = Medium.ETHERNET
        found = _read_keys(cursor, NETWORK_KEYS)
        entries = cursor.entries("Apple's keys of a network")
        for name in found:
            if NETWORK_KEYS[name].medium not in {Medium.ANY, medium}:
                entries[name].mistake(
                    f"{name} is for {NETWORK_KEYS[name].medium.value} networks", "remove the key"
                )
        _judge_proxy(cursor, found)
        if found.get("DisableAssociationMACRandomization") is True:
            entries["DisableAssociationMACRandomization"].warn(
                "devices show a privacy warning for this network",
                "leave it out unless addresses are registered",
            )
        return found

    return read


def read_group_keys(cursor: Cursor) -> Mapping[str, Setting]:
    """`apple:` under a group."""
    return _read_keys(cursor, GROUP_KEYS)


def read_systems(entries: Mapping[str, Cursor]) -> AppleOptions:
    """Systems and their options, as they stand in a mapping of platforms."""
    systems: dict[AppleSystem, tuple[int, ...]] = {}
    scope: Scope | None = None
    for system in AppleSystem:
        if system in entries:
            keys = ("minimum", "scope") if system is AppleSystem.MACOS else ("minimum",)
            fields = entries[system].fields(f"the options of {system}, {{}} for none", keys)
            systems[system] = fields.optional("minimum", _read_version, ()).value
            scope = fields.optional("scope", _SCOPE, scope).value
    return AppleOptions(systems=systems, scope=scope)


def read_passpoint(cursor: Cursor) -> Passpoint:
    """Domain and roaming consortiums of a Passpoint network."""
    fields = cursor.fields("a mapping with domain and roaming_consortiums", ("domain", "roaming_consortiums"))
    domain = fields.required("domain", _matching(scalars.HOST_NAME, "a domain such as northwind.example"))
    consortiums = fields.optional(
        "roaming_consortiums",
        distinct(_matching(CONSORTIUM, "6 or 10 hex digits, such as 5a03ba0000"), "a list of consortiums"),
        (),
    )
    return Passpoint(
        domain=domain.value.lower(),
        roaming_consortiums=tuple(text.upper() for text in values(consortiums.value)),
    )


def read_acme(cursor: Cursor) -> AcmeServer:
    """The ACME server of a group's Apple devices."""
    fields = cursor.fields("a mapping with directory", ("directory", "client_identifier", "key", "attest"))
    directory = fields.required("directory", scalars.https_url)
    identifier = fields.optional("client_identifier", _read_client_identifier, "${device.serial}")
    key = fields.optional("key", scalars.choice_of(ACME_KEYS), 384)
    attest = fields.optional("attest", scalars.boolean, default=True)
    return AcmeServer(
        directory=directory.value,
        client_identifier=identifier.value,
        key_bits=key.value,
        attest=attest.value,
    )


def _read_client_identifier(cursor: Cursor) -> str:
    text = scalars.line(cursor)
    for name in Template.parse(text).variables:
        if name not in VARIABLES:
            cursor.fail(f"there is no variable '${{{name}}}'", cursor.suggest(name, VARIABLES, "variables"))
    return text


def _read_keys(cursor: Cursor, known: Mapping[str, Key]) -> Mapping[str, Setting]:
    fields = cursor.fields("a mapping with Apple's own keys", tuple(known))
    written = cursor.entries("a mapping with Apple's own keys")
    found = {name: fields.required(name, _reader(key)) for name, key in known.items() if name in written}
    return {name: one.value for name, one in found.items()}


def _reader(key: Key) -> Reader[Setting]:
    """The reader of what a key holds."""
    pattern = key.pattern or ".+"
    readers: Mapping[Kind, Reader[Setting]] = {
        Kind.BOOLEAN: scalars.boolean,
        Kind.TEXT: _matching(pattern, "text"),
        Kind.PORT: scalars.whole_number(1, 65535, "a port"),
        Kind.URL: scalars.web_url,
        Kind.CHOICE: scalars.choice_of({choice: choice for choice in key.choices}),
        Kind.CHOICES: _list(scalars.choice_of({choice: choice for choice in key.choices})),
        Kind.TEXTS: _list(_matching(pattern, "text")),
        Kind.LANGUAGES: _read_languages,
        Kind.KEYS: lambda cursor: _read_keys(cursor, key.keys),
    }
    return readers[key.kind]


def _list(item: Reader[str]) -> Reader[Setting]:
    return lambda cursor: values(distinct(item, "a list")(cursor))


def _matching(pattern: str, expected: str) -> Reader[str]:
    def read(cursor: Cursor) -> str:
        text = scalars.line(cursor)
        if not re.fullmatch(pattern, text):
            cursor.fail(f"'{text}' is not {expected}")
        return text

    return read


def _read_languages(cursor: Cursor) -> Mapping[str, Setting]:
    entries = cursor.entries("a mapping from languages to text")
    if "default" not in entries:
        cursor.fail("there is no text for other languages", "add the key 'default'")
    for name, entry in entries.items():
        if not re.fullmatch(_LANGUAGE, name):
            entry.fail(f"'{name}' is not a language", "such as en, de or pt-BR; `default` for all others")
    return {name: scalars.paragraph(entry) for name, entry in entries.items()}


def _read_version(cursor: Cursor) -> tuple[int, ...]:
    text = cursor.text("a version such as '16' or '17.4'")
    if not re.fullmatch(VERSION, text):
        cursor.fail(f"'{text}' is not a version", "write it in quotes, such as '16' or '17.4'")
    return tuple(map(int, text.split(".")))


def _judge_proxy(cursor: Cursor, keys: Mapping[str, Setting]) -> None:
    kind = keys.get("ProxyType", "None")
    if kind == "Auto" and "ProxyPACURL" not in keys:
        cursor.mistake("ProxyType Auto without ProxyPACURL means WPAD: anybody nearby is the proxy")
    if kind == "Manual" and not {"ProxyServer", "ProxyServerPort"} <= keys.keys():
        cursor.mistake("ProxyType Manual needs ProxyServer and ProxyServerPort")
    if kind == "None" and any(name.startswith("Proxy") for name in keys.keys() - {"ProxyType"}):
        cursor.mistake(
            "without a ProxyType the other Proxy keys say nothing", "write ProxyType: Manual or Auto"
        )
