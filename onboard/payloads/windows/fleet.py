"""SyncML as Fleet takes it: bare commands without numbers, Atomic and Final, and SCEP in a file of its own.

Fleet wraps and numbers commands itself and refuses a profile that mixes SCEP with other CSPs, so one group is
three files or four, to be added in the order of their names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from onboard.artifact import Artifact
from onboard.model import Platform
from onboard.payloads.windows import request
from onboard.payloads.windows.elements import indented
from onboard.payloads.windows.syncml import (
    Command,
    by_store,
    command_element,
    enrolment,
    networks,
    trust,
)
from onboard.plan import GroupPlan


def build_fleet(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """Trust, certificate and networks of a group as `syncml` artifacts for Fleet.

    Args:
        plan: the group.
        spelling: how Fleet writes a variable.

    Raises:
        PayloadError: the challenge or a name cannot be carried, or Windows cannot join a network.
        VariableError: Fleet has no way to write a variable.
    """
    files = (
        ("1-trust", tuple(trust(plan)), False),
        *(
            (
                f"2-certificate{own.suffix}",
                tuple(enrolment(own, spelling)),
                request.has_secret(own, spelling),
            )
            for own in by_store(plan)
        ),
        ("3-networks", tuple(networks(plan)), False),
    )
    return tuple(
        _artifact(plan, name, commands, secret=secret) for name, commands, secret in files if commands
    )


def _artifact(plan: GroupPlan, name: str, commands: Iterable[Command], *, secret: bool) -> Artifact:
    text = "\n".join(indented(command_element(command, None)) for command in commands)
    return Artifact(
        path=f"{plan.group}/{Platform.WINDOWS}/fleet-{name}.xml",
        group=plan.group,
        platform=Platform.WINDOWS,
        kind="syncml",
        media_type="application/vnd.syncml.dm+xml",
        content=(text + "\n").encode(),
        secret=secret,
    )
