"""Vouchers and records: one certificate for each process, whatever was left behind, and no way in."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from support.chromebooks import Chromebook, device_key
from support.scep_site import PEPPER, POLICY, site

from onboard.adapter.certification_request import assemble, to_be_signed
from onboard.adapter.configuration import Desk
from onboard.adapter.issuing import Issuer
from onboard.adapter.process import Process, read
from onboard.variables import Holder
from scep_server import csr
from scep_server.challenges import digest
from scep_server.errors import RequestRejectedError
from scep_server.memory_store import MemoryStore
from scep_server.messages import ChallengePassword
from scep_server.service import World
from scep_server.store import StoreUnavailableError

NOW = datetime.now(UTC)
PROCESS = read(
    Chromebook(id="one", group="staff", key=device_key(), email="ada@northwind.example").document()
)
DESK = Desk(group="staff", holder=Holder.USER, policy=POLICY, authority=site().authority)


class Bench:
    """An issuer over a store in memory, with a clock that can be set and entropy that can be chosen."""

    def __init__(self, serials=None) -> None:
        self.store, self.now = MemoryStore(), NOW
        numbers = iter(serials) if serials else itertools.count(1000)
        self.issuer = Issuer(
            store=self.store,
            recorder=self,
            key=b"k" * 32,
            world=World(
                clock=lambda: self.now,
                seconds=lambda: 0.0,
                entropy=lambda size: (next(numbers) << 1).to_bytes(size, "big"),
                observe=lambda event: None,
            ),
        )

    async def record(self, entry):
        return self.store.record([entry], self.now)[0]

    def issue(self, process: Process = PROCESS, desk: Desk = DESK) -> x509.Certificate:
        info = to_be_signed(desk.policy, process.values, process.spki)
        signature = device_key().sign(info, padding.PKCS1v15(), hashes.SHA256())
        request = csr.read(assemble(info, signature))
        return x509.load_der_x509_certificate(asyncio.run(self.issuer.issue(desk, process, request)))

    def leave_a_voucher(self, process: Process = PROCESS, desk: Desk = DESK) -> None:
        """What an adapter leaves that was killed between voucher and certificate."""
        self.store.add_challenges([self.issuer._voucher(desk, process)])


def test_once_and_again() -> None:
    """The second attempt at a process gets the certificate of the first, even after a day and more."""
    bench = Bench()
    first = bench.issue()
    assert bench.issue() == first
    bench.now += timedelta(days=20)
    earlier = bench.issuer.earlier(PROCESS)
    assert earlier is not None
    assert x509.load_der_x509_certificate(earlier) == first


def test_killed_between_voucher_and_certificate() -> None:
    """A voucher that was left is used, not lost."""
    bench = Bench()
    bench.leave_a_voucher()
    assert bench.issuer.earlier(PROCESS) is None
    certificate = bench.issue()
    (voucher,) = bench.store.challenges()
    assert voucher.spent_by == certificate.serial_number


def test_the_identity_may_not_change_under_way() -> None:
    """When Google says something else the second time, nothing is issued for either."""
    bench = Bench()
    bench.leave_a_voucher()
    other = replace(PROCESS, values={"user.email": "eve@northwind.example"})
    with pytest.raises(RequestRejectedError, match="changed while the process was under way"):
        bench.issue(other)
    with pytest.raises(RequestRejectedError, match="changed while the process was under way"):
        bench.issue(desk=replace(DESK, group="students"))
    assert not list(bench.store.certificates())


def test_vouchers_end() -> None:
    """What Google said a long time ago is not believed any more."""
    bench = Bench()
    bench.leave_a_voucher()
    bench.now += timedelta(days=32)
    with pytest.raises(RequestRejectedError, match="too long ago"):
        bench.issue()


def test_a_withdrawn_voucher() -> None:
    """An administrator can stop a process by revoking its voucher, as any challenge."""
    bench = Bench()
    bench.leave_a_voucher()
    (voucher,) = bench.store.challenges()
    assert bench.store.revoke_challenge(voucher.id, NOW)
    with pytest.raises(RequestRejectedError, match="revoked"):
        bench.issue()


def test_no_device_can_say_a_voucher() -> None:
    """A voucher is no challenge: none of its names, as a challenge, leads to it at a SCEP endpoint."""
    bench = Bench()
    bench.leave_a_voucher()
    (voucher,) = bench.store.challenges()
    names = (
        voucher.id,
        PROCESS.resource,
        voucher.digest.hex(),
        "",
        "k" * 32,
        PROCESS.resource.rpartition("/")[2],
    )
    for name in names:
        assert bench.store.challenge(digest(ChallengePassword(name), PEPPER)) is None


def test_serials_are_drawn_again() -> None:
    """A serial that is taken is replaced; three in a row mean broken entropy, and nothing is issued."""
    bench = Bench(serials=[7, 7, 8])
    first = bench.issue()
    second = bench.issue(replace(PROCESS, resource=PROCESS.resource.replace("one", "two")))
    assert (first.serial_number, second.serial_number) == (7, 8)
    bench = Bench(serials=[7, 7, 7, 7])
    bench.issue()
    with pytest.raises(RequestRejectedError, match="in a row were taken"):
        bench.issue(replace(PROCESS, resource=PROCESS.resource.replace("one", "two")))


def test_a_store_that_fails_refuses_nobody() -> None:
    """A disk that is full is no reason to fail a device: the error goes up, and the message comes again."""
    bench = Bench()

    class Full(MemoryStore):
        def add_challenges(self, challenges):
            raise StoreUnavailableError("the disk is full")

    bench.issuer = replace(bench.issuer, store=Full())
    with pytest.raises(StoreUnavailableError):
        bench.issue()
