"""The whitelist catalogue: which hosts a service needs on an onboarding SSID, each with its source and date.

The facts are `tags/TAG.json`, one row a line. A row's `captive` field says how the host behaves while a
portal must still pop up: see `Captive`.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files

_TAGS = files("onboard.catalogue") / "tags"


class Captive(enum.StrEnum):
    """What opening a host does to captive-portal detection."""

    OK = "ok"  # may be opened
    HTTPS_ONLY = "https-only"  # never on port 80: the name also answers a cleartext probe
    HTTPS_RACE = "https-race"  # an HTTPS probe: open, Android may skip the portal
    PROBE = "probe"  # detection host: closed while captive, open in zero-touch mode


class Role(enum.StrEnum):
    """Who contacts a host."""

    DEVICE = "device"
    SERVER = "server"
    ADMIN = "admin"


class Policy(enum.StrEnum):
    """What the network does with a host; only `allow` opens it."""

    ALLOW = "allow"
    BLOCK = "block"
    NXDOMAIN = "nxdomain"
    RESOLVE = "resolve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One host of one tag."""

    tag: str
    host: str  # exact name, "*." wildcard, CIDR, or a template with {placeholders}
    ports: tuple[int, ...]
    protocol: str  # "tcp" or "udp"
    purpose: str
    required: bool
    source: str
    checked: date
    kind: str  # fqdn | wildcard | cidr | template
    role: Role = Role.DEVICE
    captive: Captive = Captive.OK
    policy: Policy = Policy.ALLOW
    modes: tuple[str, ...] = ()  # empty: every mode
    alternative_for: str = ""  # a host that this row replaces where a controller cannot express it
    primary: bool = False  # a detection host that its system asks first


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A service, and the tags that it builds on."""

    name: str
    title: str
    requires: tuple[str, ...]
    notes: tuple[str, ...]
    rows: tuple[Row, ...] = field(repr=False)


# Other names that people use for a tag; kept here so that `check` need not open every file.
ALIASES: Mapping[str, str] = {
    "airwatch": "workspace-one",
    "azure-ad": "entra-sso",
    "azure-ad-join": "entra",
    "entra-id": "entra-sso",
    "iru": "kandji",
    "omnissa": "workspace-one",
}


@cache
def tags() -> frozenset[str]:
    """Every tag and alias that `onboarding.services` may name."""
    names = {entry.name.removesuffix(".json") for entry in _TAGS.iterdir() if entry.name.endswith(".json")}
    return frozenset(names) | frozenset(ALIASES)


@cache
def load(name: str) -> Tag:
    """A tag by its name or alias (KeyError if the catalogue has none)."""
    canonical = ALIASES.get(name, name)
    if canonical not in tags():
        raise KeyError(name)
    data = json.loads((_TAGS / f"{canonical}.json").read_text(encoding="utf-8"))
    return Tag(
        name=canonical,
        title=data["title"],
        requires=tuple(data["requires"]),
        notes=tuple(data["notes"]),
        rows=tuple(_row(canonical, row) for row in data["rows"]),
    )


def closure(names: tuple[str, ...]) -> tuple[Tag, ...]:
    """The named tags and all that they require, each once, in order of first need."""
    found: dict[str, Tag] = {}
    waiting = list(names)
    while waiting:
        tag = load(waiting.pop(0))
        if tag.name not in found:
            found[tag.name] = tag
            waiting.extend(tag.requires)
    return tuple(found.values())


def _row(tag: str, data: Mapping[str, object]) -> Row:
    def text(key: str, default: str = "") -> str:
        return str(data.get(key, default))

    ports, modes = data["ports"], data.get("modes", [])
    if not isinstance(ports, list) or not isinstance(modes, list):
        msg = f"catalogue tag {tag}: ports and modes are lists"
        raise TypeError(msg)
    return Row(
        tag=tag,
        host=text("host"),
        ports=tuple(map(int, ports)),
        protocol=text("protocol"),
        purpose=text("purpose"),
        required=data["required"] is True,
        source=text("source"),
        checked=date.fromisoformat(text("checked")),
        kind=text("kind"),
        role=Role(text("role", "device")),
        captive=Captive(text("captive", "ok")),
        policy=Policy(text("policy", "allow")),
        modes=tuple(map(str, modes)),
        alternative_for=text("alternative_for"),
        primary=data.get("primary") is True,
    )
