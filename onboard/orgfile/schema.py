"""The JSON Schema (2020-12) of org.yaml, for editors; it uses the patterns and names that the readers use.

An editor sees YAML's own types, so text that looks like a number or a boolean (SSID 0123, on) is let through
where the loader keeps it as text. What a schema cannot say (references, repeated keys, lives compared) is
left to `onboard check`; whatever this schema refuses, the loader refuses too.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from typing import TypeAlias

from onboard import catalogue
from onboard.model import ChallengeType, GardenMode, KeyKind, NetworkType, Platform, Security
from onboard.names import ATTRIBUTES, EXTENDED_KEY_USAGES, AltNameKind
from onboard.orgfile import scalars
from onboard.variables import KNOWN_WHEN_MADE, VARIABLES, Holder

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json]"
Schema: TypeAlias = dict[str, Json]

_LOOSE: Json = ["string", "number", "boolean"]  # text that YAML may take for something else


def json_schema() -> Schema:
    """The whole schema."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "onboard org definition, version 1",
        **_object(
            {
                "version": {"description": "Of this format.", "enum": [1, "1"]},
                "organization": _organization(),
                "authorities": _named(_authority(), scalars.SLUG),
                "radius": _named(_radius(), scalars.NAME),
                "networks": _named(_network(), scalars.NAME),
                "profiles": _named(_profile(), scalars.NAME, least=0),
                "groups": _named(_group(), scalars.SLUG),
                "pki": _pki(),
                "scep": _scep(),
                "onboarding": _onboarding(),
            },
            ["organization", "authorities", "radius", "networks", "groups", "scep"],
        ),
        "patternProperties": {"^x-": True},
    }


def _organization() -> Schema:
    support = _object(
        {
            "email": _pattern(scalars.EMAIL, "Where people get help by e-mail."),
            "url": _url("https?", "Where people get help."),
        }
    )
    return _object(
        {
            "name": {**_line("What people call it."), "maxLength": 64},
            "identifier": _pattern(
                scalars.IDENTIFIER, "Reverse DNS, such as edu.northwind. Changing it re-enrols everybody."
            ),
            "support": support,
        },
        ["name", "identifier"],
    )


def _authority() -> Schema:
    return _object(
        {
            "issuer": _line("The authority that signs this one; a root has none."),
            "common_name": {**_line("The subject of its certificate."), "maxLength": 64},
            "key": _choice(KeyKind, "Its key."),
            "valid_for": _duration("Life of its certificate; at most its issuer's."),
        },
        ["common_name", "key", "valid_for"],
    )
            "crl_valid_for": _duration("From one of its CRLs to the next; 1y when no group enrols with it."),
            "certificate": _pattern(
                scalars.FILE_REFERENCE, "Somebody else's CA: file:PATH of its certificate."
            ),


    foreign = ("issuer", "common_name", "key", "valid_for", "crl_valid_for")
    schema["if"] = {"required": ["certificate"]}
    schema["then"] = {"properties": dict.fromkeys(foreign, False)}
    schema["else"] = {"required": ["common_name", "key", "valid_for"]}
    return schema
def _radius() -> Schema:
    name = _pattern(scalars.SERVER_NAME, "A name in the RADIUS server's certificate.")
    return _object(
        {
            "server_names": _list(name, "Exact names; one leading '*.' label is allowed."),
            "trust": _list(_line(), "Authorities of this file, or file:PATH for another PKI's root."),
        },
        ["server_names", "trust"],
    )


def _network() -> Schema:
    schema = _object(
        {
            "type": _choice(NetworkType, "The medium; wifi when absent."),
            "ssid": {
                "description": "1 to 32 bytes of UTF-8.",
                "type": _LOOSE,
                "minLength": 1,
                "maxLength": 32,
            },
            "security": _choice(Security, "Of a Wi-Fi network."),
            "radius": _line("The entry under `radius` that answers there."),
        },
        ["radius"],
    )
    schema["if"] = _is("type", NetworkType.ETHERNET)
    schema["then"] = {"properties": {"ssid": False, "security": False}}
    schema["else"] = {"required": ["ssid", "security"]}
    return schema


def _profile() -> Schema:
    variables = [name for name in VARIABLES if name not in KNOWN_WHEN_MADE]
    return _object(
        {
            "description": {"type": _LOOSE},
            "holder": _choice(Holder, "Whom the certificate names."),
            "subject": {
                **_object({key: _one_or_more(_template()) for key in ATTRIBUTES}),
                "minProperties": 1,
            },
            "subject_alt_names": _object({kind: _one_or_more(_template()) for kind in AltNameKind}),
            "values": _object({name: _line() for name in variables}),
            "key": _choice([KeyKind.RSA_2048, KeyKind.RSA_4096], "What the device makes."),
            "valid_for": _duration("Life of a certificate."),
            "renew_within": _duration("From this long before the end a renewal is taken."),
            "extended_key_usages": {
                **_list(_choice(EXTENDED_KEY_USAGES)),
                "contains": {"const": "client-auth"},
            },
        },
        ["holder", "subject", "valid_for"],
    )


