"""What is served and to whom: SCEP, the onboarding SSID, MDMs, signing, the audit trail's sinks."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from onboard.errors import NOWHERE, Place
from onboard.model.kinds import GardenMode
from onboard.model.networks import Ssid
from onboard.secret import SecretReference


@dataclass(frozen=True, slots=True)
class Rate:
    """Events per second, as `20/s` in org.yaml; None elsewhere means no limit."""

    per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScepSettings:
    """Where groups enrol, and the limits of that endpoint."""

    url: str  # absolute http(s), no trailing slash; groups enrol at <url>/scep/<group>
    per_address: Rate | None  # requests, counted before any RSA
    per_group: Rate | None  # issued certificates
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    def endpoint(self, group: str) -> str:
        """The URL that goes into a payload."""
        return f"{self.url}/scep/{group}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Onboarding:
    """The onboarding SSID, its garden and the portal."""

    ssid: Ssid
    mode: GardenMode
    portal: str  # absolute https URL without trailing slash; empty without a portal
    services: tuple[str, ...]  # tags of the whitelist catalogue
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningFiles:
    """Who signs profiles for self-service; PEM files, relative to the org file."""

    certificate: str  # the signer's, its issuers behind it
    key: str
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MdmTarget:
    """An MDM that groups' payloads go to."""

    name: str
    type: str  # key of dialects.DIALECTS
    groups: tuple[str, ...]  # keys of groups
    place: Place = field(default=NOWHERE, compare=False, repr=False)


class SinkType(enum.StrEnum):
    """How the audit trail is sent."""

    SYSLOG = "syslog"  # RFC 5424 over TCP or TLS
    HTTP = "http"  # POST of lines


class SinkFormat(enum.StrEnum):
    """In which form the audit trail is sent."""

    JSON = "json"  # our own
    CEF = "cef"
    ECS = "ecs"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSink:
    """Where the audit trail goes as it grows.

    Attributes:
        name: key in org.yaml, and of its outbox.
        type: how it is sent.
        url: `tls://HOST[:PORT]` or `tcp://HOST[:PORT]` of syslog; an https or http URL of HTTP.
        format: of the lines.
        trust: PEM file of the authority that the other side's certificate comes from, relative to the org
            file; empty: those of the operating system.
        token: HTTP: sent as a Bearer token; None: none is.
    """

    name: str
    type: SinkType
    url: str
    format: SinkFormat = SinkFormat.JSON
    trust: str = ""
    token: SecretReference | None = None
    place: Place = field(default=NOWHERE, compare=False, repr=False)
