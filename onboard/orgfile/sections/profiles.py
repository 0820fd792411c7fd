"""Reads EnrollmentProfiles: those of the `profiles/` folder and those under the org's own `profiles:`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import NoReturn

from onboard.errors import OrgFileError
from onboard.model import AltName, EnrollmentProfile, KeyKind, SubjectAttribute
from onboard.names import ATTRIBUTES, EXTENDED_KEY_USAGES, AltNameKind
from onboard.orgfile.sections.templates import read_template
from onboard.orgfile.text import scalars
from onboard.orgfile.text.cursor import (
    NOT_YET,
    Cursor,
    Found,
    Reader,
    ReportedError,
    find,
    values,
)
from onboard.orgfile.text.lists import distinct
from onboard.orgfile.text.nodes import START, compose
from onboard.orgfile.text.nodes import Mapping as MappingNode
from onboard.orgfile.text.report import Report
from onboard.resources import folder, text
from onboard.variables import KNOWN_WHEN_MADE, VARIABLES, Holder, matches_form

_KEYS = (
    "description",
    "holder",
    "subject",
    "subject_alt_names",
    "values",
    "key",
    "valid_for",
    "renew_within",
    "renew_after_expiry",
    "supersede_after",
    "max_active",
    "legacy",
    "extended_key_usages",
)
_NO_VALUES: Mapping[str, Found[str]] = {}
_RENEW_WITHIN = timedelta(days=30)
_MAX_ACTIVE = scalars.whole_number(1, 1000, "the number of live certificates")
_DEVICE_KEYS = {"rsa-2048": KeyKind.RSA_2048, "rsa-4096": KeyKind.RSA_4096}


def built_in_names() -> tuple[str, ...]:
    """What the `profiles/` folder offers."""
    names = (entry.name for entry in folder("profiles").iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def read_built_in(name: str) -> EnrollmentProfile:
    """A profile of the `profiles/` folder.

    Raises:
        OrgFileError: the installation's own file has mistakes.
    """
    path = f"profiles/{name}.yaml"
    node, around = compose(text("profiles", f"{name}.yaml"), path)
    report = Report(path)
    if node is None or around:
        raise OrgFileError(around)
    found = find(Cursor(node, "", report, START), read_profile(name))
    if report.mistakes:
        raise OrgFileError(report.mistakes)
    return found.value


def read_profiles(cursor: Cursor) -> Mapping[str, Found[EnrollmentProfile]]:
    """The org's own profiles."""
    entries = cursor.entries("a mapping of profiles")
    for name, entry in entries.items():
        scalars.check_name(entry, name)
    return {name: find(entry, read_profile(name)) for name, entry in entries.items()}


def read_profile(name: str) -> Reader[EnrollmentProfile]:
    """A reader of one profile."""

    def read(cursor: Cursor) -> EnrollmentProfile:
        fields = cursor.fields("a profile with holder, subject and valid_for", _KEYS)
        description = fields.optional("description", scalars.paragraph, "")
        holder = fields.required("holder", scalars.choice(Holder))
        subject = fields.required("subject", _read_subject(holder))
        alt_names = fields.optional("subject_alt_names", _read_alt_names(holder), ())
        limits = fields.optional("values", _read_values, _NO_VALUES)
        key = fields.optional("key", _read_key, KeyKind.RSA_2048)
        valid_for = fields.required("valid_for", scalars.duration)
        renew_within = fields.optional("renew_within", scalars.duration, None)
        late = fields.optional("renew_after_expiry", scalars.duration, None)
        supersede_after = fields.optional("supersede_after", scalars.duration, None)
        max_active = fields.optional("max_active", _MAX_ACTIVE, None)
        legacy = fields.optional("legacy", _read_legacy, default=False)
        usages = fields.optional("extended_key_usages", _read_usages, ("client-auth",))
        _check_renewal(valid_for, renew_within)
        _check_values(limits, subject, alt_names)
        return EnrollmentProfile(
            name=name,
            description=description.value,
            holder=holder.value,
            subject=subject.value,
            subject_alt_names=alt_names.value,
            values={variable: glob.value for variable, glob in limits.value.items()},
            key=key.value,
            valid_for=valid_for.value,
            renew_within=renew_within.value or min(_RENEW_WITHIN, valid_for.value),
            renew_after_expiry=late.value,
            supersede_after=supersede_after.value,
            max_active=max_active.value,
            legacy=legacy.value,
            extended_key_usages=usages.value,
            place=cursor.place,
        )

    return read


def _read_subject(holder: Found[Holder]) -> Reader[tuple[SubjectAttribute, ...]]:
    def read(cursor: Cursor) -> tuple[SubjectAttribute, ...]:
        entries = cursor.entries("a mapping of subject attributes")
        if not entries:
            cursor.fail("the subject is empty", "clients show and RADIUS logs the common_name")
        found: list[Found[SubjectAttribute]] = []
        for key, entry in entries.items():
            if key not in ATTRIBUTES:
                found.append(_unknown(entry, key, ATTRIBUTES, "subject attributes"))
            else:
                found += entry.one_or_more(_read_attribute(key, holder), "one value or a list of them")
        return values(found)

    return read


