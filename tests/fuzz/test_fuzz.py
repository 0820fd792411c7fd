"""A bounded run of the fuzzer; tests/fuzz/messages.py goes on for as long as one likes."""

from __future__ import annotations

import random

import pytest
from fuzz.messages import Target, run
from hypothesis import given, settings
from hypothesis import strategies as st

from scep_server import pkimessage
from scep_server.errors import UnanswerableError


@pytest.fixture(scope="module")
def target():
    return Target()


def test_seeds_are_answered(target):
    """Damage to a message that is refused anyhow would prove nothing."""
    assert all(target.outer(seed) for seed in target.seeds)


@pytest.mark.parametrize("seed", range(4))
def test_damaged_messages_end_in_refusals(target, seed):
    """Whatever is sent, the answer is a refusal or none, never another error."""
    assert run(target, random.Random(seed), lambda count: count >= 4_000) >= 4_000


@given(st.binary(max_size=2_000))
@settings(max_examples=300)
def test_any_bytes_are_unanswerable(data):
    """Bytes that are no pkiMessage raise UnanswerableError and nothing else."""
    with pytest.raises(UnanswerableError):
        pkimessage.parse(data)
