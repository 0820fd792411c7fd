"""A bundle of Microsoft Graph objects: what to create, in which order, and how they refer to each other.

An uploader creates the objects in order, replaces each key in `bind` by the URL of the object that got it,
then assigns all of `assignment.keys` to the same groups, since a device that gets the Wi-Fi and not the root
fails, and deletes in reverse. The marker in the description says which object of ours it is, so that nothing
else is touched.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from onboard.plan import GroupPlan

SCHEMA = 1
COLLECTION = "/deviceManagement/deviceConfigurations"
V1, BETA = "v1.0", "beta"  # trusted root, SCEP, Wi-Fi and wired types exist in beta only

Json = Mapping[str, object]

# What would let Intune's own SCEP profiles work; the SCEP server does not ask Intune yet.
VOUCHING = "give the target 'challenge: {type: intune}' as soon as that is available"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphObject:
    """One deviceConfiguration."""

    key: str  # unique in the bundle, e.g. "scep"
    title: str  # for people, the end of displayName
    type: str  # without "#microsoft.graph."
    api: str  # V1 or BETA
    properties: Json
    bind: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)  # navigation -> key or keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """To whom the objects go: names of Entra groups, as a target's `groups` gives them."""

    include: tuple[str, ...] = ()  # empty: to nobody yet
    exclude: tuple[str, ...] = ()


def bundle(
    plan: GroupPlan, objects: tuple[GraphObject, ...], notes: tuple[str, ...], assignment: Assignment
) -> bytes:
    """The bundle as a file: UTF-8 JSON, indented, keys in the order of Microsoft's documentation."""
    document = {
        "schema": SCHEMA,
        "collection": COLLECTION,
        "group": plan.group,
        "notes": list(notes),
        "objects": [_object(plan, entry) for entry in objects],
        "assignment": {
            "keys": [entry.key for entry in objects],
            "include": list(assignment.include),
            "exclude": list(assignment.exclude),
        },
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _object(plan: GroupPlan, entry: GraphObject) -> Json:
    bind = {name: target if isinstance(target, str) else list(target) for name, target in entry.bind.items()}
    typed = {"@odata.type": f"#microsoft.graph.{entry.type}", **entry.properties}
    return {
        "key": entry.key,
        "api": entry.api,
        "body": {
            "@odata.type": f"#microsoft.graph.{entry.type}",
            "displayName": f"{plan.organization_name} {plan.title}: {entry.title}",
            "description": marker(plan, entry.key, {"body": typed, "bind": bind}),
            **entry.properties,
        },
        "bind": bind,
    }


def marker(plan: GroupPlan, key: str, content: Json) -> str:
    """`onboard:ORGANIZATION/GROUP/KEY/SHA-256`, the digest over canonical JSON without names for people."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return f"onboard:{plan.organization_identifier}/{plan.group}/{key}/{digest}"