def _group() -> Schema:
    vlan: Schema = {
        "description": "The VLAN that RADIUS assigns, 1 to 4094.",
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": 4094},
            {"type": "string", "pattern": "^([1-9][0-9]{0,2}|[1-3][0-9]{3}|40[0-8][0-9]|409[0-4])$"},
        ],
    }
    return _object(
        {
            "authority": {
                "description": "Who issues; in a rollover a list: the first issues, all are accepted.",
                "anyOf": [_line(), _list(_line())],
            },
            "profile": _line("A profile of this file or of the product."),
            "networks": _list(_line(), "Networks that the group may join, in order of preference."),
            "vlan": vlan,
            "platforms": _list(_choice(Platform), "What payloads are made for."),
            "challenge": _challenge(),
        },
        ["authority", "profile", "networks", "platforms", "challenge"],
    )


def _challenge() -> Schema:
    schema = _object(
        {
            "type": _choice(ChallengeType, "static: one secret for the group; one-time: minted, spent once."),
            "secret": _line("env:NAME or file:PATH; a literal is warned about."),
            "valid_for": _duration("Life of a minted challenge; 1h when absent."),
        },
        ["type"],
    )
    schema["if"] = _is("type", ChallengeType.STATIC)
    schema["then"] = {"required": ["secret"], "properties": {"valid_for": False}}
    schema["else"] = {"properties": {"secret": False}}
    return schema


def _scep() -> Schema:
    rate = _pattern(scalars.RATE, "Events per second such as 20/s, or none.")
    return _object(
        {
            "url": _url("https?", "Groups enrol at <url>/scep/<group>."),
            "limits": _object({"per_address": rate, "per_group": rate}),
        },
        ["url"],
    )


def _onboarding() -> Schema:
    schema = _object(
        {
            "ssid": {"type": _LOOSE, "minLength": 1, "maxLength": 32},
            "mode": _choice([*GardenMode, "no-portal"], "captive: a portal pops up; zero-touch: none."),
            "portal": _url("https", "The portal that pops up."),
            "services": _list(_choice(sorted(catalogue.tags())), "Tags of the whitelist catalogue."),
        },
        ["ssid"],
    )
    schema["if"] = {"properties": {"mode": {"const": GardenMode.CAPTIVE.value}}}
    schema["then"] = {"required": ["portal"]}
    return schema


def _object(properties: Mapping[str, Schema], required: list[str] | None = None) -> Schema:
    known: Json = {str(key): value for key, value in properties.items()}
    schema: Schema = {"type": "object", "properties": known, "additionalProperties": False}
    if required:
        schema["required"] = list[Json](required)
    return schema


def _named(entry: Schema, key: str, least: int = 1) -> Schema:
    return {
        "type": "object",
        "propertyNames": {"pattern": f"^(?:{key})$"},
        "additionalProperties": entry,
        "minProperties": least,
    }


def _list(item: Schema, description: str = "") -> Schema:
    schema: Schema = {"type": "array", "items": item, "minItems": 1, "uniqueItems": True}
    return {"description": description, **schema} if description else schema


def _one_or_more(item: Schema) -> Schema:
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}


def _choice(members: type[enum.StrEnum] | Collection[str], description: str = "") -> Schema:
    schema: Schema = {"enum": [str(member) for member in members]}
    return {"description": description, **schema} if description else schema


def _line(description: str = "") -> Schema:
    schema: Schema = {"type": _LOOSE, "pattern": r"^[^\x00-\x1f\x7f-\x9f]*\S[^\x00-\x1f\x7f-\x9f]*$"}
    return {"description": description, **schema} if description else schema


def _pattern(pattern: str, description: str) -> Schema:
    return {"description": description, "type": "string", "pattern": f"^(?:{pattern})$"}


def _duration(description: str) -> Schema:
    return _pattern(
        scalars.DURATION, f"{description} Years of 365 days, days, hours or minutes: 5y, 30d, 1h, 15min."
    )


def _pki() -> Schema:
    return _object(
        {
            "url": _url("http"),
            "crl_valid_for": _duration("From one CRL of an issuing authority to the next; 3d when absent."),
            "ocsp": _boolean("Whether certificates name an OCSP responder; true when absent."),
        },
        ["url"],
    )


def _url(scheme: str, description: str = "") -> Schema:
    return _pattern(
        scalars.url_pattern(scheme), description or "CRLs, OCSP and issuer certificates, by http."
    )


def _template() -> Schema:
    names = "|".join(name.replace(".", r"\.") for name in VARIABLES)
    return {
        "type": _LOOSE,
        "pattern": rf"^(?:[^$\x00-\x1f\x7f-\x9f]|\$(?!\{{)|\$\{{(?:{names})\}})+$",
    }


def _is(key: str, value: str) -> Schema:
    return {"properties": {key: {"const": str(value)}}, "required": [key]}
