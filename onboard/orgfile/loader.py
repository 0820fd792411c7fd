"""The whole file: sections in the order in which they refer to one another, then the rules that span them."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from onboard import catalogue
from onboard.errors import Mistake, OrgFileError, Place, Severity
from onboard.model import (
    AuditSink,
    Authority,
    EnrollmentProfile,
    MdmTarget,
    Network,
    Onboarding,
    Organization,
    PkiSettings,
    Radius,
    ScepSettings,
    SigningFiles,
    Ssid,
)
from onboard.orgfile.rules import across, apple, enrolment, platforms, surroundings, windows
from onboard.orgfile.sections.audit import read_audit
from onboard.orgfile.sections.authorities import read_authorities
from onboard.orgfile.sections.groups import WrittenGroup, read_groups
from onboard.orgfile.sections.likeness import forget_repeats
from onboard.orgfile.sections.mdm import read_targets
from onboard.orgfile.sections.networks import read_networks
from onboard.orgfile.sections.onboarding import read_onboarding
from onboard.orgfile.sections.profiles import built_in_names, read_built_in, read_profiles
from onboard.orgfile.sections.radius import read_radius
from onboard.orgfile.sections.settings import Identity, default_pki, read_organization, read_pki, read_scep
from onboard.orgfile.sections.signing import read_signing
from onboard.orgfile.text import source
from onboard.orgfile.text.cursor import Cursor, Found, Reader, Table, find, readable, values
from onboard.orgfile.text.nodes import START, Scalar, compose
from onboard.orgfile.text.nodes import Mapping as MappingNode
from onboard.orgfile.text.report import Report

T = TypeVar("T")

_NO_PROFILES: Mapping[str, Found[EnrollmentProfile]] = {}
_KEYS = (
    "version",
    "organization",
    "authorities",
    "radius",
    "networks",
    "profiles",
    "groups",
    "pki",
    "scep",
    "onboarding",
    "mdm",
    "audit",
    "signing",
)


def load(path: Path, *, tags: Collection[str] | None = None) -> Organization:
    """The organization that the file at `path` defines. Secrets and certificate files are not looked at.

    Args:
        path: of the org file.
        tags: of the whitelist catalogue; those of the product when None.

    Raises:
        OrgFileError: with every mistake of the file, sorted by position.
    """
    return loads(source.read(path), str(path), tags=tags)


def loads(text: str, path: str = "org.yaml", *, tags: Collection[str] | None = None) -> Organization:
    """The organization that `text` defines; `path` is what places call the file.

    Raises:
        OrgFileError: with every mistake of the text, sorted by position.
    """
    reading = _read(text, path, tags)
    errors = [m for m in reading.report.mistakes if m.severity is Severity.ERROR]
    if errors:
        raise OrgFileError(errors)
    return reading.organization.value


def check(
    path: Path, environ: Mapping[str, str], *, tags: Collection[str] | None = None
) -> tuple[Organization | None, tuple[Mistake, ...]]:
    """The organization, None if there are errors, and every mistake and warning, sorted by position.

    Beyond `load`, this looks at what the file refers to: secrets in `environ` and files, certificates.
    """
    try:
        reading = _read(source.read(path), str(path), tags)
    except OrgFileError as error:
        return None, error.mistakes
    surroundings.judge(reading.groups, reading.authorities, reading.radius, environ, path.parent)
    mistakes = reading.report.mistakes
    is_good = all(mistake.severity is not Severity.ERROR for mistake in mistakes)
    return reading.organization.value if is_good else None, mistakes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A file as far as it could be read."""

    organization: Found[Organization]
    groups: tuple[WrittenGroup, ...]
    authorities: Table[Authority]
    radius: Table[Radius]
    report: Report


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sections:
    """The sections, each as far as it could be read."""

    identity: Found[Identity]
    authorities: Table[Authority]
    radius: Table[Radius]
    networks: Table[Network]
    own_profiles: Mapping[str, Found[EnrollmentProfile]]
    groups: Found[tuple[Found[WrittenGroup], ...]]
    scep: Found[ScepSettings]
    pki: Found[PkiSettings | None]
    onboarding: Found[Onboarding | None]
    audit: Found[tuple[AuditSink, ...]]
    mdm: Found[tuple[Found[MdmTarget], ...]]
    signing: Found[SigningFiles | None]


