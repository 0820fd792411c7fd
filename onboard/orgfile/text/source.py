"""The bytes of an org file as text: size, encoding and characters are judged here, before any YAML."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import NoReturn

from onboard.errors import Mistake, OrgFileError, Place

LIMIT = 4 * 1024 * 1024  # bytes; an org of 10,000 groups is under 3 MB
FILE = "(file)"  # the `where` of a mistake that belongs to no key

# Everything YAML 1.1 calls unprintable (5.1 Character Set), and the BOM where it is not the first character.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_FOREIGN_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",  # what PowerShell 5 writes with `>`
    codecs.BOM_UTF16_BE: "UTF-16",
}


def read(path: Path) -> str:
    """The text of the file at `path`.

    Raises:
        OrgFileError: it is not there, not a file, too large, or not UTF-8 text.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LIMIT + 1)
    except FileNotFoundError:
        _refuse(str(path), "there is no such file", "'onboard init DIR' writes a first one")
    except IsADirectoryError:
        _refuse(str(path), "this is a folder", f"name the file in it: {path / 'org.yaml'}")
    except OSError as error:
        _refuse(str(path), f"the file cannot be read: {error.strerror}", "check its owner and mode")
    return decode(content, str(path))


def decode(content: bytes, path: str) -> str:
    """UTF-8 bytes, with or without BOM, as text that a YAML parser can read.

    Raises:
        OrgFileError: too large, another encoding, or characters that YAML does not allow.
    """
    if len(content) > LIMIT:
        _refuse(path, f"the file is larger than {LIMIT // 2**20} MiB", "an org definition is a few kilobytes")
    for mark, encoding in _FOREIGN_ENCODINGS.items():
        if content.startswith(mark):
            _refuse(path, f"the file is {encoding}", "save it as UTF-8")
    if b"\0" in content:
        _refuse(path, "this is a binary file, not YAML text", "name the org definition, a text file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse(
            path,
            f"the byte 0x{content[error.start]:02x} is not UTF-8",
            "save the file as UTF-8",
            before=content[: error.start].decode("utf-8-sig", "replace"),
        )
    if bad := _UNPRINTABLE.search(text):
        _refuse(
            path,
            f"the character U+{ord(bad.group()):04X} cannot stand in a YAML file",
            "remove it, or write it as an escape in double quotes",
            before=text[: bad.start()],
        )
    return text


def _refuse(path: str, message: str, hint: str, before: str = "") -> NoReturn:
    """Raise for the place that follows the text `before`."""
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    place = Place(path=path, line=line, column=column, where=FILE)
    raise OrgFileError([Mistake(place=place, message=message, hint=hint)]) from None
