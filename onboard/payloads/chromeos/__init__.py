"""ChromeOS: the network file, the sheet for the SCEP connector, the requests that push networks by API."""

from __future__ import annotations

from collections.abc import Callable

from onboard.artifact import Artifact
from onboard.payloads.chromeos import onc, policy, scep_page, scep_sheet
from onboard.plan import GroupPlan


def build(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """The ChromeOS artifacts: `onc`, `chrome-scep-profile`, its page (`instructions`), `chrome-policy`."""
    return (
        *onc.build(plan, spelling),
        *scep_sheet.build(plan, spelling),
        *scep_page.build(plan, spelling),
        *policy.build(plan, spelling),
    )
