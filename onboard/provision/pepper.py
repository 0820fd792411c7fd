"""What a lost pepper costs: challenges whose digests nobody can make any more are worth nothing.

A new pepper made in silence would leave payloads on their way to devices that every endpoint then refuses.
"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime

from onboard.errors import StateError
from onboard.provision.state import StateFolder
from scep_server.challenges import Challenge, ChallengeState
from scep_server.sqlite_store import SqliteStore
from scep_server.store import StoreError


def demand_pepper(state: StateFolder, now: datetime, *, renew: bool) -> None:
    """Make sure that a new pepper would cost nothing, or may cost what it does.

    Args:
        state: before anything is made in it.
        now: aware UTC.
        renew: revoke what was minted under the lost one, so that nobody counts on it.

    Raises:
        StateError: the pepper is gone while challenges are not spent, or the store cannot be read.
    """
    if (state.path / "pepper").exists() or not state.store.is_file():
        return
    try:
        with closing(SqliteStore(state.store)) as store:
            lost = [one for one in store.challenges() if one.state(now) is ChallengeState.USABLE]
            if lost and not renew:
                raise _refusal(state, lost)
            for challenge in lost:
                store.revoke_challenge(challenge.id, now)
    except StoreError as error:
        raise StateError(error.reason, hint=error.remedy) from error


def _refusal(state: StateFolder, lost: list[Challenge]) -> StateError:
    groups = ", ".join(sorted({challenge.group for challenge in lost}))
    number = f"{len(lost)} minted challenges are" if len(lost) > 1 else "1 minted challenge is"
    return StateError(
        f"{state.path / 'pepper'} is gone, and {number} not spent yet (of {groups}): without it no endpoint "
        "knows them",
        hint="restore it from a backup; if there is none, run 'onboard ca init --new-pepper', which revokes "
        "them, and mint new ones. Devices that have certificates renew as before",
    )
