"""Keys are made ahead by threads, none of which outlives the work."""

from __future__ import annotations

import threading

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from support.northwind import NORTHWIND
from support.sites import new_site

from onboard.provision import init
from onboard.provision.supply import key_supply
from scep_server.keys import public_key_sha256


def test_each_key_is_taken_once():
    """Ahead or not, each is another one and of the kind that was asked for."""
    with key_supply(["ec-p256"] * 5 + ["rsa-2048"]) as supply:
        keys = [supply.take("ec-p256") for _ in range(7)] + [supply.take("rsa-2048")]
    assert len({public_key_sha256(key.public_key()) for key in keys}) == 8
    assert [type(key) for key in keys[:7]] == [type(keys[0])] * 7
    assert isinstance(keys[0], ec.EllipticCurvePrivateKey)
    assert isinstance(keys[7], rsa.RSAPrivateKey)


def test_no_thread_is_left_behind_by_an_error():
    """`up` forks its workers afterwards; keys that nobody wants any more are not waited for."""
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError), key_supply(["rsa-2048"] * 500):
        raise ZeroDivisionError
    assert threading.active_count() == before


def test_progress_is_told_leaf_by_leaf(tmp_path):
    """In order, to the last one."""
    told = []
    rows = init(new_site(tmp_path, NORTHWIND), lambda done, of: told.append((done, of)))
    leaves = [row for row in rows if row.kind.value not in ("authority", "crl")]
    assert told == [(number, len(leaves)) for number in range(1, len(leaves) + 1)]
