"""Windows: WLAN and LAN profiles, SyncML for OMA-DM servers, a script for computers without an MDM."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from xml.etree import ElementTree as ET

from onboard.artifact import Artifact
from onboard.model import NetworkType, Platform, Ssid
from onboard.payloads.windows import request
from onboard.payloads.windows.elements import document
from onboard.payloads.windows.instructions import checklist, instructions
from onboard.payloads.windows.lan import lan_profile
from onboard.payloads.windows.provisioning import customizations
from onboard.payloads.windows.script import embedded_challenge, script
from onboard.payloads.windows.syncml import syncml
from onboard.payloads.windows.wlan import wlan_profile
from onboard.plan import GroupPlan, NetworkPlan


def build(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """The Windows files of a group: profiles, package, SyncML, script, Group Policy, instructions.

    Args:
        plan: the group.
        spelling: how a `${variable}` is written; profiles hold none.

    Raises:
        PayloadError: Windows cannot join a network of the group, or cannot send its challenge.
        VariableError: `spelling` has none for a variable of the SyncML file.
    """
    embedded = embedded_challenge(plan, spelling)
    return (
        *network_files(plan),
        _artifact(
            plan,
            f"{plan.group}.syncml.xml",
            "syncml",
            document(syncml(plan, spelling)),
            "application/vnd.syncml.dm+xml",
            secret=request.has_secret(plan, spelling),
        ),
        *_scripts(plan, spelling),
        *_group_policy(plan, asks_challenge=not embedded),
        _instructions(plan, asks_challenge=not embedded),
    )


def _scripts(plan: GroupPlan, spelling: Callable[[str], str]) -> Iterator[Artifact]:
    for own in plan.certificates:
        content = script(plan, spelling, own)
        name, kind = f"{plan.group}{own.suffix}.ps1", f"script{own.suffix}"
        secret = bool(embedded_challenge(own, spelling))
        yield _artifact(plan, name, kind, content.encode("ascii"), "text/plain", secret=secret)


def network_files(plan: GroupPlan) -> tuple[Artifact, ...]:
    """The files that hold neither challenge nor variables: network profiles and provisioning package.

    Raises:
        PayloadError: Windows cannot join a network of the group.
    """
    profiles = tuple(_profile(plan, network) for network in plan.networks)
    start = plan.onboarding_ssid
    return profiles if start is None else (*profiles, _package(plan, start))


def _profile(plan: GroupPlan, network: NetworkPlan) -> Artifact:
    if network.type is NetworkType.WIFI:
        return _xml(plan, f"wlan-{network.name}.xml", "wlan-profile", wlan_profile(plan, network))
    return _xml(plan, f"lan-{network.name}.xml", "lan-profile", lan_profile(plan, network))


def _group_policy(plan: GroupPlan, *, asks_challenge: bool) -> tuple[Artifact, ...]:
    """A folder to take to the Group Policy editor: the profiles as it imports them, and the steps."""
    profiles = (_profile(plan, network) for network in plan.networks)
    folder = f"{plan.group}/{Platform.WINDOWS}/gpo"
    text = checklist(plan, asks_challenge=asks_challenge)
    return (
        *(replace(p, kind="gpo", path=f"{folder}/{p.path.rpartition('/')[2]}") for p in profiles),
        _artifact(plan, "gpo/checklist.md", "gpo", text.encode(), "text/markdown", secret=False),
    )


def _instructions(plan: GroupPlan, *, asks_challenge: bool) -> Artifact:
    text = instructions(plan, asks_challenge=asks_challenge)
    return _artifact(plan, "README.md", "instructions", text.encode(), "text/markdown", secret=False)


def _package(plan: GroupPlan, ssid: Ssid) -> Artifact:
    return _xml(plan, "customizations.xml", "provisioning-package", customizations(plan, ssid))


def _xml(plan: GroupPlan, name: str, kind: str, root: ET.Element) -> Artifact:
    return _artifact(plan, name, kind, document(root), "application/xml", secret=False)


def _artifact(
    plan: GroupPlan, name: str, kind: str, content: bytes, media_type: str, *, secret: bool
) -> Artifact:
    return Artifact(
        path=f"{plan.group}/{Platform.WINDOWS}/{name}",
        group=plan.group,
        platform=Platform.WINDOWS,
        kind=kind,
        media_type=media_type,
        content=content,
        secret=secret,
    )
