"""How many personal profiles are built, signed and judged in a second on one core, RSA-2048 signer."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from support.certificates import make_certificate
from support.northwind import staff_plan

from onboard.compose import compose
from onboard.model import Platform
from onboard.secret import Secret
from onboard.signing import Signer

pytestmark = pytest.mark.bench
ROUNDS, REPEATS = 15, 100  # the quickest round counts: a neighbour on the machine only adds
MOST = 4  # bare signatures that one profile may cost, both measured in this run; 3.3 are usual


def test_signed_and_judged_profiles_a_second():
    """The rate that a portal needs when everybody comes on the first morning."""
    root = make_certificate("Signing Root", ca=True)
    made = make_certificate("Profiles", issuer=root, rsa_bits=2048)
    signer = Signer(certificate=made.certificate, key=made.key, chain=(root.certificate,))
    plan = staff_plan()

    serial = itertools.count()

    def one() -> None:
        """Another person with another challenge, so that nothing personal can be remembered."""
        number = next(serial)
        challenge = Secret(f"ABCDEFGHIJKLMNOPQRSTUV{number:04}")
        personal = replace(plan, scep=replace(plan.scep, challenge=challenge))
        spelling = f"person{number}@northwind.example"
        compose(personal, lambda _name: spelling, platforms=[Platform.APPLE], signer=signer)

    one()
    costs = [(_cost(one), _cost(lambda: made.key.sign(b"x", PKCS1v15(), SHA256()))) for _ in range(ROUNDS)]
    profile, signature = (min(column) for column in zip(*costs, strict=True))
    print(  # noqa: T201  # the result
        f"\nsigned and judged profiles a CPU second: {1 / profile:.0f}"
        f" ({profile / signature:.1f} bare RSA-2048 signatures each)"
    )
    assert profile <= MOST * signature


def _cost(work: Callable[[], object]) -> float:
    """CPU seconds of one piece of work."""
    begin = time.process_time()
    for _ in range(REPEATS):
        work()
    return (time.process_time() - begin) / REPEATS
