"""GroupPlan -> the sheet an administrator types into Google's "Secure SCEP" form, field by field.

A Chromebook never speaks SCEP: it makes the key, and Google's Cloud Certificate Connector is the SCEP client.
That form has no API, so this is YAML for people, and lint and rehearsal read the same file again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from onboard.artifact import Artifact
from onboard.dialects import DIALECTS
from onboard.model import NetworkType, Platform
from onboard.names import AltNameKind
from onboard.payloads.chromeos import sheet_text
from onboard.payloads.chromeos.renewal import renewal
from onboard.plan import GroupPlan, challenge_template
from onboard.variables import CHALLENGE, Holder

SUBJECT_FIELDS: Mapping[str, str] = {
    "common_name": "Common name",
    "organization": "Company name",
    "organizational_unit": "Organization unit",
    "locality": "Locality",
    "state": "State",
    "country": "Country / region",
}
"""Subject attributes that the console's form has a field for."""

ALT_NAME_FIELDS: Mapping[AltNameKind, str] = {
    AltNameKind.RFC822: "RFC 822 name",
    AltNameKind.DNS: "DNS name",
    AltNameKind.URI: "Uniform resource identifier",
    AltNameKind.UPN: "User principal name",
}

_CONSOLE = DIALECTS["google-chrome"]

_HEADING = """\
# Secure SCEP profile for Chromebooks: Google Admin console > Devices > Networks > Secure SCEP.
# Upload the certificates below first (Devices > Networks > Certificates, PEM, ticked for Chromebook),
# then create the profile for the org unit of this group with the fields under `form`, and bind it to the
# Google Cloud Certificate Connector. This file may hold the group's challenge: keep it away from others.
"""

_SUNSET = (
    "This is the older of two ways: Google is reported to end the connector's SCEP interface at the end of "
    "2026. The certificate provisioning interface replaces it and needs no challenge; certificates already "
    "issued stay valid."
)


def build(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """One sheet, `GROUP/chromeos/GROUP.scep-profile.yaml`, UTF-8 YAML."""
    return (
        Artifact(
            path=f"{plan.group}/chromeos/{plan.group}.scep-profile.yaml",
            group=plan.group,
            platform=Platform.CHROMEOS,
            kind="chrome-scep-profile",
            media_type="application/yaml",
            content=sheet_text.write(_HEADING, document(plan, spelling)),
            secret=plan.scep.challenge is not None,
        ),
    )


def document(plan: GroupPlan, spelling: Callable[[str], str]) -> dict[str, object]:
    """The sheet as YAML values; `form` has the console's labels in the console's order."""
    neutral = [name for name in _variables(plan) if spelling(name) == "${" + name + "}"]
    spelled = _CONSOLE.spellings[Platform.CHROMEOS]
    legend = {"${" + name + "}": spelled[name] for name in neutral if name in spelled}
    return {
        "sheet": "chrome-scep-profile",
        "organization": plan.organization_name,
        "group": plan.group,
        "notices": [_SUNSET, *_notices(plan, [name for name in neutral if name not in spelled])],
        **({"write_in_the_console": legend} if legend else {}),
        "form": {
            "Device platforms": f"Chromebook ({'user' if plan.holder is Holder.USER else 'device'})",
            "SCEP profile name": f"{plan.organization_name} {plan.group}",
            "Subject name format": "Fully distinguished name",
            **_subject(plan, spelling),
            "Subject alternative name": _alt_names(plan, spelling) or "None",
            "Signing algorithm": "SHA256withRSA",
            "Key usage": ["Key encipherment", "Signing"],
            "Key size (bits)": plan.scep.key_bits,
            "Security": "Strict",
            "SCEP server URL": plan.scep.url,
            "Certificate validity period (years)": _years(plan),
            "Renew within days": renewal(plan).days,
            "Extended key usage": _extended_key_usages(plan),
            "Challenge type": "Static",
            "Challenge": challenge_template(plan).spell(spelling),
            "Template name": plan.profile.name,
            "Certificate authority": plan.issuing.common_name,
            "Network type this profile applies to": _network_types(plan),
        },
        "certificates": [
            {"name": anchor.common_name, "sha256": anchor.sha256.hex(), "pem": anchor.pem}
            for anchor in plan.anchors
        ],
    }


def _subject(plan: GroupPlan, spelling: Callable[[str], str]) -> dict[str, str]:
    values = {part.type.key: part.value.spell(spelling) for part in plan.scep.subject}
    return {label: values[key] for key, label in SUBJECT_FIELDS.items() if key in values}


def _alt_names(plan: GroupPlan, spelling: Callable[[str], str]) -> list[dict[str, str]]:
    return [
        {"type": ALT_NAME_FIELDS[name.kind], "value": name.value.spell(spelling)}
        for name in plan.scep.subject_alt_names
    ]


def _variables(plan: GroupPlan) -> tuple[str, ...]:
    templates = [part.value for part in plan.scep.subject]
    templates += [name.value for name in plan.scep.subject_alt_names]
    return tuple(dict.fromkeys(name for template in templates for name in template.variables))


def _notices(plan: GroupPlan, unknown: Sequence[str]) -> Iterator[str]:
    if plan.scep.challenge is None:
        yield (
            "This group takes one-time challenges, which the connector cannot mint: it holds one static "
            f"challenge. ${{{CHALLENGE}}} marks its place; give the group a static challenge, or use the "
            "certificate provisioning interface."
        )
    repeated = [part.type.key for part in plan.scep.subject]
    if "common_name" not in repeated:
        yield "The form demands a common name, which the profile does not have: it cannot work here."
    for key in dict.fromkeys(repeated):
        if key not in SUBJECT_FIELDS:
            yield f"The form has no field for {key}, which the server demands: this profile cannot work here."
        elif repeated.count(key) > 1:
            yield f"The form holds one {SUBJECT_FIELDS[key]}, the profile has several: it cannot work here."
    in_subject = {name for part in plan.scep.subject for name in part.value.variables}
    for name in unknown:
        reason = _CONSOLE.refusals.get(name, "it knows no such value")
        cure = "The profile cannot work here." if name in in_subject else "Leave that alternative name out."
        yield f"The console has no variable for ${{{name}}}: {reason}. {cure}"


def _years(plan: GroupPlan) -> int:
    # The form takes whole years; the server grants what the profile says, whatever stands here.
    return max(1, math.ceil(plan.profile.valid_for.days / 366))


def _extended_key_usages(plan: GroupPlan) -> list[str]:
    labels = {"client-auth": "Client authentication", "email-protection": "Email protection"}
    return [labels.get(usage, usage) for usage in plan.profile.extended_key_usages]


def _network_types(plan: GroupPlan) -> list[str]:
    labels = {NetworkType.WIFI: "Wi-Fi", NetworkType.ETHERNET: "Ethernet"}
    return [labels[kind] for kind in NetworkType if any(n.type is kind for n in plan.networks)]
