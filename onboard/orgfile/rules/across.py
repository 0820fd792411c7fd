"""Rules that need more than one section: lives, shared authorities, identities that nobody confirms."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress

from onboard.model import ChallengeType, EnrollmentProfile
from onboard.orgfile.sections.groups import WrittenGroup
from onboard.orgfile.text.cursor import Cursor, ReportedError
from onboard.secret import SecretReference, SecretSource
from onboard.variables import VARIABLES, Holder, Template


def judge(groups: Iterable[WrittenGroup]) -> None:
    """Report what is wrong between groups and what they refer to."""
    shared: dict[tuple[str, tuple[tuple[str, str], ...]], str] = {}
    secrets: dict[tuple[SecretSource, str], list[tuple[SecretReference, str]]] = {}
    for group in groups:
        for rule in (_outlives_issuer, _issued_by_others, _issued_by_root, _asserted_identity, _alike):
            with suppress(ReportedError):
                rule(group)
        with suppress(ReportedError):
            _indistinguishable(group, shared)
        with suppress(ReportedError):
            _same_secret(group, secrets)


def _outlives_issuer(group: WrittenGroup) -> None:
    authority = group.authority.value
    for cursor, profile in group.certificates:
        if authority.valid_for is not None and profile.valid_for > authority.valid_for:
            cursor.mistake(
                f"certificates of '{profile.name}' would outlive their issuer '{authority.name}'",
                "give the profile a shorter valid_for, or the authority a longer one",
            )


def _issued_by_others(group: WrittenGroup) -> None:
    for authority in (group.authority.value, *group.also_accepted.value):
        if not authority.is_ours:
            group.authority.cursor.mistake(
                f"'{authority.name}' is somebody else's authority and issues nothing here",
                f"add an authority with 'issuer: {authority.name}' and name that one here",
            )


def _issued_by_root(group: WrittenGroup) -> None:
    authority = group.authority.value
    if authority.is_root and authority.is_ours:
        group.authority.cursor.warn(
            f"'{authority.name}' is a root, so its key must stay on the server to issue certificates",
            f"add an authority with 'issuer: {authority.name}' and name that one here",
        )


def _asserted_identity(group: WrittenGroup) -> None:
    for cursor, profile in group.certificates:
        unbound = [
            name
            for name in profile.variables
            if VARIABLES[name].holder is Holder.USER and name not in profile.values
        ]
        if group.challenge.value.type is ChallengeType.STATIC and unbound:
            names = ", ".join(f"${{{name}}}" for name in unbound)
            cursor.warn(
                f"with a static challenge, whoever holds it can ask for any value of {names}",
                "restrict them under the profile's `values:`, or use 'type: one-time'",
            )


def _same_secret(
    group: WrittenGroup, secrets: dict[tuple[SecretSource, str], list[tuple[SecretReference, str]]]
) -> None:
    """Groups are kept apart by what enrols their devices, and `like` takes that over as well.

    Args:
        group: one group.
        secrets: of the groups before it, by source and name, which is empty for literals.
    """
    challenge = group.challenge.value
    if challenge.secret is None:
        return
    known = secrets.setdefault((challenge.secret.source, challenge.secret.name), [])
    other = next((name for secret, name in known if secret == challenge.secret), None)
    if other is None:
        known.append((challenge.secret, group.name))
    else:
        group.challenge.cursor.warn(
            f"'{other}' has the same challenge, so who is given it for one of these groups can enrol in both",
            f"give '{group.name}' a `challenge` with a secret of its own",
        )


def _alike(group: WrittenGroup) -> None:
    """A request goes to the first profile that its subject fits, so the first must not fit the second's."""
    if len(group.certificates) != len(Holder):
        return
    (_, first), (cursor, second) = group.certificates
    if first.holder is second.holder or not _takes(first, second):
        return
    cure = "tell them apart by a fixed part of the subject, such as another common_name or a locality"
    if not _takes(second, first):
        cure = f"write [{second.name}, {first.name}]"
    cursor.mistake(f"a request for '{second.name}' has a subject that '{first.name}' takes as well", cure)


def _takes(profile: EnrollmentProfile, other: EnrollmentProfile) -> bool:
    """Whether the subject of one, filled with example values, fits another."""
    rest = [(attribute.type.oid, _pattern(attribute.value)) for attribute in profile.subject]
    for attribute in other.subject:
        text = attribute.value.spell(lambda name: VARIABLES[name].example)
        fitting = [p for p in rest if p[0] == attribute.type.oid and re.fullmatch(p[1], text)]
        if not fitting:
            return False
        rest.remove(fitting[0])
    return not rest


def _pattern(template: Template) -> str:
    return "".join(
        re.escape(part) if isinstance(part, str) else f"(?:{VARIABLES[part.name].form})"
        for part in template.parts
    )


def _indistinguishable(
    group: WrittenGroup, shared: dict[tuple[str, tuple[tuple[str, str], ...]], str]
) -> None:
    """Report groups of one authority whose certificates nothing but the issuer would tell apart."""
    for cursor, profile in group.certificates:
        _indistinguishable_by(group, cursor, profile, shared)


def _indistinguishable_by(
    group: WrittenGroup,
    cursor: Cursor,
    profile: EnrollmentProfile,
    shared: dict[tuple[str, tuple[tuple[str, str], ...]], str],
) -> None:
    fixed = _fixed_parts(group.name, profile)
    authorities = (group.authority.value, *group.also_accepted.value)
    for authority in authorities:
        key = authority.name, fixed
        if shared.get(key, group.name) != group.name:
            cursor.mistake(
                f"groups '{shared[key]}' and '{group.name}' share the authority '{authority.name}', and no "
                "fixed part of the subject tells their certificates apart",
                f"add 'organizational_unit: ${{group.name}}' to the subject of '{profile.name}'",
            )
            return
    shared.update({(authority.name, fixed): group.name for authority in authorities})


def _fixed_parts(group: str, profile: EnrollmentProfile) -> tuple[tuple[str, str], ...]:
    bound = (
        (attribute.type.oid, attribute.value.bind({"group.name": group})) for attribute in profile.subject
    )
    return tuple(sorted((oid, str(value)) for oid, value in bound if not value.variables))
