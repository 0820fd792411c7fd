"""Writes the GLib key file format, which NetworkManager and iwd read: groups of `key=value` lines, escaped.

A value is one line of UTF-8: backslash, line breaks and tabs are escaped, and so is a leading blank, which a
reader would strip (GLib, `g_key_file_set_string`).
"""

from __future__ import annotations

from collections.abc import Mapping

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def escape(value: str) -> str:
    """The value as it stands behind `=`."""
    escaped = "".join(_ESCAPES.get(character, character) for character in value)
    blanks = len(escaped) - len(escaped.lstrip(" "))
    return "\\s" * blanks + escaped[blanks:]


def dumps(groups: Mapping[str, Mapping[str, str]]) -> str:
    """The text of a key file, groups and keys in the order given."""
    blocks = []
    for name, values in groups.items():
        lines = [f"[{name}]", *(f"{key}={escape(value)}" for key, value in values.items())]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)
