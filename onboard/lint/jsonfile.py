"""Reads JSON for the rooms whose formats are JSON: strict, repeated names refused, and bounded in depth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

_DEPTH = 64  # deeper than any payload; Python's own parser would end in a RecursionError


class JsonError(ValueError):
    """Not JSON as RFC 8259 has it; the message says where."""


def parse(content: bytes) -> Json:
    """The document.

    Raises:
        JsonError: bad UTF-8 or syntax, a name twice in one object, or nested too deep.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = f"byte {error.start} is not UTF-8"
        raise JsonError(msg) from error
    if _depth(text) > _DEPTH:
        msg = f"nested more than {_DEPTH} levels deep"
        raise JsonError(msg)
    try:
        document: Json = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        msg = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise JsonError(msg) from error
    except ValueError as error:  # numbers of thousands of digits
        raise JsonError(str(error)) from error
    return document


def looks_like(content: bytes, *names: str) -> bool:
    """Whether this is a JSON object that has one of the names at its top."""
    if not content.lstrip(b" \t\r\n").startswith(b"{"):
        return False  # every format is asked about every file, and most are no JSON
    try:
        document = parse(content)
    except JsonError:
        return False
    return isinstance(document, dict) and any(name in document for name in names)


def _unique(pairs: list[tuple[str, Json]]) -> Mapping[str, Json]:
    names = [name for name, _ in pairs]
    repeated = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
    if repeated:
        msg = f"names that occur twice in one object: {', '.join(sorted(repeated))}"
        raise JsonError(msg)
    return dict(pairs)


def _no_constant(name: str) -> Json:
    msg = f"{name} is not JSON"
    raise JsonError(msg)


def _depth(text: str) -> int:
    """The deepest nesting; brackets inside strings do not count."""
    deepest = depth = 0
    inside = escaped = False
    for character in text:
        if inside:
            inside = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            inside = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest
