"""Damages inputs by chance and throws them at targets, until it is told to stop."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

OCTETS = (
    0x00,
    0x30,
    0x31,
    0x80,
    0xA0,
    0x24,
    0x04,
    0x81,
    0x82,
    0x84,
    0xFF,
    0x7F,
)  # that mean something in BER
FOLDER = Path(__file__).resolve().parent / "corpus"


class Target(Protocol):
    """What inputs are thrown at; anything that it raises is a fault that was found."""

    seeds: Sequence[bytes]

    def __call__(self, data: bytes) -> object:
        """Take one input."""
        ...


def corpus(name: str) -> dict[str, bytes]:
    """The inputs of a target that are kept, by file name."""
    return {path.name: path.read_bytes() for path in sorted((FOLDER / name).iterdir())}


def damaged(source: bytes, other: bytes, rng: random.Random) -> bytes:
    """One to four changes: octets set, flipped, cut out, doubled, replaced by parts of another input."""
    data = bytearray(source)
    for _ in range(rng.randint(1, 4)):
        if not data:
            break
        at = rng.randrange(len(data))
        match rng.randrange(7):
            case 0:
                data[at] = rng.randrange(256)
            case 1:
                data[at] ^= 1 << rng.randrange(8)
            case 2:
                del data[at : at + rng.randint(1, 40)]
            case 3:
                data[at:at] = data[at : at + rng.randint(1, 200)]
            case 4:
                data[at] = rng.choice(OCTETS)
            case 5:
                start = rng.randrange(len(other) + 1)
                data[at : at + 20] = other[start : start + rng.randint(1, 60)]
            case _:
                del data[at:]
    return bytes(data)


def run(
    targets: Mapping[str, Target],
    rng: random.Random,
    stop: Callable[[int], bool],
    *,
    crashes: Path = Path(),
) -> int:
    """Fuzz each target in its turn until `stop` says so; the number of inputs tried.

    An input that ends the run is left as `crash-TARGET` in `crashes`.
    """
    pools = {name: (*target.seeds, *corpus(name).values()) for name, target in targets.items()}
    count = 0
    while not stop(count):
        for name, target in targets.items():
            for _ in range(10):
                data = damaged(rng.choice(pools[name]), rng.choice(pools[name]), rng)
                try:
                    target(data)
                except BaseException:
                    (crashes / f"crash-{name}").write_bytes(data)
                    raise
                count += 1
    return count
