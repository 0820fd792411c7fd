"""The properties that the SCEP profiles of all Intune platforms share, and the text forms that Intune checks.

A native profile has no challenge: Intune makes one for each request and vouches for it when our server asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from onboard.errors import PayloadError
from onboard.names import EXTENDED_KEY_USAGES, AltNameKind
from onboard.payloads.intune.bundle import Json
from onboard.payloads.windows.request import quote
from onboard.plan import AltNamePart, GroupPlan, SubjectPart
from onboard.variables import Holder

SAN_TYPES: Mapping[AltNameKind, str] = {
    AltNameKind.RFC822: "emailAddress",
    AltNameKind.DNS: "domainNameService",
    AltNameKind.URI: "universalResourceIdentifier",
    AltNameKind.UPN: "userPrincipalName",
}
EKU_NAMES: Mapping[str, str] = {
    "client-auth": "Client Authentication",
    "email-protection": "Secure Email",
    "smartcard-logon": "Smart Card Log-on",
}
_LONGEST, _SHORTEST = 731, 5  # days; Intune takes at most 24 months
_SID_URI = "tag:microsoft.com,2022-09-14:sid:${user.sid}"  # strong mapping, KB5014754
_FORBIDDEN = re.compile(r"[{}|;]")  # in literal text, Intune takes them for its own


def scep_properties(plan: GroupPlan, spelling: Callable[[str], str]) -> dict[str, object]:
    """Names, validity, key and URL; hash algorithm, key storage and stores differ by platform.

    Raises:
        PayloadError: Intune cannot carry a name, or does not take the validity (rules 34 and 36).
        VariableError: Intune has no variable for one of ours.
    """
    _check(plan)
    percentage = round(100 * plan.profile.renew_within / plan.profile.valid_for)
    return {
        "renewalThresholdPercentage": min(99, max(1, percentage)),
        "subjectNameFormat": "custom",
        "subjectNameFormatString": ",".join(_part(part, spelling) for part in plan.scep.subject),
        "certificateValidityPeriodScale": "days",
        "certificateValidityPeriodValue": plan.profile.valid_for.days,
        "customSubjectAlternativeNames": [
            {"sanType": SAN_TYPES[name.kind], "name": _alt_name(name, spelling)}
            for name in plan.scep.subject_alt_names
        ],
        "extendedKeyUsages": extended_key_usages(plan),
        "keySize": f"size{plan.scep.key_bits}",
        "keyUsage": "digitalSignature,keyEncipherment",  # flags are one string in Graph
        "scepServerUrls": [plan.scep.url],
        "certificateStore": "user" if plan.holder is Holder.USER else "machine",
    }


def extended_key_usages(plan: GroupPlan) -> list[Json]:
    """Names and OIDs of what the certificate is for."""
    return [
        {"name": EKU_NAMES[usage], "objectIdentifier": EXTENDED_KEY_USAGES[usage]}
        for usage in plan.profile.extended_key_usages
    ]


def _alt_name(name: AltNamePart, spelling: Callable[[str], str]) -> str:
    """Intune writes the tag of a security identifier itself, and only around its bare variable."""
    if name.kind is AltNameKind.URI and str(name.value) == _SID_URI:
        return spelling("user.sid")
    return name.value.spell(spelling)


def _part(part: SubjectPart, spelling: Callable[[str], str]) -> str:
    """A literal is quoted where it must be; a variable stays bare, Intune fills it in before it quotes."""
    literals = "".join(piece for piece in part.value.parts if isinstance(piece, str))
    if _FORBIDDEN.search(literals):
        msg = f"the subject's {part.type.key} {str(part.value)!r} holds one of {{}}|; which Intune refuses"
        raise PayloadError(msg, hint="leave the character out of the profile's subject")
    text = part.value.spell(spelling)
    return f"{part.type.short}={quote(text) if quote(literals or 'x') != (literals or 'x') else text}"


def _check(plan: GroupPlan) -> None:
    days = plan.profile.valid_for.days
    if not _SHORTEST <= days <= _LONGEST:
        msg = f"profile {plan.profile.name!r}: valid for {days} days, Intune takes 5 to 731 (windows-36)"
        raise PayloadError(msg, hint="set 'valid_for' between 5d and 731d")
    people = [name for name in plan.profile.variables if name.startswith("user.")]
    if plan.holder is Holder.DEVICE and people:
        msg = f"profile {plan.profile.name!r} names {people[0]} in a device's certificate (windows-34)"
        raise PayloadError(msg, hint="Intune has no user for a device; use a device variable")
