"""How many personal profiles are built, signed and judged in a second on one core, RSA-2048 signer."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from support.certificates import make_certificate
from support.northwind import staff_plan

from onboard.compose import compose
from onboard.model import Platform
from onboard.signing import Signer

pytestmark = pytest.mark.bench
ROUNDS, REPEATS = 5, 200
MOST = 10  # bare signatures that one profile may cost, both measured in this run; 3 is the aim


def test_signed_and_judged_profiles_a_second():
    """The rate that a portal needs when everybody comes on the first morning."""
    root = make_certificate("Signing Root", ca=True)
    made = make_certificate("Profiles", issuer=root, rsa_bits=2048)
    signer = Signer(certificate=made.certificate, key=made.key, chain=(root.certificate,))
    plan = staff_plan()

    def one() -> None:
        compose(plan, lambda name: f"{name}@northwind.example", platforms=[Platform.APPLE], signer=signer)

    profile = _median(one)
    signature = _median(lambda: made.key.sign(b"x", PKCS1v15(), SHA256()))
    print(  # noqa: T201  # the result
        f"\nsigned and judged profiles a CPU second: {1 / profile:.0f}"
        f" ({profile / signature:.1f} bare RSA-2048 signatures each)"
    )
    assert profile <= MOST * signature


def _median(work: Callable[[], object]) -> float:
    """CPU seconds of one piece of work."""
    work()
    costs = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        for _ in range(REPEATS):
            work()
        costs.append((time.process_time() - begin) / REPEATS)
    return statistics.median(costs)
