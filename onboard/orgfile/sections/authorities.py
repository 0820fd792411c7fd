"""Reads `authorities`: who signs whom, for how long."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from onboard.errors import Place
from onboard.model import Authority, KeyKind
from onboard.orgfile.text import scalars
from onboard.orgfile.text.cursor import Cursor, Found, Reader, ReportedError, Table, find

_KEYS = ("issuer", "common_name", "key", "valid_for", "crl_valid_for", "private_key", "certificate")
_FOREIGN = ("certificate",)  # all there is to say of somebody else's
KEY_ON_TOKEN = r"pkcs11:(token=[^;=?]+;object=[^;=?]+|object=[^;=?]+;token=[^;=?]+)"  # noqa: S105 # a form
_URI_HINT = "pkcs11:token=LABEL;object=LABEL"
_KEY = scalars.choice(KeyKind)
_COMMON_NAME = scalars.line_up_to(64, "X.520 ub-common-name")
_TIERS = 8  # of a chain; EAP-TLS sends it in small fragments, and RADIUS servers give up on long ones
_LIFE_HINT = "no client accepts a chain beyond the end of its issuer; give it at most the issuer's life"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """An authority as its entry says, its issuer still a name."""

    name: str
    common_name: Found[str]
    key: Found[KeyKind | None]
    valid_for: Found[timedelta | None]
    issuer: Found[str]
    crl_valid_for: Found[timedelta | None]
    private_key: Found[str]  # empty: a file
    certificate: Found[str]  # empty: ours
    place: Place


def read_authorities(cursor: Cursor) -> Table[Authority]:
    """Every authority, issuers before those they issue."""
    entries = cursor.entries("a mapping of authorities")
    if not entries:
        cursor.fail("no authority is defined", "a root and one issuing CA for each group")
    written = {name: find(entry, _read_entry) for name, entry in entries.items()}
    _check_issuers(written)
    _check_names(written)
    return Table(
        "authority", {name: find(entry, _built(written)) for name, entry in _ordered(entries, written)}
    )


def _read_entry(cursor: Cursor) -> _Written:
    name = cursor.where.removeprefix("authorities.")
    scalars.check_slug(cursor, name)
    entries = cursor.entries("an authority with common_name, key and valid_for")
    foreign = "certificate" in entries
    keys = _FOREIGN if foreign else _KEYS
    fields = cursor.fields("an authority with common_name, key and valid_for", keys)
    return _Written(
        name=name,
        common_name=fields.optional("common_name", _COMMON_NAME, "")
        if foreign
        else fields.required("common_name", _COMMON_NAME),
        key=fields.optional("key", _KEY, None) if foreign else fields.required("key", _KEY),
        valid_for=fields.optional("valid_for", scalars.duration, None)
        if foreign
        else fields.required("valid_for", scalars.duration),
        issuer=fields.optional("issuer", scalars.line, ""),
        crl_valid_for=fields.optional("crl_valid_for", scalars.duration, None),
        private_key=fields.optional("private_key", _read_private_key, ""),
        certificate=fields.optional("certificate", _read_certificate, ""),
        place=cursor.place,
    )


def _read_certificate(cursor: Cursor) -> str:
    """The file of somebody else's certificate; whether it is there is the surroundings' question."""
    text = cursor.text("file:PATH")
    path = text.removeprefix("file:").strip()
    if not text.startswith("file:") or not path:
        cursor.fail("this names no certificate file", "write file:PATH, relative to this file")
    return path


def _read_private_key(cursor: Cursor) -> str:
    """Where its key is (RFC 7512); the library and the PIN belong to the machine, not to the org."""
    text = cursor.text(_URI_HINT)
    if not re.fullmatch(KEY_ON_TOKEN, text):
        cursor.fail("this names no key on a token", f"write {_URI_HINT}; the PIN is no part of it")
    return text


def _check_issuers(written: Mapping[str, Found[_Written]]) -> None:
    """Report issuers that do not exist, circles, endless chains, and lives longer than the issuer's."""
    circled: set[str] = set()
    for found in written.values():
        with suppress(ReportedError):
            authority = found.value
            issuer = authority.issuer.value
            if issuer and issuer not in written:
                others = [name for name in written if name != authority.name]
                cursor = authority.issuer.cursor
                cursor.mistake(
                    f"no authority is called '{issuer}'", cursor.suggest(issuer, others, "authority names")
                )
            elif issuer and not _is_endless(authority, written, circled):
                _check_life(authority, written[issuer].value)


def _is_endless(authority: _Written, written: Mapping[str, Found[_Written]], circled: set[str]) -> bool:
    """Whether no root is above the authority, or too far above; a circle is reported at its first member."""
    line = _line(authority.name, written)
    if line[-1] in line[:-1]:
        circle = line[line.index(line[-1]) : -1]
        if authority.name in circle and not circled.intersection(circle):
            circled.update(circle)
            authority.issuer.cursor.mistake(
                f"issuers go in a circle: {' -> '.join([*circle, circle[0]])}",
                "a root has no issuer; remove one of them",
            )
        return True
    if len(line) > _TIERS:
        authority.issuer.cursor.mistake(
            f"more than {_TIERS} authorities stand above one another",
            "devices send the whole chain; two will do",
        )
    return len(line) > _TIERS


def _line(name: str, written: Mapping[str, Found[_Written]]) -> list[str]:
    """The authority and those above it, up to a root, a repetition, an unreadable one or the limit."""
    line = [name]
    with suppress(ReportedError):
        while len(line) <= _TIERS and (issuer := written[line[-1]].value.issuer.value) in written:
            line.append(issuer)
            if issuer in line[:-1]:
                break
    return line


def _check_life(authority: _Written, issuer: _Written) -> None:
    life, limit = authority.valid_for.value, issuer.valid_for.value
    if life is not None and limit is not None and life > limit:
        authority.valid_for.cursor.mistake(
            f"'{authority.name}' would outlive its issuer '{issuer.name}' ({issuer.valid_for.cursor.text()})",
            _LIFE_HINT,
        )


def _check_names(written: Mapping[str, Found[_Written]]) -> None:
    """Report common names that stand twice: clients find issuers by name."""
    seen: dict[str, str] = {}
    for found in written.values():
        with suppress(ReportedError):
            name = found.value.common_name.value
            if not name:
                continue  # somebody else's: it stands in the certificate
            if name.casefold() in seen:
                found.value.common_name.cursor.mistake(
                    f"'{name}' is also the common name of '{seen[name.casefold()]}'",
                    "clients find an issuer by its name; two with one name build broken chains",
                )
            seen.setdefault(name.casefold(), found.value.name)


def _ordered(
    entries: Mapping[str, Cursor], written: Mapping[str, Found[_Written]]
) -> list[tuple[str, Cursor]]:
    """Entries with issuers first, otherwise in the order of the file."""
    return sorted(entries.items(), key=lambda item: len(_line(item[0], written)))


def _built(written: Mapping[str, Found[_Written]]) -> Reader[Authority]:
    def build(cursor: Cursor) -> Authority:
        authority = written[cursor.where.removeprefix("authorities.")].value
        return Authority(
            name=authority.name,
            common_name=authority.common_name.value,
            key=authority.key.value,
            valid_for=authority.valid_for.value,
            issuer=authority.issuer.value,
            certificate=authority.certificate.value,
            crl_valid_for=authority.crl_valid_for.value,
            private_key=authority.private_key.value,
            place=authority.place,
        )

    return build
