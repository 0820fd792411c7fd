"""Signed checkpoints: what was signed holds, nothing else does, and a cut tail shows."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.certificates import make_certificate
from support.scep_records import NOW, an_event

from scep_server.audit import GENESIS, link, verify
from scep_server.reporting import CheckpointError, CheckpointSigner, read_checkpoint

CHECKPOINT_AT = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)


def signer(rsa_bits: int = 0) -> CheckpointSigner:
    made = make_certificate("Audit", rsa_bits=rsa_bits)
    return CheckpointSigner(certificate=made.certificate, key=made.key)


EC = signer()


def chain(length: int):
    links = []
    for number in range(length):
        links.append(link(links[-1].hash if links else GENESIS, number + 1, an_event()))
    return links


@pytest.mark.parametrize("rsa_bits", [0, 2048])
def test_what_was_signed_is_read_back(rsa_bits):
    """By RSA and by EC: moment, count, head and signer."""
    made = signer(rsa_bits).sign(count=7, head=bytes(range(32)), now=CHECKPOINT_AT)
    found = read_checkpoint(made.text)
    assert (found.at, found.count, found.head) == (CHECKPOINT_AT, 7, bytes(range(32)))
    assert found.signer == made.signer
    assert made.text.isascii()
    assert "\n" not in made.text


@pytest.mark.parametrize("field", ["count", "head", "time", "signer"])
def test_a_changed_field_does_not_hold(field):
    """Nobody lowers the count, or puts another signer in."""
    fields = json.loads(EC.sign(count=7, head=bytes(32), now=CHECKPOINT_AT).text)
    other = json.loads(signer().sign(count=6, head=bytes([1] * 32), now=NOW).text)
    with pytest.raises(CheckpointError, match="changed after it was signed"):
        read_checkpoint(json.dumps(fields | {field: other[field]}))


@given(st.one_of(st.text(), st.recursive(st.none() | st.text(), st.lists).map(json.dumps)))
def test_anything_else_is_no_checkpoint(text):
    """Whatever is in the file, there is one error for it."""
    with pytest.raises(CheckpointError):
        read_checkpoint(text)


@given(
    st.dictionaries(st.sampled_from(["schema", "count", "head", "signer", "signature", "time"]), st.text())
)
def test_fields_of_any_content_are_no_checkpoint(fields):
    """Fields that look right and are not."""
    with pytest.raises(CheckpointError):
        read_checkpoint(json.dumps({"kind": "checkpoint", "schema": 1} | fields))


@pytest.mark.parametrize("length", [0, 1, 5])
def test_a_cut_tail_shows_against_a_checkpoint(length):
    """A shorter chain holds in itself, and not against what was signed; a longer one does."""
    whole = chain(6)
    kept = (length, whole[length - 1].hash if length else GENESIS)
    assert verify(whole, kept).fault == ""
    assert verify(whole[:length], kept).fault == ""
    for cut in range(length):
        assert "the tail was cut" in verify(whole[:cut], kept).fault
        assert verify(whole[:cut]).fault == ""


def test_another_chain_of_the_same_length_shows():
    """Who cuts the tail and writes a new one has another hash at the place that was signed."""
    old, new = chain(4), []
    for number in range(6):
        event = an_event(reason="forged" if number == 3 else "")
        new.append(link(new[-1].hash if new else GENESIS, number + 1, event))
    assert verify(new).fault == ""
    assert "is not the one" in verify(new, (4, old[-1].hash)).fault
    assert "is not the one" in verify(new[:4], (4, old[-1].hash)).fault
