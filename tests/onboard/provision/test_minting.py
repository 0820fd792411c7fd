"""Minting: a challenge binds what the contract says, and nobody can read it from its record."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.northwind import DEVICE_EAP_TLS, STAFF, STUDENTS, USER_EAP_TLS

from onboard.errors import VariableError
from onboard.provision.minting import mint, values_for
from scep_server.challenges import digest
from scep_server.messages import ChallengePassword

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ADA = "ada@northwind.example"


def test_an_address_is_email_and_upn() -> None:
    """A NAME with an '@' is the person's e-mail address and sign-in name."""
    assert values_for(USER_EAP_TLS, ADA, {}, "id") == {"user.email": ADA, "user.upn": ADA}


def test_an_assigned_upn_wins() -> None:
    """`--set user.upn` replaces what NAME would have said."""
    values = values_for(USER_EAP_TLS, ADA, {"user.upn": "a1@corp.example"}, "id")
    assert values == {"user.email": ADA, "user.upn": "a1@corp.example"}


def test_a_plain_name_is_the_users_name() -> None:
    """A NAME without an '@' is the person's name, and a device profile gets its minted id."""
    assert values_for(DEVICE_EAP_TLS, "Lab 7", {}, "id-1") == {"user.name": "Lab 7", "device.id": "id-1"}


def test_without_a_name_the_group_alone_is_bound() -> None:
    """Minted without `--for`, a challenge binds no value."""
    assert values_for(DEVICE_EAP_TLS, None, {}, "id-1") == {}


def test_every_wrong_value_is_named() -> None:
    """Values that the server would refuse are refused when the challenge is minted."""
    profile = replace(USER_EAP_TLS, values={"user.email": "*@northwind.example"})
    with pytest.raises(VariableError) as caught:
        values_for(profile, "eve@elsewhere.example", {"user.upn": "not a upn"}, "id")
    assert set(caught.value.names) == {"user.email", "user.upn"}


@given(entropy=st.binary(min_size=17, max_size=17))
def test_challenge_has_the_contracts_shape(entropy: bytes) -> None:
    """26 characters of A-Z2-7, and the record holds a keyed digest of it."""
    minted = mint(STAFF, {}, valid_for=None, now=NOW, entropy=lambda n: entropy[:n], pepper=b"p" * 32)
    text = minted.challenge.reveal()
    assert len(text) == 26
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    assert minted.record.digest == digest(ChallengePassword(text), b"p" * 32)
    assert text not in repr(minted)


def test_life_is_the_groups_unless_given() -> None:
    """`valid_for` of the group holds, `--valid-for` replaces it."""
    own = mint(STUDENTS, {}, valid_for=None, now=NOW, entropy=bytes, pepper=b"p")
    other = mint(STUDENTS, {}, valid_for=timedelta(minutes=5), now=NOW, entropy=bytes, pepper=b"p")
    assert (own.record.expires - NOW, other.record.expires - NOW) == (
        timedelta(hours=1),
        timedelta(minutes=5),
    )
