"""The forms that schemas of org.yaml are made of: objects, lists, patterns, and text as YAML may read it."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from typing import TypeAlias

from onboard.orgfile.text import scalars
from onboard.variables import VARIABLES

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json]"
Schema: TypeAlias = dict[str, Json]

LOOSE: Json = ["string", "number", "boolean"]  # text that YAML may take for something else


def mapping(properties: Mapping[str, Schema], required: list[str] | None = None) -> Schema:
    """A mapping with these keys and no others."""
    known: Json = {str(key): value for key, value in properties.items()}
    schema: Schema = {"type": "object", "properties": known, "additionalProperties": False}
    if required:
        schema["required"] = list[Json](required)
    return schema


def named(entry: Schema, key: str, least: int = 1) -> Schema:
    """A mapping from names (pattern `key`) to entries of one form."""
    return {
        "type": "object",
        "propertyNames": {"pattern": f"^(?:{key})$"},
        "additionalProperties": entry,
        "minProperties": least,
    }


def sequence(item: Schema, description: str = "") -> Schema:
    """A list of at least one, each once."""
    schema: Schema = {"type": "array", "items": item, "minItems": 1, "uniqueItems": True}
    return {"description": description, **schema} if description else schema


def one_or_more(item: Schema) -> Schema:
    """One item, or a list of them."""
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}


def choice(members: type[enum.StrEnum] | Collection[str], description: str = "") -> Schema:
    """One of a closed set."""
    schema: Schema = {"enum": [str(member) for member in members]}
    return {"description": description, **schema} if description else schema


def line(description: str = "") -> Schema:
    """One line of text that is not blank."""
    schema: Schema = {"type": LOOSE, "pattern": r"^[^\x00-\x1f\x7f-\x9f]*\S[^\x00-\x1f\x7f-\x9f]*$"}
    return {"description": description, **schema} if description else schema


def whole(low: int, high: int, description: str) -> Schema:
    """A number, or text that the loader reads as one and judges."""
    return {
        "description": description,
        "anyOf": [
            {"type": "integer", "minimum": low, "maximum": high},
            {"type": "string", "pattern": f"^(?:{scalars.WHOLE_NUMBER})$"},
        ],
    }


def boolean(description: str) -> Schema:
    """True or false, in quotes or not."""
    return {"description": description, "enum": [True, False, "true", "false"]}


def pattern(pattern: str, description: str) -> Schema:
    """Text that a regular expression matches as a whole."""
    return {"description": description, "type": "string", "pattern": f"^(?:{pattern})$"}


def duration(description: str) -> Schema:
    """A duration, described with the units that there are."""
    return pattern(
        scalars.DURATION, f"{description} Years of 365 days, days, hours or minutes: 5y, 30d, 1h, 15min."
    )


def url(scheme: str, description: str = "") -> Schema:
    """A URL of these schemes (a regular expression)."""
    return pattern(scalars.url_pattern(scheme), description or "CRLs, OCSP and issuer certificates, by http.")


def template() -> Schema:
    """Text that may hold variables."""
    names = "|".join(name.replace(".", r"\.") for name in VARIABLES)
    return {
        "type": LOOSE,
        "pattern": rf"^(?:[^$\x00-\x1f\x7f-\x9f]|\$(?!\{{)|\$\{{(?:{names})\}})+$",
    }


def equals(key: str, value: str) -> Schema:
    """The condition that a key has a value."""
    return {"properties": {key: {"const": str(value)}}, "required": [key]}
