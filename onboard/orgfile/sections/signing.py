"""Reads `signing`: who signs profiles that people install themselves."""

from __future__ import annotations

from onboard.model import SigningFiles
from onboard.orgfile.text.cursor import Cursor


def read_signing(cursor: Cursor) -> SigningFiles:
    """Certificate (with its issuers behind it) and key, each a PEM file."""
    fields = cursor.fields("a mapping with certificate and key", ("certificate", "key"))
    certificate, key = fields.required("certificate", _file), fields.required("key", _file)
    return SigningFiles(certificate=certificate.value, key=key.value, place=cursor.place)


def _file(cursor: Cursor) -> str:
    text = cursor.text("file:PATH")
    path = text.removeprefix("file:").strip()
    if not text.startswith("file:") or not path:
        cursor.fail("expected file:PATH of a PEM file", "write file:PATH, relative to this file")
    return path
