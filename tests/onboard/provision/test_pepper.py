"""A lost pepper is missed before another is made, because every minted challenge goes with it."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest
from support.sites import at, counter, provisioned

from onboard.errors import StateError
from onboard.provision import init
from onboard.provision.minting import mint
from scep_server.challenges import ChallengeState
from scep_server.sqlite_store import SqliteStore


@pytest.fixture
def site(tmp_path):
    return provisioned(tmp_path)


def add_challenge(site) -> str:
    """The id of a challenge that is good for an hour."""
    group = site.organization.groups[0]
    hour = timedelta(hours=1)
    pepper = site.state.pepper()
    minted = mint(group, {}, valid_for=hour, now=site.now, entropy=counter(), pepper=pepper)
    with closing(SqliteStore(site.state.store)) as store:
        store.add_challenges([minted.record])
    return minted.record.id


def state_of(site, identifier) -> ChallengeState:
    with closing(SqliteStore(site.state.store)) as store:
        (found,) = [one for one in store.challenges() if one.id == identifier]
    return found.state(site.now)


def test_a_lost_pepper_is_refused_while_challenges_wait(site):
    """Payloads with them are on their way; nothing is made, and the message says what to do."""
    identifier = add_challenge(site)
    (site.state.path / "pepper").unlink()
    with pytest.raises(StateError, match="1 minted challenge is not spent") as caught:
        init(site)
    assert "--new-pepper" in caught.value.hint
    assert not (site.state.path / "pepper").exists()
    assert state_of(site, identifier) is ChallengeState.USABLE


def test_a_new_pepper_revokes_what_was_minted_under_the_old(site):
    """Whoever lists challenges sees that these are worth nothing."""
    identifier = add_challenge(site)
    (site.state.path / "pepper").unlink()
    init(site, new_pepper=True)
    assert len(site.state.pepper()) == 32
    assert state_of(site, identifier) is ChallengeState.REVOKED


def test_where_nothing_is_lost_a_pepper_is_made(site):
    """Challenges that are over are nobody's loss, and a first run has none."""
    add_challenge(site)
    (site.state.path / "pepper").unlink()
    init(at(site, site.now + timedelta(hours=2)))
    assert len(site.state.pepper()) == 32
