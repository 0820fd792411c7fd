"""EnrollmentProfile and group -> the SCEP server's IssuancePolicy.

The forms of the variables go along as data: what a payload asks for and what the server grants are judged by
the same table.
"""

from __future__ import annotations

from datetime import timedelta

from onboard.dialects import DIALECTS
from onboard.model import EnrollmentProfile, Group, Organization, Platform
from onboard.names import ATTRIBUTES, EXTENDED_KEY_USAGES
from onboard.variables import VARIABLES, Template
from scep_server.algorithms import AlgorithmPolicy
from scep_server.messages import AltNameKind
from scep_server.policy import AltNameRule, IssuancePolicy, Marker, Pattern, Slot

_BACKDATE = timedelta(hours=1)
_WINDOWS_BACKDATE = timedelta(hours=24)  # during set-up Windows' clock is up to nine hours slow


def issuance_policies(organization: Organization, group: Group, name: str = "") -> tuple[IssuancePolicy, ...]:
    """What the endpoint of a group grants, a policy for each of its profiles, in their order."""
    return tuple(issuance_policy(organization, group, name, profile) for profile in group.profiles)


def issuance_policy(
    organization: Organization, group: Group, name: str = "", profile: EnrollmentProfile | None = None
) -> IssuancePolicy:
    """What the endpoint of a group grants by a profile, with what is fixed for the group filled in.

    SHA-1 requests are taken where the group has Windows, which signs with nothing else; 3DES only where a
    profile of the group says `legacy`.

    Args:
        organization: the whole definition.
        group: one of its groups.
        name: a former key of the group, whose payloads ask for that in their subject; today's when empty.
        profile: one of the group's; the first when None.
    """
    profile = profile or group.profile
    known = {"organization.name": organization.name, "group.name": name or group.name}
    windows = Platform.WINDOWS in group.platforms
    legacy = any(one.legacy for one in group.profiles)  # a request is read before it is known which it is for
    return IssuancePolicy(
        name=profile.name,
        subject=tuple((a.type.oid, _pattern(a.value.bind(known))) for a in profile.subject),
        alt_names=tuple(
            AltNameRule(kind=AltNameKind(name.kind.value), pattern=_pattern(name.value.bind(known)))
            for name in profile.subject_alt_names
        ),
        markers=_markers(organization, group),
        forms={name: VARIABLES[name].form for name in profile.variables},
        values={name: profile.values[name] for name in profile.variables if name in profile.values},
        minimum_key_bits=profile.key.bits,
        valid_for=min(profile.valid_for, group.access_for or profile.valid_for),
        renew_within=min(profile.renew_within, group.access_for or profile.renew_within),
        renew_after_expiry=profile.renew_after_expiry or timedelta(0),
        supersede_after=profile.supersede_after,
        max_active=profile.max_active,
        backdate=_WINDOWS_BACKDATE if windows else _BACKDATE,
        extended_key_usages=tuple(EXTENDED_KEY_USAGES[key] for key in profile.extended_key_usages),
        algorithms=AlgorithmPolicy(allow_sha1=windows or legacy, allow_3des=legacy),
    )


def _markers(organization: Organization, group: Group) -> tuple[Marker, ...]:
    """What the MDMs of the group add to a subject, so that they find what they must renew."""
    dialects = [DIALECTS[target.type] for target in organization.mdm if group.name in target.groups]
    found = [dialect.renewal.marker for dialect in dialects if dialect.renewal.marker is not None]
    return tuple(
        dict.fromkeys(Marker(oid=ATTRIBUTES[marker.attribute].oid, form=marker.form) for marker in found)
    )


def _pattern(template: Template) -> Pattern:
    return Pattern(tuple(part if isinstance(part, str) else Slot(part.name) for part in template.parts))
