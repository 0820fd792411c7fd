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
from onboard.apple_options import GROUP_KEYS, NETWORK_KEYS, AppleSystem, Key, Kind, Scope
from onboard.dialects import DIALECTS
from onboard.model import (
    ChallengeType,
    GardenMode,
    KeyKind,
    NetworkType,
    Platform,
    Security,
    SinkFormat,
    SinkType,
)
from onboard.names import ATTRIBUTES, EXTENDED_KEY_USAGES, AltNameKind
from onboard.options import EapMethod, KeyProtection, RadiusType
from onboard.orgfile import apple_options, challenges, scalars, vlans
from onboard.orgfile.audit import SYSLOG_URL
from onboard.orgfile.platform_options import BUILD
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
                "signing": _signing(),
                "audit": _object({"sinks": _named(_sink(), scalars.SLUG, least=0)}),
                "mdm": _named(_mdm(), scalars.SLUG, least=0),
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
            "notify": _list(
                _pattern(scalars.EMAIL, "An e-mail address."), "Who hears of everything that expires."
            ),
        },
        ["name", "identifier"],
    )


def _authority() -> Schema:
    schema = _object(
        {
            "issuer": _line("The authority that signs this one; a root has none."),
            "common_name": {**_line("The subject of its certificate."), "maxLength": 64},
            "key": _choice(KeyKind, "Its key."),
            "valid_for": _duration("Life of its certificate; at most its issuer's."),
            "crl_valid_for": _duration("From one of its CRLs to the next; 1y when no group enrols with it."),
            "certificate": _pattern(
                scalars.FILE_REFERENCE, "Somebody else's CA: file:PATH of its certificate."
            ),
        },
    )
    foreign = ("issuer", "common_name", "key", "valid_for", "crl_valid_for")
    schema["if"] = {"required": ["certificate"]}
    schema["then"] = {"properties": dict.fromkeys(foreign, False)}
    schema["else"] = {"required": ["common_name", "key", "valid_for"]}
    return schema


def _radius() -> Schema:
    name = _pattern(scalars.SERVER_NAME, "A name in the RADIUS server's certificate.")
    return _object(
        {
            "type": _choice(RadiusType, "Which product answers; freeradius when absent."),
            "server_names": _list(name, "Exact names; one leading '*.' label is allowed."),
            "tls": _tls(),
            "issue": _boolean("Our PKI makes the server certificate; true when absent."),
            "clients": _named(_radius_client(), scalars.NAME),
            "trust": _list(_line(), "Authorities of this file, or file:PATH for another PKI's root."),
        },
        ["server_names", "trust"],
    )


def _radius_client() -> Schema:
    return _object(
        {
            "addresses": _list(_line("Such as 10.10.0.0/16."), "Access points, switches, controllers."),
            "secret": _pattern(
                "(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)", "The shared secret: env:NAME or file:PATH."
            ),
        },
        ["addresses", "secret"],
    )


def _tls() -> Schema:
    schema = _object(
        {
            "min": _choice(["1.2", "1.3"], "The oldest TLS version the server takes, in quotes."),
            "max": _choice(["1.2", "1.3"], "The newest; 1.3 needs ocsp_stapling."),
            "ocsp_stapling": _boolean("The server staples an OCSP answer, which Apple demands with TLS 1.3."),
        }
    )
    return {"description": "TLS versions; 1.2 alone when absent.", **schema}


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
            "radius": {
                "description": "The entry under `radius` that answers there, or a list of them.",
                "anyOf": [_line(), _list(_line())],
            },
            "eap": _choice(EapMethod, "How Windows authenticates; eap-tls when absent, and for all others."),
            "hidden": _boolean("The network does not say its name; devices ask for it wherever they are."),
            "outer_identity": _line("What Apple devices say before TLS 1.3 hides the rest."),
            "passpoint": _passpoint(),
            "apple": _apple(NETWORK_KEYS, "Apple's own keys for this network."),
            "fips": _boolean("Windows encrypts by FIPS 140 validated code; with WPA2 only."),
            "mac_randomization": _boolean("Windows shows a random hardware address there; not when absent."),
        },
        ["radius"],
    )
    schema["if"] = _is("type", NetworkType.ETHERNET)
    off: Schema = {"enum": [False, "false"]}
    schema["then"] = {
        "properties": {"ssid": False, "security": False, "fips": off, "hidden": False, "passpoint": False}
    }
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
            "renew_after_expiry": _duration("Until this long after the end a renewal is still taken."),
            "supersede_after": _duration("This long after its renewal the old certificate is revoked."),
            "max_active": _whole(1, 1000, "Live certificates for one identity."),
            "extended_key_usages": {
                **_list(_choice(EXTENDED_KEY_USAGES)),
                "contains": {"const": "client-auth"},
            },
        },
        ["holder", "subject", "valid_for"],
    )


