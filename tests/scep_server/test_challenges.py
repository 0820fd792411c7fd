"""Challenges: what is minted, what is stored, what is compared."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.scep_records import NOW, a_challenge

from scep_server.challenges import (
    ChallengeState,
    StaticChallenge,
    digest,
    identifier,
    is_from,
    matching_static,
    mint,
)
from scep_server.messages import ChallengePassword

PEPPER = bytes(range(32))


@given(st.binary(min_size=17, max_size=40))
def test_minted_challenges_have_the_form_of_the_contract(entropy):
    """26 characters of A-Z2-7, whatever the entropy."""
    assert re.fullmatch("[A-Z2-7]{26}", mint(entropy).reveal())


@given(st.binary(min_size=17, max_size=17), st.integers(0, 129))
def test_every_one_of_130_bits_counts(entropy, bit):
    """Flipping any of the first 130 bits gives another challenge."""
    number = int.from_bytes(entropy, "big") ^ (1 << (135 - bit))
    assert mint(number.to_bytes(17, "big")).reveal() != mint(entropy).reveal()


@pytest.mark.parametrize("size", [0, 16])
def test_too_little_entropy_is_refused(size):
    """A challenge of fewer bits is never made."""
    with pytest.raises(ValueError, match="17 random bytes"):
        mint(bytes(size))


def test_identifiers_need_entropy_too():
    """An id is made of ten random bytes."""
    assert re.fullmatch("[a-z2-7]{16}", identifier(bytes(10)))
    with pytest.raises(ValueError, match="10 random bytes"):
        identifier(bytes(9))


@given(st.text(), st.text())
def test_digests_tell_challenges_and_peppers_apart(one, other):
    """Equal exactly for equal challenges under the same pepper."""
    same = digest(ChallengePassword(one), PEPPER) == digest(ChallengePassword(other), PEPPER)
    assert same == (one == other)
    assert digest(ChallengePassword(one), PEPPER) != digest(ChallengePassword(one), bytes(32))


def test_lone_surrogates_do_not_break_the_digest():
    """What a strange string type decodes to is a wrong challenge, not an error."""
    assert len(digest(ChallengePassword("\ud800"), PEPPER)) == 32


def test_a_challenge_never_prints():
    """Neither the password nor the record shows it."""
    password = mint(bytes(range(17)))
    record = a_challenge(digest=digest(password, PEPPER))
    assert password.reveal() not in f"{password!r} {password} {record!r}"
    assert record.digest.hex() not in repr(record)
    assert repr(record.digest) not in repr(record)


def test_the_state_of_a_challenge():
    """Spent outweighs revoked, revoked outweighs expired, and the end itself is too late."""
    challenge = a_challenge()
    assert challenge.state(NOW) is ChallengeState.USABLE
    assert challenge.state(challenge.expires - timedelta(microseconds=1)) is ChallengeState.USABLE
    assert challenge.state(challenge.expires) is ChallengeState.EXPIRED
    revoked = replace(challenge, revoked=NOW)
    assert revoked.state(challenge.expires) is ChallengeState.REVOKED
    assert replace(revoked, spent=NOW).state(NOW) is ChallengeState.SPENT


def test_static_challenges_are_found_by_digest():
    """Only the right secret matches, wherever it stands among several."""
    secrets = ["first-secret-of-16", "second-secret-of-16"]
    known = [StaticChallenge(id=s[:5], digest=digest(ChallengePassword(s), PEPPER)) for s in secrets]
    for secret, candidate in zip(secrets, known, strict=True):
        assert matching_static(digest(ChallengePassword(secret), PEPPER), known) is candidate
    assert matching_static(digest(ChallengePassword("first"), PEPPER), known) is None
    assert matching_static(digest(ChallengePassword(""), PEPPER), []) is None


def test_addresses_are_matched_by_network():
    """IPv4 and IPv6 alike; what is no address is nowhere."""
    from ipaddress import ip_network

    networks = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))
    assert is_from("10.1.2.3", networks)
    assert is_from("2001:db8::1", networks)
    assert not is_from("192.0.2.1", networks)
    assert not is_from("", networks)
