"""What the schema says of Apple's own keys."""

from __future__ import annotations

from collections.abc import Mapping

from onboard.apple_options import Key, Kind
from onboard.orgfile.schema.forms import LOOSE, Schema, boolean, choice, mapping, sequence, template, url
from onboard.orgfile.sections import apple_options


def acme() -> Schema:
    """`acme` of a group."""
    schema = mapping(
        {
            "directory": url("https", "The directory of the org's ACME server."),
            "client_identifier": {**template(), "description": "What a device calls itself there."},
            "key": choice(apple_options.ACME_KEYS, "What secure hardware makes; ec-p384 when absent."),
            "attest": boolean("Apple vouches for device and key; true when absent."),
        },
        ["directory"],
    )
    return {"description": "Apple devices get a second profile, with a key in their hardware.", **schema}


def apple(keys: Mapping[str, Key], description: str) -> Schema:
    """`apple` of a group or a network, from the table of Apple's keys."""
    return {"description": description, **mapping({name: _apple_key(key) for name, key in keys.items()})}


def _apple_key(key: Key) -> Schema:
    text: Schema = {"type": LOOSE, **({"pattern": f"^(?:{key.pattern})$"} if key.pattern else {})}
    forms: Mapping[Kind, Schema] = {
        Kind.BOOLEAN: boolean(""),
        Kind.TEXT: text,
        Kind.PORT: {"type": ["integer", "string"]},
        Kind.URL: url("https?", "http or https"),
        Kind.CHOICE: choice(key.choices),
        Kind.CHOICES: sequence(choice(key.choices)),
        Kind.TEXTS: sequence(text),
        Kind.LANGUAGES: {"type": "object", "additionalProperties": {"type": LOOSE}, "required": ["default"]},
        Kind.KEYS: apple(key.keys, ""),
    }
    return {**forms[key.kind], "description": key.about}
