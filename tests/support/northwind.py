"""The contract's example org as values, with fixed public certificates: what payload tests build from.

It says the same as examples/northwind.yaml; a test of the org reader holds the two together.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from onboard.model import (
    AltName,
    Anchor,
    Authority,
    Challenge,
    ChallengeType,
    EnrollmentProfile,
    GardenMode,
    Group,
    KeyKind,
    Network,
    NetworkType,
    Onboarding,
    Organization,
    PkiSettings,
    Platform,
    Radius,
    Rate,
    ScepSettings,
    Security,
    Ssid,
    SubjectAttribute,
    Support,
)
from onboard.names import ATTRIBUTES, AltNameKind
from onboard.pki import PublicCertificate, load_pem
from onboard.plan import GroupPlan, SubjectPart, make_plan
from onboard.secret import Secret, SecretReference, SecretSource
from onboard.variables import Holder, Template

VECTORS = Path(__file__).parents[1] / "vectors" / "northwind"
STAFF_CHALLENGE = Secret("correct-horse-battery-staple")


def _subject(**values: str) -> tuple[SubjectAttribute, ...]:
    return tuple(SubjectAttribute(type=ATTRIBUTES[k], value=Template.parse(v)) for k, v in values.items())


USER_EAP_TLS = EnrollmentProfile(
    name="user-eap-tls",
    description="A person's certificate for EAP-TLS, one for each device",
    holder=Holder.USER,
    subject=_subject(
        common_name="${user.email}",
        organizational_unit="${group.name}",
        organization="${organization.name}",
    ),
    subject_alt_names=(
        AltName(kind=AltNameKind.RFC822, value=Template.parse("${user.email}")),
        AltName(kind=AltNameKind.UPN, value=Template.parse("${user.upn}")),
    ),
    values={},
    key=KeyKind.RSA_2048,
    valid_for=timedelta(days=365),
    renew_within=timedelta(days=30),
    extended_key_usages=("client-auth",),
)
DEVICE_EAP_TLS = EnrollmentProfile(
    name="device-eap-tls",
    description="A device's certificate for EAP-TLS",
    holder=Holder.DEVICE,
    subject=_subject(
        common_name="${device.id}",
        organizational_unit="${group.name}",
        organization="${organization.name}",
    ),
    subject_alt_names=(),
    values={},
    key=KeyKind.RSA_2048,
    valid_for=timedelta(days=365),
    renew_within=timedelta(days=30),
    extended_key_usages=("client-auth",),
)

ROOT = Authority(
    name="root", common_name="Northwind Root CA", key=KeyKind.EC_P384, valid_for=timedelta(days=20 * 365)
)
STAFF_CA = Authority(
    name="staff",
    issuer="root",
    common_name="Northwind Staff Issuing CA",
    key=KeyKind.EC_P256,
    valid_for=timedelta(days=5 * 365),
)
STUDENTS_CA = Authority(
    name="students",
    issuer="root",
    common_name="Northwind Student Issuing CA",
    key=KeyKind.RSA_2048,
    valid_for=timedelta(days=5 * 365),
)
CAMPUS_RADIUS = Radius(
    name="campus", server_names=("radius.northwind.example",), trust=(Anchor(authority="root"),)
)
CAMPUS = Network(
    name="campus",
    type=NetworkType.WIFI,
    ssid=Ssid("Northwind"),
    security=Security.WPA2_WPA3_ENTERPRISE,
    radius=CAMPUS_RADIUS,
)
DESK = Network(name="desk", type=NetworkType.ETHERNET, radius=CAMPUS_RADIUS)
STAFF = Group(
    name="staff",
    authority=STAFF_CA,
    profile=USER_EAP_TLS,
    networks=(CAMPUS, DESK),
    vlan=20,
    platforms=tuple(Platform),
    challenge=Challenge(
        type=ChallengeType.STATIC,
        secret=SecretReference(source=SecretSource.ENV, name="NORTHWIND_STAFF_CHALLENGE"),
    ),
)
STUDENTS = Group(
    name="students",
    authority=STUDENTS_CA,
    profile=DEVICE_EAP_TLS,
    networks=(CAMPUS,),
    vlan=30,
    platforms=(Platform.APPLE, Platform.WINDOWS, Platform.CHROMEOS),
    challenge=Challenge(type=ChallengeType.ONE_TIME, valid_for=timedelta(hours=1)),
)
NORTHWIND = Organization(
    name="Northwind University",
    identifier="edu.northwind",
    support=Support(email="helpdesk@northwind.example", url="https://help.northwind.example"),
    authorities=(ROOT, STAFF_CA, STUDENTS_CA),
    radius=(CAMPUS_RADIUS,),
    networks=(CAMPUS, DESK),
    profiles=(USER_EAP_TLS, DEVICE_EAP_TLS),
    groups=(STAFF, STUDENTS),
    pki=PkiSettings(url="http://pki.northwind.example"),
    scep=ScepSettings(url="https://scep.northwind.example", per_address=Rate(100), per_group=None),
    onboarding=Onboarding(
        ssid=Ssid("Northwind-Start"),
        mode=GardenMode.CAPTIVE,
        portal="https://start.northwind.example",
        services=("apple-base", "windows-base", "chromeos-base", "android-base", "entra-sso", "intune"),
    ),
)


def certificates() -> dict[str, PublicCertificate]:
    """The public certificates by authority name."""
    return {
        name: load_pem(name, (VECTORS / f"{name}.pem").read_bytes(), name)
        for name in ("root", "staff", "students")
    }


def staff_plan() -> GroupPlan:
    """Staff: people, static challenge, Wi-Fi and wire, all five platforms."""
    return make_plan(NORTHWIND, STAFF, certificates(), STAFF_CHALLENGE)


def students_plan() -> GroupPlan:
    """Students: devices, one-time challenge, Wi-Fi only."""
    return make_plan(NORTHWIND, STUDENTS, certificates(), None)


def neutral(name: str) -> str:
    """The neutral spelling: variables stay as they are."""
    return "${" + name + "}"


def without_challenge(plan: GroupPlan) -> GroupPlan:
    """The plan of a group whose devices get a challenge each."""
    return replace(plan, scep=replace(plan.scep, challenge=None))


def with_subject(plan: GroupPlan, **values: str) -> GroupPlan:
    """The plan with another subject: attribute by name -> its text, variables included."""
    subject = tuple(SubjectPart(type=ATTRIBUTES[k], value=Template.parse(v)) for k, v in values.items())
    return replace(plan, scep=replace(plan.scep, subject=subject))