def _read(text: str, path: str, tags: Collection[str] | None) -> _Reading:
    with _collector_paused():
        return _read_sections(text, path, tags)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Reading makes 100,000 objects and no circles; the cycle collector would take a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read_sections(text: str, path: str, tags: Collection[str] | None) -> _Reading:
    node, around = compose(text, path)
    if node is None:
        place = Place(path=path, where=source.FILE)
        message, hint = "the file is empty", "'onboard init DIR' writes a first org definition"
        raise OrgFileError([Mistake(place=place, message=message, hint=hint)])
    report = Report(path)
    for mistake in around:
        report.at(mistake.place, mistake.message, mistake.hint)
    cursor = Cursor(node, "", report, START)
    found = find(cursor, _sections_reader(catalogue.tags() if tags is None else tags))
    if not found.is_readable:
        return _Reading(
            organization=Found(cursor, None),
            groups=(),
            authorities=Table("", {}),
            radius=Table("", {}),
            report=report,
        )
    sections = found.value
    groups = tuple(
        group for _, group in readable(sections.groups.value if sections.groups.is_readable else ())
    )
    across.judge(groups)
    enrolment.judge(groups)
    platforms.judge(groups, sections.authorities)
    windows.judge(groups)
    apple.judge(groups)
    alike = [
        (g.like.value.name, g.like.cursor) for g in groups if g.like.is_readable and g.like.value is not None
    ]
    forget_repeats(report, alike)
    return _Reading(
        organization=find(cursor, lambda _: _build(sections)),
        groups=groups,
        authorities=sections.authorities,
        radius=sections.radius,
        report=report,
    )


def _sections_reader(tags: Collection[str]) -> Reader[_Sections]:
    def read(cursor: Cursor) -> _Sections:
        ssids: dict[Ssid, str] = {}
        free = [key for key in cursor.entries("an org definition") if key.startswith("x-")]
        fields = cursor.fields("an org definition", (*_KEYS, *free))
        fields.optional("version", _read_version, 1)
        identity = fields.required("organization", read_organization)
        authorities = _table("authority", fields.required("authorities", read_authorities))
        radius = _table("radius entry", fields.required("radius", read_radius(authorities)))
        networks = _table("network", fields.required("networks", read_networks(radius, ssids)))
        own = fields.optional("profiles", read_profiles, _NO_PROFILES)
        profiles = _profiles(own)
        return _Sections(
            identity=identity,
            authorities=authorities,
            radius=radius,
            networks=networks,
            own_profiles=own.value if own.is_readable else {},
            groups=fields.required("groups", read_groups(authorities, profiles, networks)),
            scep=fields.required("scep", read_scep),
            pki=fields.optional("pki", read_pki, None),
            onboarding=fields.optional("onboarding", read_onboarding(tags, ssids), None),
            audit=fields.optional("audit", read_audit, ()),
            mdm=fields.optional("mdm", read_targets(lambda: _group_names(cursor)), ()),
            signing=fields.optional("signing", read_signing, None),
        )

    return read


def _group_names(cursor: Cursor) -> Collection[str]:
    """The keys under `groups`, whatever stands there; repeated keys are reported by their own reader."""
    groups = dict(_pairs(cursor)).get("groups")
    return [key for key, _ in _pairs(groups)] if groups is not None else ()


def _pairs(cursor: Cursor) -> Iterator[tuple[str, Cursor]]:
    if isinstance(cursor.node, MappingNode):
        for key, value in cursor.node.pairs:
            if isinstance(key, Scalar):
                yield key.text, replace(cursor, node=value)


def _read_version(cursor: Cursor) -> int:
    text = cursor.text("the number 1")
    if text != "1":
        cursor.fail(
            f"version '{text}' of the format is not known here", "this is version 1; or upgrade onboard"
        )
    return 1


def _table(kind: str, found: Found[Table[T]]) -> Table[T]:
    """The section's table; references into one that cannot be had say nothing new."""
    return found.value if found.is_readable else Table(kind, {}, is_known=False)


def _profiles(own: Found[Mapping[str, Found[EnrollmentProfile]]]) -> Table[EnrollmentProfile]:
    """The org's own profiles, then those of the product that it does not replace."""
    if not own.is_readable:
        return Table("profile", {}, is_known=False)
    built_in = {
        name: Found(own.cursor, (read_built_in(name),)) for name in built_in_names() if name not in own.value
    }
    return Table("profile", {**own.value, **built_in})


def _build(sections: _Sections) -> Organization:
    identity = sections.identity.value
    groups = tuple(group.build() for group in values(sections.groups.value))
    own = values(tuple(sections.own_profiles.values()))
    used = (profile for group in groups for profile in group.profiles)
    return Organization(
        name=identity.name,
        identifier=identity.identifier,
        support=identity.support,
        notify=identity.notify,
        authorities=values(tuple(sections.authorities.entries.values())),
        radius=values(tuple(sections.radius.entries.values())),
        networks=values(tuple(sections.networks.entries.values())),
        profiles=tuple({profile.name: profile for profile in (*own, *used)}.values()),
        groups=groups,
        pki=sections.pki.value or default_pki(sections.scep),
        scep=sections.scep.value,
        onboarding=sections.onboarding.value,
        mdm=values(sections.mdm.value),
        audit=sections.audit.value,
        signing=sections.signing.value,
    )
