"""Decides about requests that wait for a person, as an administrator does with `onboard cert approve`."""

from __future__ import annotations

from datetime import datetime

from onboard.errors import OnboardError
from onboard.model import Organization
from onboard.rehearse.stage import Decide
from scep_server.store import PendingRequest, Store


def approver(organization: Organization, store: Store, now: datetime) -> Decide:
    """For `Stage.decide` on a throw-away server: approves whatever waits."""

    def approve(group: str, transaction: str) -> None:
        waiting = _find(store, group, transaction, now)
        lasts = organization.group(group).challenge.valid_for
        if waiting is None or not store.approve(waiting.id, now, now + lasts):
            msg = "the server answered PENDING, and nothing waits for approval"
            raise OnboardError(msg)

    return approve


def onlooker(store: Store, now: datetime) -> Decide:
    """For `Stage.decide` at the org's own server, where the decision is somebody's."""

    def tell(group: str, transaction: str) -> None:
        waiting = _find(store, group, transaction, now)
        name = "ID" if waiting is None else waiting.id
        msg = "the server answered PENDING: the request waits for a person"
        raise OnboardError(
            msg,
            hint=f"after 'onboard cert approve {name}' a device gets its certificate; this one is gone by "
            f"then, so 'onboard cert reject {name}'",
        )

    return tell


def _find(store: Store, group: str, transaction: str, now: datetime) -> PendingRequest | None:
    return next((r for r in store.pending(now, group) if r.transaction == transaction), None)
