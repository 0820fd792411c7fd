"""A bounded run of the fuzzer, and all that its corpus keeps; `python tests/fuzz` goes on for longer.

An input is kept because a client writes like that, because it broke something once, or because it leads where
no other does. The file name says which.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace

import pytest
from fuzz.chance import FOLDER, corpus, run
from fuzz.messages import Cast, Inner, Outer
from fuzz.requests import applicant
from fuzz.targets import TARGETS
from fuzz.web import Direct, Wire
from hypothesis import given, settings
from hypothesis import strategies as st
from support.scep_requests import read_reply

from scep_server import pkimessage
from scep_server.errors import UnanswerableError

CAST = Cast()
LARGEST = 500_000  # octets of all that is kept


@pytest.fixture(scope="module")
def targets():
    made = {name: make() for name, make in TARGETS.items()}
    yield made
    for target in made.values():
        if hasattr(target, "close"):
            target.close()


def test_seeds_reach_the_end():
    """Damage to what is refused anyhow would prove nothing."""
    outer, inner = Outer(CAST), Inner(CAST)
    assert all(outer(seed) for seed in outer.seeds)
    assert [inner(seed) for seed in inner.seeds].count(True) == 18  # all but those of Debian's scepclient


def test_requests_reach_the_end(targets):
    """Every shape but single DES gets its certificate through HTTP, and no seed an unexpected status."""
    direct: Direct = targets["http"]
    pair = applicant(CAST)
    statuses = []
    for seed in direct.seeds:
        response = direct.answer(seed)
        if response is not None and response.media_type == "application/x-pki-message":
            statuses.append(read_reply(response.body, pair).status)
    assert statuses.count("0") >= 18 + 5
    assert "2" in statuses


@pytest.mark.parametrize("name", ["http", "wire"])
def test_a_fault_is_noticed(name):
    """A fuzzer that passes over an exception would find nothing, ever."""

    def broken() -> bool:
        raise ZeroDivisionError

    target: Direct | Wire = TARGETS[name]()
    target.stage.application = replace(target.stage.application, health=broken)
    try:
        with pytest.raises((ZeroDivisionError, AssertionError)):
            target(b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n")
    finally:
        target.close()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", sorted(TARGETS))
def test_damage_ends_in_refusals(targets, tmp_path, name, seed):
    """Whatever is sent, the answer is a refusal or none, never another error."""
    some = {name: targets[name]}
    assert run(some, random.Random(seed), lambda count: count >= 1_500, crashes=tmp_path) >= 1_500


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_the_corpus_ends_in_refusals(targets, name):
    """What was found once is never lost again."""
    kept = corpus(name)
    assert kept
    for data in kept.values():
        targets[name](data)


def test_the_corpus_is_small():
    """No input is there twice, and all of them are quickly fetched."""
    kept = [path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()]
    assert sum(map(len, kept)) < LARGEST
    assert len({hashlib.sha256(data).digest() for data in kept}) == len(kept)


@given(st.binary(max_size=2_000))
@settings(max_examples=300)
def test_any_bytes_are_unanswerable(data):
    """Bytes that are no pkiMessage raise UnanswerableError and nothing else."""
    with pytest.raises(UnanswerableError):
        pkimessage.parse(data)
