"""What a plan is made of: how a device enrols, and each network that it joins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from onboard.apple_options import Passpoint, Setting, TlsVersions
from onboard.model import EnrollmentProfile, NetworkType, Platform, Security, Ssid
from onboard.names import AltNameKind, AttributeType
from onboard.options import EapMethod, RadiusType
from onboard.pki import PublicCertificate
from onboard.secret import Secret
from onboard.variables import Holder, Template


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectPart:
    """One attribute of the subject a device asks for."""

    type: AttributeType
    value: Template  # organization.name and group.name are already text


@dataclass(frozen=True, slots=True, kw_only=True)
class AltNamePart:
    """One subject alternative name a device asks for."""

    kind: AltNameKind
    value: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPlan:
    """A network as a payload needs it."""

    name: str  # key in org.yaml
    type: NetworkType
    ssid: Ssid | None  # None exactly for Ethernet
    security: Security | None  # None exactly for Ethernet
    server_names: tuple[str, ...]  # never empty
    anchors: tuple[PublicCertificate, ...]  # never empty: roots of the RADIUS server's chain
    radius: RadiusType = RadiusType.FREERADIUS
    eap: EapMethod = EapMethod.TLS
    fips: bool = False
    mac_randomization: bool = False
    hidden: bool = False
    outer_identity: str = ""
    passpoint: Passpoint | None = None
    platforms: tuple[Platform, ...] = ()  # it is for these alone; empty: for all
    tls: TlsVersions = field(default_factory=TlsVersions)
    apple: Mapping[str, Setting] = field(default_factory=dict, hash=False)
    # TEAP: who issues to the computers and to the people of all groups on this network; empty otherwise
    chained: Mapping[Holder, tuple[PublicCertificate, ...]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScepPlan:
    """How a device enrols."""

    url: str  # <scep.url>/scep/<group>
    challenge: Secret | None = field(repr=False)  # None: the place of a one-time challenge, ${challenge}
    subject: tuple[SubjectPart, ...]
    subject_alt_names: tuple[AltNamePart, ...]
    key_bits: int  # 2048 or 4096, RSA
    waits: bool = False  # whether a person approves each request, which takes a while


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatePlan:
    """One of the two kinds of certificates that a group's members get."""

    profile: EnrollmentProfile
    scep: ScepPlan
