"""Reads `audit`: where the audit trail of the SCEP server goes as it grows."""

from __future__ import annotations

import re

from onboard.model import AuditSink, SinkFormat, SinkType
from onboard.orgfile.sections.references import read_reference
from onboard.orgfile.text import scalars
from onboard.orgfile.text.cursor import Cursor, Reader, find, values
from onboard.secret import SecretReference

SYSLOG_URL = rf"(tls|tcp)://({scalars.HOST_NAME}|\[[0-9A-Fa-f:.]+\])(:[0-9]{{1,5}})?"
_KEYS = ("type", "url", "format", "trust", "token")
_TYPE = scalars.choice(SinkType)
_FORMAT = scalars.choice(SinkFormat)


def read_audit(cursor: Cursor) -> tuple[AuditSink, ...]:
    """Every sink."""
    fields = cursor.fields("a mapping with sinks", ("sinks",))
    return fields.optional("sinks", _read_sinks, ()).value


def _read_sinks(cursor: Cursor) -> tuple[AuditSink, ...]:
    entries = cursor.entries("a mapping of sinks")
    return values(tuple(find(entry, _reader(name)) for name, entry in entries.items()))


def _reader(name: str) -> Reader[AuditSink]:
    def read(cursor: Cursor) -> AuditSink:
        scalars.check_slug(cursor, name)
        fields = cursor.fields("a sink with type and url", _KEYS)
        kind = fields.required("type", _TYPE)
        url = fields.required("url", _url_of(kind.value) if kind.is_readable else scalars.line)
        form = fields.optional("format", _FORMAT, SinkFormat.JSON)
        trust = fields.optional("trust", _read_file, "")
        token = fields.optional("token", _token_of(kind.value) if kind.is_readable else read_reference, None)
        return AuditSink(
            name=name,
            type=kind.value,
            url=url.value,
            format=form.value,
            trust=trust.value,
            token=token.value,
            place=cursor.place,
        )

    return read


def _token_of(kind: SinkType) -> Reader[SecretReference]:
    def read(cursor: Cursor) -> SecretReference:
        if kind is SinkType.SYSLOG:
            cursor.fail("syslog has no place for a token", "remove it, or use 'type: http'")
        return read_reference(cursor)

    return read


def _url_of(kind: SinkType) -> Reader[str]:
    return _syslog_url if kind is SinkType.SYSLOG else _http_url


def _http_url(cursor: Cursor) -> str:
    url = scalars.web_url(cursor)
    if url.startswith("http:"):
        cursor.warn("events cross the network readable and unprotected", "use https")
    return url


def _syslog_url(cursor: Cursor) -> str:
    text = cursor.text("tls://HOST or tcp://HOST, with or without a port")
    if not re.fullmatch(SYSLOG_URL, text):
        cursor.fail(f"'{text}' is not tls://HOST or tcp://HOST", "such as tls://siem.northwind.example:6514")
    if text.startswith("tcp:"):
        cursor.warn("events cross the network readable and unprotected", "use tls://")
    return text


def _read_file(cursor: Cursor) -> str:
    text = cursor.text("file:PATH")
    path = text.removeprefix("file:").strip()
    if not text.startswith("file:") or not path:
        cursor.fail("this names no certificate file", "write file:PATH, relative to this file")
    return path
