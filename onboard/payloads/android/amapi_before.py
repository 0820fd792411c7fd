"""GroupPlan -> the policy of a device that has no certificate yet: trust, and no network that needs one.

A Wi-Fi network that names a key pair which is not there is refused (the API's reason is
ONC_WIFI_KEY_PAIR_ALIAS_NOT_CORRESPONDING_TO_EXISTING_KEY). So the policy comes in two stages: this fragment
until the enrolling agent has installed the key, then the whole one of `amapi`.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from onboard.artifact import Artifact
from onboard.model import Platform
from onboard.payloads.android.amapi import open_network_configuration
from onboard.plan import GroupPlan


def build(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """One policy fragment, `GROUP.amapi-before.json`, for updateMask openNetworkConfiguration."""
    networks = open_network_configuration(plan, spelling)
    document = {"openNetworkConfiguration": networks | {"NetworkConfigurations": []}}
    return (
        Artifact(
            path=f"{plan.group}/android/{plan.group}.amapi-before.json",
            group=plan.group,
            platform=Platform.ANDROID,
            kind="amapi-before",
            media_type="application/json",
            content=(json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode(),
            secret=False,
        ),
    )
