"""Android: the network part of a management policy, and the file that geteduroam installs by hand."""

from __future__ import annotations

from collections.abc import Callable

from onboard.artifact import Artifact
from onboard.payloads.android import amapi, amapi_before, eap_config
from onboard.plan import GroupPlan


def build(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """The group's Android artifacts: `amapi-before`, then `amapi`; `eap-config` for unmanaged devices."""
    return (
        *amapi_before.build(plan, spelling),
        *amapi.build(plan, spelling),
        *eap_config.build(plan, spelling),
    )
