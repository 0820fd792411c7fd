"""Android: the network part of a management policy, and the file that geteduroam installs by hand."""

from __future__ import annotations

from collections.abc import Callable

from onboard.artifact import Artifact
from onboard.payloads.android import amapi, eap_config
from onboard.plan import GroupPlan


def build(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """The group's Android artifacts: `amapi`, `eap-config`."""
    return (*amapi.build(plan, spelling), *eap_config.build(plan, spelling))