def _group() -> Schema:
    vlan = _whole(1, 4094, "A VLAN.")
    nearer: Schema = {"type": "object", "additionalProperties": vlan, "minProperties": 1}
    return _object(
        {
            "authority": {
                "description": "Who issues; in a rollover a list: the first issues, all are accepted.",
                "anyOf": [_line(), _list(_line())],
            },
            "profile": _line("A profile of this file or of the product."),
            "networks": _list(_line(), "Networks that the group may join, in order of preference."),
            "vlan": {
                "description": "What RADIUS assigns: one VLAN, or by default, NETWORK and NETWORK@SITE.",
                "anyOf": [vlan, nearer],
            },
            "reply": {
                "description": "Further RADIUS attributes of the reply, such as Filter-Id.",
                **_named(_line(), vlans.ATTRIBUTE),
            },
            "platforms": _platforms(),
            "apple": _apple(GROUP_KEYS, "Apple's own keys for the whole profile."),
            "acme": _acme(),
            "access_for": _duration("Certificates end, and Apple's profile goes, after this long."),
            "challenge": _challenge(),
            "formerly": _list(_pattern(scalars.SLUG, "A key that this group had before.")),
            "scep": _object(
                {"single_certificate": _boolean("GetCACert gives the CA's certificate alone; RSA only.")}
            ),
        },
        ["authority", "profile", "networks", "platforms", "challenge"],
    )


def _platforms() -> Schema:
    """A list, or a mapping where a platform needs options."""
    windows = _object(
        {
            "minimum": _pattern(BUILD, "The oldest version of Windows there is, such as 10.0.19045."),
            "key_protection": _choice(KeyProtection, "Where private keys are kept; software when absent."),
        }
    )
    version = _pattern(apple_options.VERSION, "The oldest version there is, such as 16 or 17.4.")
    mac = {"minimum": version, "scope": _choice(Scope, "Whose keychain: system needs an administrator.")}
    options = {platform.value: _object({}) for platform in Platform} | {Platform.WINDOWS.value: windows}
    options |= {system.value: _object({"minimum": version}) for system in AppleSystem}
    options[AppleSystem.MACOS.value] = _object(mac)
    return {
        "description": "What payloads are made for.",
        "anyOf": [_list(_choice([*Platform, *AppleSystem])), {**_object(options), "minProperties": 1}],
    }


def _challenge() -> Schema:
    day = _pattern(challenges.DAY, "The last day, UTC, such as 2027-01-31.")
    secret = _line("env:NAME or file:PATH; a literal is warned about.")
    former = _object({"secret": secret, "until": day}, ["secret", "until"])
    schema = _object(
        {
            "type": _choice(
                ChallengeType,
                "static: one secret for the group; one-time: minted, spent once; approval: a person decides.",
            ),
            "secret": secret,
            "valid_for": _duration("Life of a minted challenge (1h), or of a request that waits (7d)."),
            "until": day,
            "also_accept": {"type": "array", "items": former, "minItems": 1},
            "addresses": _list(_line("A network such as 10.0.0.0/8."), "Whence the secret is taken."),
            "uses": _whole(1, challenges.MOST_USES, "Certificates that the secret may give."),
        },
        ["type"],
    )
    shared: Schema = {"until": False, "also_accept": False, "addresses": False}
    schema["allOf"] = [
        {
            "if": _is("type", ChallengeType.STATIC),
            "then": {"required": ["secret"], "properties": {"valid_for": False}},
            "else": {"properties": {"uses": False}},
        },
        {
            "if": _is("type", ChallengeType.ONE_TIME),
            "then": {"properties": {"secret": False, **shared}},
        },
        {"if": _is("type", ChallengeType.APPROVAL), "then": {"required": ["secret"]}},
    ]
    return schema


def _pki() -> Schema:
    return _object(
        {
            "url": _url("http"),
            "crl_valid_for": _duration("From one CRL of an issuing authority to the next; 3d when absent."),
            "ocsp": _boolean("Whether certificates name an OCSP responder; true when absent."),
        },
        ["url"],
    )


