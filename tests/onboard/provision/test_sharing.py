"""Shared secrets as the server knows them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from ipaddress import ip_network

from onboard.model import Challenge, ChallengeType
from onboard.provision.sharing import Shared, challenge_id, end_of, static_challenges
from onboard.secret import Secret

PEPPER = bytes(range(32))
NEW, OLD = Secret("a-new-secret-of-the-group"), Secret("an-old-secret-of-the-group")


def test_each_secret_has_its_own_id_end_and_quota():
    """Addresses and quota hold for both; the id follows the secret and the pepper, not the place."""
    challenge = Challenge(type=ChallengeType.STATIC, addresses=("10.0.0.0/8", "2001:db8::/32"), uses=400)
    shared = (Shared(secret=NEW), Shared(secret=OLD, until=date(2027, 1, 31)))
    today, former = static_challenges(challenge, shared, PEPPER)
    assert (today.expires, former.expires) == (None, datetime(2027, 2, 1, tzinfo=UTC))
    assert {today.uses, former.uses} == {400}
    assert today.addresses == former.addresses == (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))
    assert today.id == challenge_id(NEW, PEPPER) != former.id
    assert challenge_id(NEW, bytes(32)) != today.id
    assert NEW.reveal() not in repr((today, former))


def test_a_day_ends_at_midnight_utc():
    """`until` is the last day on which the secret is taken."""
    assert end_of(date(2026, 12, 31)) == datetime(2027, 1, 1, tzinfo=UTC)