def _read_attribute(key: str, holder: Found[Holder]) -> Reader[SubjectAttribute]:
    kind = ATTRIBUTES[key]

    def read(cursor: Cursor) -> SubjectAttribute:
        template = read_template(cursor, holder)
        fixed = sum(len(part) for part in template.parts if isinstance(part, str))
        if key == "country" and not (template.variables or re.fullmatch("[A-Z]{2}", str(template))):
            cursor.fail(f"'{template}' is not a country code", "two capital letters of ISO 3166, such as DE")
        if fixed > kind.limit:
            cursor.fail(f"at most {kind.limit} characters (X.520); the fixed text alone is {fixed}")
        return SubjectAttribute(type=kind, value=template, place=cursor.value_place)

    return read


def _read_alt_names(holder: Found[Holder]) -> Reader[tuple[AltName, ...]]:
    kinds = {kind.value: kind for kind in AltNameKind}

    def read(cursor: Cursor) -> tuple[AltName, ...]:
        found: list[Found[AltName]] = []
        for key, entry in cursor.entries("a mapping of alternative names").items():
            if key not in kinds:
                found.append(_unknown(entry, key, kinds, "kinds of alternative names"))
            else:
                found += entry.one_or_more(_read_alt_name(kinds[key], holder), "one value or a list of them")
        return values(found)

    return read


def _read_alt_name(kind: AltNameKind, holder: Found[Holder]) -> Reader[AltName]:
    def read(cursor: Cursor) -> AltName:
        if isinstance(cursor.node, MappingNode):
            cursor.fail(
                "expected text with variables, found a mapping", f"'value' and 'optional' are {NOT_YET}"
            )
        return AltName(kind=kind, value=read_template(cursor, holder), place=cursor.value_place)

    return read


def _read_values(cursor: Cursor) -> Mapping[str, Found[str]]:
    allowed = [name for name in VARIABLES if name not in KNOWN_WHEN_MADE]
    found: dict[str, Found[str]] = {}
    for name, entry in cursor.entries("a mapping from variables to patterns").items():
        if name not in allowed:
            found[name] = _unknown(entry, name, allowed, "variables")
        else:
            found[name] = find(entry, _read_pattern(name))
    return found


def _read_pattern(variable: str) -> Reader[str]:
    def read(cursor: Cursor) -> str:
        pattern = scalars.line(cursor)
        if "*" not in pattern and not matches_form(variable, pattern):
            cursor.fail(
                f"'{pattern}' can never be a value of {variable} ({VARIABLES[variable].meaning})",
                f"'*' stands for any characters; an example value is {VARIABLES[variable].example}",
            )
        return pattern

    return read


def _read_key(cursor: Cursor) -> KeyKind:
    text = cursor.text("rsa-2048 or rsa-4096")
    if text in set(KeyKind) and text not in _DEVICE_KEYS:
        hint = "SCEP clients make RSA keys of 2048 or 4096 bits, on every platform"
        cursor.fail(f"no SCEP client makes a key of kind '{text}'", hint)
    return scalars.choice_of(_DEVICE_KEYS)(cursor)


def _read_legacy(cursor: Cursor) -> bool:
    legacy: bool = scalars.boolean(cursor)
    if legacy:
        cursor.warn(
            "3DES and SHA-1 are taken from every client of this profile",
            "give clients that know no AES a profile and a group of their own",
        )
    return legacy


def _read_usages(cursor: Cursor) -> tuple[str, ...]:
    usages = distinct(scalars.choice_of({usage: usage for usage in EXTENDED_KEY_USAGES}), "a list of usages")
    found = values(usages(cursor))
    if "client-auth" not in found:
        cursor.fail("without client-auth no RADIUS server takes the certificate", "add client-auth")
    return found


def _check_renewal(valid_for: Found[timedelta], renew_within: Found[timedelta | None]) -> None:
    with suppress(ReportedError):
        if renew_within.value is not None and renew_within.value > valid_for.value:
            renew_within.cursor.mistake(
                f"renew_within is longer than valid_for ({valid_for.cursor.text()})",
                "at most valid_for, which means that a renewal is taken at any time",
            )


def _check_values(
    limits: Found[Mapping[str, Found[str]]],
    subject: Found[tuple[SubjectAttribute, ...]],
    alt_names: Found[tuple[AltName, ...]],
) -> None:
    """Warn about a pattern for a variable that the profile does not use."""
    with suppress(ReportedError):
        templates = [a.value for a in subject.value] + [n.value for n in alt_names.value]
        used = {name for template in templates for name in template.variables}
        for name, pattern in limits.value.items():
            if name not in used and pattern.is_readable:
                pattern.cursor.warn(f"this profile does not use ${{{name}}}", "the pattern has no effect")


def _unknown(entry: Cursor, key: str, known: Collection[str], label: str) -> Found[NoReturn]:
    """Report the key; what it was meant for cannot be had, so that nothing is said of its absence."""
    entry.report.add(entry.opened, entry.where, "unknown key", entry.suggest(key, known, label))
    return Found(entry, None)
