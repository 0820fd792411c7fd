"""GroupPlan -> the sheet for certificate provisioning: what the console is told, and the adapter's command.

Two references tie the console to the org definition: the CA connection's is the organization's identifier,
the profile's is the group. Everything else about the certificate is decided here, not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from onboard.artifact import Artifact
from onboard.dialects.google import ADAPTER_FIELDS, adapter_refusal
from onboard.model import Platform
from onboard.payloads.chromeos import sheet_text
from onboard.payloads.chromeos.renewal import renewal
from onboard.plan import GroupPlan
from onboard.variables import KNOWN_WHEN_MADE, Holder

SCOPE = "https://www.googleapis.com/auth/chrome.management.certprov.provisioningprocess"
"""The one right that the adapter's account needs besides its subscription."""

_TOPIC = "projects/PROJECT/topics/onboard-certificates"
_SUBSCRIPTION = "projects/PROJECT/subscriptions/onboard-certificates"
_COMMAND = f"onboard chrome-adapter --subscription {_SUBSCRIPTION} --credentials file:google.json"
_HEADING = """\
# Certificate provisioning for Chromebooks: Google Admin console > Devices > Networks > Certificates, for the
# org unit of this group. `onboard chrome-adapter` answers the devices; there is no challenge and no Windows
# connector. PROJECT is your Google Cloud project. Nothing in this file is secret.
"""
_NAMES = (
    "Google has not published the names of these fields, so yours may read differently; the two references "
    "are what counts, letter by letter."
)


def build(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """One sheet, `GROUP/chromeos/GROUP.provisioning.yaml`, UTF-8 YAML."""
    del spelling  # the adapter fills in what Google tells; the console spells nothing
    return (
        Artifact(
            path=f"{plan.group}/chromeos/{plan.group}.provisioning.yaml",
            group=plan.group,
            platform=Platform.CHROMEOS,
            kind="chrome-provisioning",
            media_type="application/yaml",
            content=sheet_text.write(_HEADING, document(plan)),
            secret=False,
        ),
    )


def document(plan: GroupPlan) -> dict[str, object]:
    """The sheet as YAML values."""
    return {
        "sheet": "chrome-provisioning",
        "organization": plan.organization_name,
        "group": plan.group,
        "notices": [_NAMES, *_notices(plan)],
        "ca_connection": {
            "Name": plan.organization_name,
            "Type": "Generic",
            "Adapter configuration reference": plan.organization_identifier,
            "Pub/Sub topic": _TOPIC,
        },
        "profile": {
            "Name": f"{plan.organization_name} {plan.group}",
            "Type": "Generic",
            "Applies to": "Users" if plan.holder is Holder.USER else "Devices",
            "Adapter configuration reference": plan.group,
            "Key type": "RSA",
            "Renew before expiry (days)": renewal(plan).days,
        },
        "adapter": {
            "subscription": _SUBSCRIPTION,
            "scope": SCOPE,
            "command": _COMMAND + "\n",  # a block of its own, to be copied
        },
        "issued": {
            "by": plan.issuing.common_name,
            "subject": [{part.type.key: part.value.spell(_field)} for part in plan.scep.subject],
        },
        "certificates": [
            {"name": anchor.common_name, "sha256": anchor.sha256.hex(), "pem": anchor.pem}
            for anchor in plan.anchors
        ],
    }


def _field(variable: str) -> str:
    """A variable as what Google calls it; one that it does not know keeps its name."""
    return f"<{ADAPTER_FIELDS.get(variable, variable)}>"


def _variables(plan: GroupPlan) -> tuple[str, ...]:
    return tuple(name for name in plan.profile.variables if name not in KNOWN_WHEN_MADE)


def _notices(plan: GroupPlan) -> Iterator[str]:
    in_subject = {name for part in plan.scep.subject for name in part.value.variables}
    for name in _variables(plan):
        if name not in ADAPTER_FIELDS:
            cure = (
                "The adapter refuses this profile; use user.email, device.serial or device.id in the subject."
                if name in in_subject
                else "That alternative name is left out."
            )
            yield f"{name}: {adapter_refusal(name)}. {cure}"
    told = [name for name in _variables(plan) if name.startswith("device.") and name in ADAPTER_FIELDS]
    if plan.holder is Holder.USER and told:
        yield "People get certificates on managed Chromebooks only: Google tells nothing of other devices."
