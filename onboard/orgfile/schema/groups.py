"""What the schema says of `profiles` and `groups`: what a certificate says, and who gets one."""

from __future__ import annotations

from onboard.apple_options import GROUP_KEYS, AppleSystem, Scope
from onboard.model import ChallengeType, KeyKind, Platform
from onboard.names import ATTRIBUTES, EXTENDED_KEY_USAGES, AltNameKind
from onboard.options import KeyProtection
from onboard.orgfile.schema.apple import acme, apple
from onboard.orgfile.schema.forms import (
    LOOSE,
    Schema,
    boolean,
    choice,
    duration,
    equals,
    line,
    mapping,
    named,
    one_or_more,
    pattern,
    sequence,
    template,
    whole,
)
from onboard.orgfile.sections import apple_options, challenges, vlans
from onboard.orgfile.sections.platform_options import BUILD
from onboard.orgfile.text import scalars
from onboard.variables import KNOWN_WHEN_MADE, VARIABLES, Holder


def profile() -> Schema:
    """One entry of `profiles`."""
    variables = [name for name in VARIABLES if name not in KNOWN_WHEN_MADE]
    return mapping(
        {
            "description": {"type": LOOSE},
            "holder": choice(Holder, "Whom the certificate names."),
            "subject": {
                **mapping({key: one_or_more(template()) for key in ATTRIBUTES}),
                "minProperties": 1,
            },
            "subject_alt_names": mapping({kind: one_or_more(template()) for kind in AltNameKind}),
            "values": mapping({name: line() for name in variables}),
            "key": choice([KeyKind.RSA_2048, KeyKind.RSA_4096], "What the device makes."),
            "valid_for": duration("Life of a certificate."),
            "renew_within": duration("From this long before the end a renewal is taken."),
            "renew_after_expiry": duration("Until this long after the end a renewal is still taken."),
            "supersede_after": duration("This long after its renewal the old certificate is revoked."),
            "max_active": whole(1, 1000, "Live certificates for one identity."),
            "legacy": boolean("Take 3DES and SHA-1, from clients that know no AES."),
            "extended_key_usages": {
                **sequence(choice(EXTENDED_KEY_USAGES)),
                "contains": {"const": "client-auth"},
            },
        },
        ["holder", "subject", "valid_for"],
    )


def group() -> Schema:
    """One entry of `groups`."""
    vlan = whole(1, 4094, "A VLAN.")
    nearer: Schema = {"type": "object", "additionalProperties": vlan, "minProperties": 1}
    schema = mapping(
        {
            "title": {**line("What people see of it; free to change."), "maxLength": 64},
            "like": line("Another group: what is not written here is as there, title and former keys apart."),
            "authority": {
                "description": "Who issues; in a rollover a list: the first issues, all are accepted.",
                "anyOf": [line(), sequence(line())],
            },
            "profile": {
                "description": "A profile of this file or of the product, or a list of one for each holder.",
                "anyOf": [line(), {**sequence(line()), "maxItems": len(Holder)}],
            },
            "networks": sequence(line(), "Networks that the group may join, in order of preference."),
            "vlan": {
                "description": "What RADIUS assigns: one VLAN, or by default, NETWORK and NETWORK@SITE.",
                "anyOf": [vlan, nearer],
            },
            "reply": {
                "description": "Further RADIUS attributes of the reply, such as Filter-Id.",
                **named(line(), vlans.ATTRIBUTE),
            },
            "platforms": _platforms(),
            "apple": apple(GROUP_KEYS, "Apple's own keys for the whole profile."),
            "acme": acme(),
            "access_for": duration("Certificates end, and Apple's profile goes, after this long."),
            "challenge": _challenge(),
            "formerly": sequence(pattern(scalars.SLUG, "A key that this group had before.")),
            "scep": mapping(
                {"single_certificate": boolean("GetCACert gives the CA's certificate alone; RSA only.")}
            ),
        }
    )
    schema["if"] = {"not": {"required": ["like"]}}
    schema["then"] = {"required": ["authority", "profile", "networks", "platforms", "challenge"]}
    return schema


def _platforms() -> Schema:
    """A list, or a mapping where a platform needs options."""
    windows = mapping(
        {
            "minimum": pattern(BUILD, "The oldest version of Windows there is, such as 10.0.19045."),
            "key_protection": choice(KeyProtection, "Where private keys are kept; software when absent."),
        }
    )
    version = pattern(apple_options.VERSION, "The oldest version there is, such as 16 or 17.4.")
    mac = {"minimum": version, "scope": choice(Scope, "Whose keychain: system needs an administrator.")}
    options = {platform.value: mapping({}) for platform in Platform} | {Platform.WINDOWS.value: windows}
    options |= {system.value: mapping({"minimum": version}) for system in AppleSystem}
    options[AppleSystem.MACOS.value] = mapping(mac)
    return {
        "description": "What payloads are made for.",
        "anyOf": [sequence(choice([*Platform, *AppleSystem])), {**mapping(options), "minProperties": 1}],
    }


def _challenge() -> Schema:
    day = pattern(challenges.DAY, "The last day, UTC, such as 2027-01-31.")
    secret = line("env:NAME or file:PATH; a literal is warned about.")
    former = mapping({"secret": secret, "until": day}, ["secret", "until"])
    schema = mapping(
        {
            "type": choice(
                ChallengeType,
                "static: one secret for the group; one-time: minted, spent once; approval: a person decides.",
            ),
            "secret": secret,
            "valid_for": duration("Life of a minted challenge (1h), or of a request that waits (7d)."),
            "until": day,
            "also_accept": {"type": "array", "items": former, "minItems": 1},
            "addresses": sequence(line("A network such as 10.0.0.0/8."), "Whence the secret is taken."),
            "uses": whole(1, challenges.MOST_USES, "Certificates that the secret may give."),
        },
        ["type"],
    )
    shared: Schema = {"until": False, "also_accept": False, "addresses": False}
    schema["allOf"] = [
        {
            "if": equals("type", ChallengeType.STATIC),
            "then": {"required": ["secret"], "properties": {"valid_for": False}},
            "else": {"properties": {"uses": False}},
        },
        {
            "if": equals("type", ChallengeType.ONE_TIME),
            "then": {"properties": {"secret": False, **shared}},
        },
        {"if": equals("type", ChallengeType.APPROVAL), "then": {"required": ["secret"]}},
    ]
    return schema