def _scep() -> Schema:
    rate = _pattern(scalars.RATE, "Events per second such as 20/s, or none.")
    return _object(
        {
            "url": _url("https?", "Groups enrol at <url>/scep/<group>."),
            "limits": _object({"per_address": rate, "per_group": rate}),
        },
        ["url"],
    )


def _signing() -> Schema:
    path = _pattern(scalars.FILE_REFERENCE, "A PEM file, as file:PATH.")
    schema = _object({"certificate": path, "key": path}, ["certificate", "key"])
    about = "Who signs profiles that people install themselves; a leaf of `ca init` when absent."
    return {"description": about, **schema}


def _mdm() -> Schema:
    groups = _named(_object({}), scalars.SLUG)
    return _object(
        {
            "type": _choice(DIALECTS, "Which MDM it is."),
            "groups": {**groups, "description": "Which groups' payloads go there."},
        },
        ["type", "groups"],
    )


def _sink() -> Schema:
    schema = _object(
        {
            "type": _choice(SinkType, "syslog: RFC 5424; http: POST of lines."),
            "url": _line("tls://HOST:PORT or tcp://HOST:PORT of syslog; a URL of http."),
            "format": _choice(SinkFormat, "Of the lines; json when absent."),
            "trust": _pattern(scalars.FILE_REFERENCE, "Authority of the other side, PEM; file:PATH."),
            "token": _pattern(
                "env:[A-Za-z_][A-Za-z0-9_]*|file:.+", "http: env:NAME or file:PATH of a Bearer token."
            ),
        },
        ["type", "url"],
    )
    schema["if"] = _is("type", SinkType.SYSLOG)
    syslog: Schema = {"url": {"pattern": f"^(?:{SYSLOG_URL})$"}, "token": False}
    schema["then"] = {"properties": dict(syslog)}
    schema["else"] = {"properties": {"url": {"pattern": f"^(?:{scalars.url_pattern('https?')})$"}}}
    return schema


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


def _passpoint() -> Schema:
    consortium = _pattern(apple_options.CONSORTIUM, "6 or 10 hex digits.")
    return {
        "description": "Found by the provider's domain and consortiums; Apple devices only.",
        **_object(
            {
                "domain": _pattern(scalars.HOST_NAME, "The provider's domain."),
                "roaming_consortiums": _list(consortium, "Organization identifiers, such as 5a03ba0000."),
            },
            ["domain"],
        ),
    }


def _acme() -> Schema:
    schema = _object(
        {
            "directory": _url("https", "The directory of the org's ACME server."),
            "client_identifier": {**_template(), "description": "What a device calls itself there."},
            "key": _choice(apple_options.ACME_KEYS, "What secure hardware makes; ec-p384 when absent."),
            "attest": _boolean("Apple vouches for device and key; true when absent."),
        },
        ["directory"],
    )
    return {"description": "Apple devices get a second profile, with a key in their hardware.", **schema}


def _apple(keys: Mapping[str, Key], description: str) -> Schema:
    return {"description": description, **_object({name: _apple_key(key) for name, key in keys.items()})}


def _apple_key(key: Key) -> Schema:
    text: Schema = {"type": _LOOSE, **({"pattern": f"^(?:{key.pattern})$"} if key.pattern else {})}
    forms: Mapping[Kind, Schema] = {
        Kind.BOOLEAN: _boolean(""),
        Kind.TEXT: text,
        Kind.PORT: {"type": ["integer", "string"]},
        Kind.URL: _url("https?", "http or https"),
        Kind.CHOICE: _choice(key.choices),
        Kind.CHOICES: _list(_choice(key.choices)),
        Kind.TEXTS: _list(text),
        Kind.LANGUAGES: {"type": "object", "additionalProperties": {"type": _LOOSE}, "required": ["default"]},
        Kind.KEYS: _apple(key.keys, ""),
    }
    return {**forms[key.kind], "description": key.about}


def _whole(low: int, high: int, description: str) -> Schema:
    """A number, or text that the loader reads as one and judges."""
    return {
        "description": description,
        "anyOf": [
            {"type": "integer", "minimum": low, "maximum": high},
            {"type": "string", "pattern": f"^(?:{scalars.WHOLE_NUMBER})$"},
        ],
    }


def _boolean(description: str) -> Schema:
    return {"description": description, "enum": [True, False, "true", "false"]}


def _pattern(pattern: str, description: str) -> Schema:
    return {"description": description, "type": "string", "pattern": f"^(?:{pattern})$"}


def _duration(description: str) -> Schema:
    return _pattern(
        scalars.DURATION, f"{description} Years of 365 days, days, hours or minutes: 5y, 30d, 1h, 15min."
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
