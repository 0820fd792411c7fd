"""For whom a device's artifacts are: a person, a computer, or each of them with a certificate of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from onboard.artifact import divided
from onboard.rehearse.given import Given
from onboard.variables import Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Who enrols with the artifacts, and which of them.

    Attributes:
        holder: whose certificate it is; None where the artifacts are for one kind.
        artifacts: kinds without the holder.
    """

    holder: Holder | None
    artifacts: tuple[Given, ...]


def seats(artifacts: Sequence[Given]) -> Iterator[Seat]:
    """Those of one device: the first certificate, then the second with its own files in place of the first's.

    What stands there once for both, such as a network profile of Windows, is given to each.
    """
    told = [(given, *divided(given.kind)) for given in artifacts]
    seconds = {holder for _, _, holder in told if holder is not None}
    plain = tuple(given for given, _, holder in told if holder is None)
    if not seconds:
        yield Seat(holder=None, artifacts=plain)
        return
    (second,) = seconds
    own = tuple(replace(given, kind=kind) for given, kind, holder in told if holder is second)
    kinds = {given.kind for given in own}
    yield Seat(holder=next(holder for holder in Holder if holder is not second), artifacts=plain)
    yield Seat(holder=second, artifacts=(*own, *(given for given in plain if given.kind not in kinds)))
