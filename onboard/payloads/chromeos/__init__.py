"""ChromeOS: the network file, the sheet for the SCEP connector, the requests that push networks by API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from onboard.artifact import Artifact
from onboard.payloads.chromeos import onc, policy, provisioning_sheet, scep_page, scep_sheet
from onboard.plan import GroupPlan


def build(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """The ChromeOS artifacts: networks as `onc` and `chrome-policy`, and a sheet for each way to enrol.

    `chrome-scep-profile`, with a page (`instructions`), is for the connector; `chrome-provisioning` for the
    adapter. A group with certificates for people and for devices has all of them twice, for user and for
    device policy; those of the second profile are in a folder of its holder, and their kinds end in its name.
    """
    return tuple(beside(own, artifact) for own in plan.certificates for artifact in _of(own, spelling))


def beside(plan: GroupPlan, artifact: Artifact) -> Artifact:
    """An artifact of a group's second certificate at a place and of a kind of its own."""
    if plan.beside is None:
        return artifact
    folder, _, name = artifact.path.rpartition("/")
    return replace(artifact, path=f"{folder}/{plan.beside}/{name}", kind=f"{artifact.kind}{plan.suffix}")


def _of(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    return (
        *onc.build(plan, spelling),
        *scep_sheet.build(plan, spelling),
        *scep_page.build(plan, spelling),
        *provisioning_sheet.build(plan, spelling),
        *policy.build(plan, spelling),
    )
