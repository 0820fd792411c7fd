"""What the onboarding SSID must let through before a device has a certificate: the garden, computed.

Pure: organization and catalogue in, entries out. In captive mode no entry ever opens a detection host,
neither by its name nor through a wildcard or an address range that covers it: otherwise no portal pops up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from onboard import catalogue
from onboard.catalogue import Captive, Policy, Role, Row
from onboard.errors import OnboardError
from onboard.model import GardenMode, Organization
from onboard.whitelist.own_hosts import LOCAL_RESOLVER, explicit_port, is_local, placeholders, unfilled

_DETECTION = "captive-detection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A host to open."""

    host: str  # exact name, "*." wildcard, or CIDR
    ports: tuple[int, ...]  # ascending
    protocol: str  # "tcp" or "udp"
    purpose: str
    required: bool
    tag: str  # the tag that asked first
    source: str
    checked: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A row that stays out of the garden, and why."""

    host: str
    tag: str
    reason: str
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Whitelist:
    """The garden of one onboarding SSID."""

    ssid: str
    mode: GardenMode
    entries: tuple[Entry, ...]
    closed: tuple[Refusal, ...]  # hosts that must stay closed
    unfilled: tuple[Refusal, ...]  # rows whose placeholders the org definition does not fill
    notes: tuple[str, ...]


def build(organization: Organization, mode: GardenMode | None = None) -> Whitelist:
    """The whitelist of the organization's onboarding SSID.

    Args:
        organization: its `onboarding.services` name the tags.
        mode: captive or zero-touch; the organization's own when None.

    Raises:
        OnboardError: the organization has no `onboarding` section.
    """
    onboarding = organization.onboarding
    if onboarding is None:
        msg = (
            "the org definition has no 'onboarding' section, so there is no onboarding SSID to whitelist for"
        )
        raise OnboardError(msg, hint="add onboarding: with ssid, mode and services")
    mode = mode or onboarding.mode
    tags = catalogue.closure(("self", *onboarding.services))
    rows = [row for tag in tags for row in _applicable(tag.rows, mode)]
    if mode is GardenMode.ZERO_TOUCH:
        rows += _detection_rows(mode)
    filled, missing = _fill(rows, organization)
    opened, closed = _close_detection(filled, mode)
    return Whitelist(
        ssid=str(onboarding.ssid),
        mode=mode,
        entries=_merge(_without_alternatives(opened)),
        closed=tuple({(refusal.host, refusal.reason): refusal for refusal in closed}.values()),
        unfilled=missing,
        notes=(LOCAL_RESOLVER, *dict.fromkeys(n for tag in tags if tag.name != "self" for n in tag.notes)),
    )


def _applicable(rows: Iterable[Row], mode: GardenMode) -> Iterable[Row]:
    return (row for row in rows if row.role is Role.DEVICE and (not row.modes or mode.value in row.modes))


def _detection_rows(mode: GardenMode) -> list[Row]:
    # Without a portal the systems must believe that they are online, or their set-up assistants stop: what a
    # system asks first is required then, the fallbacks are not.
    rows = _applicable(catalogue.load(_DETECTION).rows, mode)
    return [replace(row, required=row.primary) for row in rows]


def _fill(rows: Iterable[Row], organization: Organization) -> tuple[list[Row], tuple[Refusal, ...]]:
    values = placeholders(organization)
    filled: list[Row] = []
    missing: list[Refusal] = []
    for row in rows:
        names = unfilled(row.host, values)
        if is_local(row.host):
            continue
        if names:
            reason = f"needs {', '.join(names)}, which the org definition does not say"
            missing.append(Refusal(host=row.host, tag=row.tag, reason=reason, required=row.required))
        else:
            filled.append(_with_values(row, values, organization))
    return filled, tuple(missing)


def _with_values(row: Row, values: Mapping[str, str], organization: Organization) -> Row:
    port = explicit_port(row.host, organization)
    return replace(row, host=row.host.format_map(values), ports=(port,) if port else row.ports)


def _close_detection(rows: Iterable[Row], mode: GardenMode) -> tuple[list[Row], list[Refusal]]:
    opened: list[Row] = []
    closed: list[Refusal] = []
    probes = _probes() if mode is GardenMode.CAPTIVE else frozenset[tuple[str, int]]()
    for row in rows:
        ports, reason = _open_ports(row, mode, probes)
        if row.policy is not Policy.ALLOW:
            closed.append(_refusal(row, f"{row.policy}: {row.purpose}"))
        elif ports:
            opened.append(replace(row, ports=ports))
        if reason:
            closed.append(_refusal(row, reason))
    if mode is GardenMode.CAPTIVE:
        closed += [_refusal(row, f"detection host: {row.purpose}") for row in _detection_rows(mode)]
    return opened, closed


def _refusal(row: Row, reason: str) -> Refusal:
    return Refusal(host=row.host, tag=row.tag, reason=reason, required=row.required)


def _open_ports(
    row: Row, mode: GardenMode, probes: frozenset[tuple[str, int]]
) -> tuple[tuple[int, ...], str]:
    """The ports that may open, and why the others may not."""
    if mode is not GardenMode.CAPTIVE:
        return row.ports, ""
    if row.captive is Captive.PROBE:
        return (), f"detection host: {row.purpose}"
    if row.captive is Captive.HTTPS_RACE:
        return (), "Android may take the answer for being online and skip the portal"
    unsafe = {port for host, port in probes if covers(row.host, host)}
    if row.captive is Captive.HTTPS_ONLY:
        unsafe.add(80)
    kept = tuple(port for port in row.ports if port not in unsafe)
    lost = [port for port in row.ports if port in unsafe]
    reason = f"port {', '.join(map(str, lost))} also answers captive-portal detection" if lost else ""
    return kept, reason


def _probes() -> frozenset[tuple[str, int]]:
    """(host, port) that must not answer while captive.

    An HTTPS fallback probe may: people sign in at the same hosts, and a system takes it only together with
    its cleartext probe. The one HTTPS host that Android asks first may not: it would be online, no portal.
    """
    rows = catalogue.load(_DETECTION).rows
    closed = [row for row in rows if row.captive is not Captive.HTTPS_RACE or row.primary]
    return frozenset((row.host, port) for row in closed for port in row.ports)


def covers(pattern: str, host: str) -> bool:
    """Whether opening `pattern` (name, "*." wildcard or CIDR) opens `host`, a name.

    An address range may hold any name's address, so it is taken to cover every one.
    """
    if "/" in pattern:
        return True
    if pattern.startswith("*."):
        return host.endswith(pattern[1:])
    return pattern == host


def _without_alternatives(rows: list[Row]) -> list[Row]:
    # e.g. address ranges for controllers that know no wildcards: the wildcard is here, so they are not needed
    hosts = {row.host for row in rows}
    return [row for row in rows if row.alternative_for not in hosts]


def _merge(rows: Iterable[Row]) -> tuple[Entry, ...]:
    merged: dict[tuple[str, str], Entry] = {}
    for row in rows:
        key = (row.host, row.protocol)
        entry = merged.get(key)
        if entry is None:
            merged[key] = _entry(row)
        else:
            ports = tuple(sorted({*entry.ports, *row.ports}))
            merged[key] = replace(entry, ports=ports, required=entry.required or row.required)
    return tuple(merged.values())


def _entry(row: Row) -> Entry:
    return Entry(
        host=row.host,
        ports=tuple(sorted(row.ports)),
        protocol=row.protocol,
        purpose=row.purpose,
        required=row.required,
        tag=row.tag,
        source=row.source,
        checked=row.checked,
    )
