"""The organization as values: what `org.yaml` says after every reference is resolved.

Nothing here reads files or knows YAML. `place` fields say where a thing was written, so that later errors can
name the line; they never take part in comparisons.
"""

from __future__ import annotations

from onboard.model.authorities import Authority, PkiSettings
from onboard.model.groups import Challenge, FormerSecret, Group
from onboard.model.kinds import ChallengeType, GardenMode, KeyKind, NetworkType, Platform, Security
from onboard.model.networks import Anchor, Network, Radius, RadiusClient, Ssid
from onboard.model.organization import Organization, Support
from onboard.model.profiles import AltName, EnrollmentProfile, SubjectAttribute
from onboard.model.services import (
    AuditSink,
    MdmTarget,
    Onboarding,
    Rate,
    ScepSettings,
    SigningFiles,
    SinkFormat,
    SinkType,
)

__all__ = [
    "AltName",
    "Anchor",
    "AuditSink",
    "Authority",
    "Challenge",
    "ChallengeType",
    "EnrollmentProfile",
    "FormerSecret",
    "GardenMode",
    "Group",
    "KeyKind",
    "MdmTarget",
    "Network",
    "NetworkType",
    "Onboarding",
    "Organization",
    "PkiSettings",
    "Platform",
    "Radius",
    "RadiusClient",
    "Rate",
    "ScepSettings",
    "Security",
    "SigningFiles",
    "SinkFormat",
    "SinkType",
    "Ssid",
    "SubjectAttribute",
    "Support",
]
