"""ChromeOS: the network file, the sheet for the SCEP connector, the requests that push networks by API."""

from __future__ import annotations

from collections.abc import Callable

from onboard.artifact import Artifact
from onboard.payloads.chromeos import onc, policy, provisioning_sheet, scep_page, scep_sheet
from onboard.plan import GroupPlan


def build(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """The ChromeOS artifacts: networks as `onc` and `chrome-policy`, and a sheet for each way to enrol.

    `chrome-scep-profile`, with a page (`instructions`), is for the connector; `chrome-provisioning` for the
    adapter.
    """
    return (
        *onc.build(plan, spelling),
        *scep_sheet.build(plan, spelling),
        *scep_page.build(plan, spelling),
        *provisioning_sheet.build(plan, spelling),
        *policy.build(plan, spelling),
    )
