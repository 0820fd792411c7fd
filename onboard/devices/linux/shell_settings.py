"""Reads the one block of `NAME='VALUE'` lines at the head of an enrolment script, without running it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping

from onboard.devices.errors import DeviceError

_BEGIN = re.compile(r"^# --- settings: .*$", re.MULTILINE)
_END = re.compile(r"^# --- end of settings -*$", re.MULTILINE)
_HERE_DOCUMENT = re.compile(
    r"^cat >\"\$folder\"/(?P<name>'[^'\n]*'|[\w.-]+) <<'END'\n(?P<body>.*?)^END$", re.MULTILINE | re.DOTALL
)


def read_settings(script: bytes) -> Mapping[str, str]:
    """The settings by name, unquoted.

    Raises:
        DeviceError: no block, a line that is no assignment, a name twice, anything a shell would expand.
    """
    _, block, _ = _parts(script)
    settings: dict[str, str] = {}
    for line in filter(None, block.splitlines()):
        name, equals, quoted = line.partition("=")
        if not equals or not re.fullmatch(r"[a-z_][a-z0-9_]*", name):
            raise DeviceError(f"settings: {line.partition('=')[0]}", "is no NAME='VALUE' line")
        if name in settings:
            raise DeviceError(f"settings: {name}", "is there twice")
        settings[name] = _unquote(name, quoted)
    return settings


def rewrite_settings(script: bytes, change: Callable[[str, str], str]) -> bytes:
    """The script with each setting's value replaced by `change(name, value)`; raises DeviceError."""
    settings = read_settings(script)
    before, _, after = _parts(script)
    lines = [f"{name}={_quote(change(name, value))}" for name, value in settings.items()]
    return "".join((before, "\n", "\n".join(lines), "\n", after)).encode()


def here_documents(script: bytes) -> Mapping[str, str]:
    """The files that the script writes into its folder, by name."""
    text = script.decode()
    return {shlex.split(match["name"])[0]: match["body"] for match in _HERE_DOCUMENT.finditer(text)}


def escape_dn(value: str) -> str:
    """A value inside a distinguished name, as the script's `fill` escapes it (RFC 4514 §2.4)."""
    return re.sub(r"^#", r"\\#", re.sub(r'[,+"\\<>;=]', r"\\\g<0>", value))


def _parts(script: bytes) -> tuple[str, str, str]:
    try:
        text = script.decode()
    except UnicodeDecodeError as error:
        raise DeviceError("script", "is not UTF-8") from error
    begin, end = _BEGIN.search(text), _END.search(text)
    if begin is None or end is None or end.start() < begin.end():
        raise DeviceError("script", "has no block of settings")
    return text[: begin.end()], text[begin.end() : end.start()], text[end.start() :]


def _quote(value: str) -> str:
    return "'" + value.replace("'", "'\"'\"'") + "'"


def _unquote(name: str, quoted: str) -> str:
    if re.sub(r"'[^']*'|\"'\"", "", quoted):  # outside of quotation marks a shell would expand it
        raise DeviceError(f"settings: {name}", "is not wholly quoted, so the shell would read it otherwise")
    words = shlex.split(quoted)
    if len(words) != 1:
        raise DeviceError(f"settings: {name}", "is not one word")
    return words[0]
