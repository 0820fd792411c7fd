"""GroupPlan -> what a tenant of Google Admin gets: networks for one policy level, sheets, requests.

The neutral file is good everywhere and says less. A tenant knows at which level the certificates are, and may
know the id that Google gave its provisioning profile.
"""

from __future__ import annotations

import json
from dataclasses import replace

from onboard.artifact import Artifact
from onboard.dialects import DIALECTS
from onboard.errors import PayloadError, VariableError
from onboard.model import Platform
from onboard.payloads.chromeos import beside, onc, policy, provisioning_sheet, scep_sheet
from onboard.payloads.chromeos.placement import Level, Placement
from onboard.payloads.chromeos.required_certificate import required_certificate
from onboard.plan import GroupPlan
from onboard.variables import CHALLENGE, Holder

_CONSOLE = DIALECTS["google-chrome"]
_SPELLINGS = _CONSOLE.spellings[Platform.CHROMEOS]
_LEVELS = {Holder.USER: Level.USER_POLICY, Holder.DEVICE: Level.DEVICE_POLICY}


def build(plan: GroupPlan, *, profile_id: str = "") -> tuple[Artifact, ...]:
    """The artifacts for a tenant.

    Args:
        plan: the group.
        profile_id: id of the console's provisioning profile. With it networks find their certificate by
            that id, and the policy that makes devices enrol can be said.

    Returns:
        `GROUP.onc` for the level of the group's certificates; for devices also `GROUP.enrolled.onc`, which
        blocks the onboarding network and is for devices that have their certificate; the sheets, the
        connector's only where it can serve the group; the requests. All of them twice where the group has
        certificates for people and for devices.

    Raises:
        PayloadError: the id is of one profile, and the group has two.
    """
    if profile_id and plan.second is not None:
        msg = f"group {plan.group!r}: one provisioning profile cannot be for its people and for its devices"
        raise PayloadError(msg, hint="leave the id out: networks then find their certificate by its issuer")
    return tuple(
        beside(own, artifact) for own in plan.certificates for artifact in _of(own, profile_id=profile_id)
    )


def _of(plan: GroupPlan, *, profile_id: str) -> list[Artifact]:
    level = _LEVELS[plan.holder]
    made = [_onc(plan, plan.group, Placement(level=level, provisioning_profile_id=profile_id))]
    own = {network.ssid for network in plan.networks}
    if level is Level.DEVICE_POLICY and plan.onboarding_ssid is not None and plan.onboarding_ssid not in own:
        blocked = (plan.onboarding_ssid,)
        enrolled = Placement(level=level, provisioning_profile_id=profile_id, blocked=blocked)
        made.append(_onc(plan, f"{plan.group}.enrolled", enrolled))
    if not connector_trouble(plan):
        made += scep_sheet.build(_as_the_connector_asks(plan), _SPELLINGS.__getitem__)
    made += provisioning_sheet.build(plan, _SPELLINGS.__getitem__)
    made += policy.build(plan, _SPELLINGS.__getitem__)
    if profile_id:
        made.append(_required(plan, profile_id))
    return made


def connector_trouble(plan: GroupPlan) -> str:
    """Why Google's SCEP connector cannot serve the group; empty where it can."""
    return next(filter(None, map(_trouble, plan.certificates)), "")


def _trouble(plan: GroupPlan) -> str:
    asked = [name for part in plan.scep.subject for name in part.value.variables]
    if plan.scep.challenge is None:
        asked.append(CHALLENGE)
    try:
        _CONSOLE.spelling(Platform.CHROMEOS, asked)
    except VariableError as error:
        return str(error)
    return ""


def _as_the_connector_asks(plan: GroupPlan) -> GroupPlan:
    """Without the alternative names that the console cannot write; the server takes their absence."""
    kept = tuple(n for n in plan.scep.subject_alt_names if set(n.value.variables) <= _SPELLINGS.keys())
    return replace(plan, scep=replace(plan.scep, subject_alt_names=kept))


def _onc(plan: GroupPlan, name: str, placement: Placement) -> Artifact:
    return _json(plan, f"{name}.onc", "onc", onc.MEDIA_TYPE, onc.document(plan, placement))


def _required(plan: GroupPlan, profile_id: str) -> Artifact:
    version = str(plan.uuid("chromeos", "required-certificate", profile_id))
    value = required_certificate(plan, profile_id=profile_id, policy_version=version)
    name = f"{plan.group}.required-client-cert.json"
    return _json(plan, name, "chrome-required-certificate", "application/json", value)


def _json(plan: GroupPlan, name: str, kind: str, media_type: str, value: dict[str, object]) -> Artifact:
    return Artifact(
        path=f"{plan.group}/chromeos/{name}",
        group=plan.group,
        platform=Platform.CHROMEOS,
        kind=kind,
        media_type=media_type,
        content=(json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode(),
        secret=False,
    )
