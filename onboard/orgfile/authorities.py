"""Reads `authorities`: who signs whom, for how long."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from onboard.errors import Place
from onboard.model import Authority, KeyKind
from onboard.orgfile import scalars
from onboard.orgfile.cursor import Cursor, Found, Reader, ReportedError, Table, find, suggestion

_KEYS = ("issuer", "common_name", "key", "valid_for")
_LATER = {
    "certificate": ("common_name", "key", "valid_for"),
    "private_key": (),
    "crl_valid_for": (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """An authority as its entry says, its issuer still a name."""

    name: str
    common_name: Found[str]
    key: Found[KeyKind]
    valid_for: Found[timedelta]
    issuer: Found[str]
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
    fields = cursor.fields("an authority with common_name, key and valid_for", _KEYS, _LATER)
    return _Written(
        name=name,
        common_name=fields.required("common_name", scalars.line_up_to(64, "X.520 ub-common-name")),
        key=fields.required("key", scalars.choice(KeyKind)),
        valid_for=fields.required("valid_for", scalars.duration),
        issuer=fields.optional("issuer", scalars.line, ""),
        place=cursor.place,
    )


def _check_issuers(written: Mapping[str, Found[_Written]]) -> None:
    """Report issuers that do not exist, circles, and lives longer than the issuer's."""
    reported: set[str] = set()
    for found in written.values():
        with suppress(ReportedError):
            authority = found.value
            issuer = authority.issuer.value
            if issuer and issuer not in written:
                authority.issuer.cursor.mistake(
                    f"no authority is called '{issuer}'",
                    suggestion(issuer, [n for n in written if n != authority.name], "authority names"),
                )
            elif issuer:
                _check_circle(authority, written, reported)
                _check_life(authority, written[issuer].value)


def _check_circle(authority: _Written, written: Mapping[str, Found[_Written]], reported: set[str]) -> None:
    path = [authority.name]
    while (issuer := written[path[-1]].value.issuer.value) and issuer in written:
        if issuer in path:
            circle = path[path.index(issuer) :]
            if authority.name in circle and not reported.intersection(circle):
                reported.update(circle)
                chain = " -> ".join([*circle, issuer])
                authority.issuer.cursor.mistake(
                    f"issuers go in a circle: {chain}", "a root has no issuer; remove one of them"
                )
            return
        path.append(issuer)


def _check_life(authority: _Written, issuer: _Written) -> None:
    if authority.valid_for.value > issuer.valid_for.value:
        authority.valid_for.cursor.mistake(
            f"'{authority.name}' would outlive its issuer '{issuer.name}' ({issuer.valid_for.cursor.text()})",
            "no client accepts a chain beyond the end of its issuer; give it at most the issuer's life",
        )


def _check_names(written: Mapping[str, Found[_Written]]) -> None:
    """Report common names that stand twice: clients find issuers by name."""
    seen: dict[str, str] = {}
    for found in written.values():
        with suppress(ReportedError):
            name = found.value.common_name.value
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
    depths = {name: _depth(name, written) for name in entries}
    return sorted(entries.items(), key=lambda item: depths[item[0]])


def _depth(name: str, written: Mapping[str, Found[_Written]]) -> int:
    path = [name]
    with suppress(ReportedError):
        while (issuer := written[path[-1]].value.issuer.value) in written and issuer not in path:
            path.append(issuer)
    return len(path)


def _built(written: Mapping[str, Found[_Written]]) -> Reader[Authority]:
    def build(cursor: Cursor) -> Authority:
        authority = written[cursor.where.removeprefix("authorities.")].value
        return Authority(
            name=authority.name,
            common_name=authority.common_name.value,
            key=authority.key.value,
            valid_for=authority.valid_for.value,
            issuer=authority.issuer.value,
            place=authority.place,
        )

    return build
