"""What the schema says of `scep`, `onboarding`, `mdm` and `audit`: the programs around the PKI."""

from __future__ import annotations

from onboard import catalogue
from onboard.dialects import DIALECTS
from onboard.model import GardenMode, SinkFormat, SinkType
from onboard.orgfile.schema.forms import (
    LOOSE,
    Schema,
    choice,
    equals,
    line,
    mapping,
    named,
    pattern,
    sequence,
    url,
)
from onboard.orgfile.sections.audit import SYSLOG_URL
from onboard.orgfile.text import scalars


def scep() -> Schema:
    """`scep`."""
    rate = pattern(scalars.RATE, "Events per second such as 20/s, or none.")
    return mapping(
        {
            "url": url("https?", "Groups enrol at <url>/scep/<group>."),
            "limits": mapping({"per_address": rate, "per_group": rate}),
        },
        ["url"],
    )


def onboarding() -> Schema:
    """`onboarding`."""
    schema = mapping(
        {
            "ssid": {"type": LOOSE, "minLength": 1, "maxLength": 32},
            "mode": choice([*GardenMode, "no-portal"], "captive: a portal pops up; zero-touch: none."),
            "portal": url("https", "The portal that pops up."),
            "services": sequence(choice(sorted(catalogue.tags())), "Tags of the whitelist catalogue."),
        },
        ["ssid"],
    )
    schema["if"] = {"properties": {"mode": {"const": GardenMode.CAPTIVE.value}}}
    schema["then"] = {"required": ["portal"]}
    return schema


def mdm() -> Schema:
    """One entry of `mdm`."""
    groups = named(mapping({}), scalars.SLUG)
    return mapping(
        {
            "type": choice(DIALECTS, "Which MDM it is."),
            "groups": {**groups, "description": "Which groups' payloads go there."},
        },
        ["type", "groups"],
    )


def sink() -> Schema:
    """One entry of `sinks` under `audit`."""
    schema = mapping(
        {
            "type": choice(SinkType, "syslog: RFC 5424; http: POST of lines."),
            "url": line("tls://HOST:PORT or tcp://HOST:PORT of syslog; a URL of http."),
            "format": choice(SinkFormat, "Of the lines; json when absent."),
            "trust": pattern(scalars.FILE_REFERENCE, "Authority of the other side, PEM; file:PATH."),
            "token": pattern(
                "env:[A-Za-z_][A-Za-z0-9_]*|file:.+", "http: env:NAME or file:PATH of a Bearer token."
            ),
        },
        ["type", "url"],
    )
    schema["if"] = equals("type", SinkType.SYSLOG)
    syslog: Schema = {"url": {"pattern": f"^(?:{SYSLOG_URL})$"}, "token": False}
    schema["then"] = {"properties": dict(syslog)}
    schema["else"] = {"properties": {"url": {"pattern": f"^(?:{scalars.url_pattern('https?')})$"}}}
    return schema
