"""Quotes values for FreeRADIUS (single-quoted text, regular expressions, names), shell and comments."""

from __future__ import annotations

import re
import shlex

from onboard.errors import OnboardError
from onboard.templating import Quoted


def text(value: str) -> Quoted:
    """Single-quoted text, in which the server expands nothing."""
    _demand_printable(value)
    return Quoted("'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'")


def same(value: str) -> Quoted:
    """A comparison with `value`: the file's reader expands `${…}` even inside of single quotes."""
    if "$" not in value:
        return Quoted(f"== {text(value)}")
    return Quoted(f"=~ {pattern('^' + literal(value) + '$')}")


def pattern(value: str) -> Quoted:
    """A regular expression between slashes; `value` is one already, made of `literal` pieces."""
    _demand_printable(value)
    return Quoted("/" + value.replace("/", "\\/") + "/")


def literal(value: str) -> str:
    """A piece of a regular expression that matches `value` alone; `%` and `$` would start expansions."""
    escaped = re.sub(r"[\\.^|?*+()\[\]{}]", r"\\\g<0>", value)
    return escaped.replace("%", "%%").replace("$", "[$]")


def word(value: str) -> Quoted:
    """A bare word: a name, number or path of the configuration.

    Raises:
        OnboardError: it has another character than those.
    """
    if not re.fullmatch(r"[A-Za-z0-9_.:/@*-]+", value):
        msg = f"{value!r} cannot stand in a FreeRADIUS configuration"
        raise OnboardError(msg, hint="use letters, digits and . _ : / - only")
    return Quoted(value)


def braces(value: str) -> Quoted:
    """The name of an environment variable behind `$ENV`."""
    return Quoted("{" + word(value) + "}")


def comment(value: str) -> Quoted:
    """Part of a comment: one line."""
    return Quoted("".join(character if character.isprintable() else " " for character in value))


def cell(value: str) -> Quoted:
    """A cell of a Markdown table."""
    return Quoted(comment(value).replace("\\", "\\\\").replace("|", "\\|"))


def shell(value: str) -> Quoted:
    """One word of a shell script."""
    _demand_printable(value)
    return Quoted(shlex.quote(value))


def _demand_printable(value: str) -> None:
    if not value.isprintable():
        msg = "a value with control characters cannot stand in a FreeRADIUS configuration"
        raise OnboardError(msg)
