"""Keys made ahead in threads: an RSA key takes 40 to 100 ms, in which the interpreter is free for others."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from scep_server.keys import PrivateKey, generate

_FEW = 4  # keys that are not worth a thread


class KeySupply:
    """New keys by algorithm; which of them becomes whose is settled by whoever takes them.

    Args:
        ahead: keys that are being made, by algorithm.
    """

    def __init__(self, ahead: Mapping[str, deque[Future[PrivateKey]]]) -> None:
        self._ahead = ahead

    def take(self, algorithm: str) -> PrivateKey:
        """A new key, made ahead or now."""
        ahead = self._ahead.get(algorithm)
        return ahead.popleft().result() if ahead else generate(algorithm)


@contextlib.contextmanager
def key_supply(algorithms: Iterable[str]) -> Iterator[KeySupply]:
    """A supply that works ahead with all processors while it is open; no thread is left behind.

    Args:
        algorithms: one for each key that will probably be asked for; what is not taken is lost.
    """
    wanted = tuple(algorithms)
    if len(wanted) < _FEW:
        yield KeySupply({})
        return
    ahead: dict[str, deque[Future[PrivateKey]]] = {}
    pool = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="keys")
    try:
        for algorithm in wanted:
            ahead.setdefault(algorithm, deque()).append(pool.submit(generate, algorithm))
        yield KeySupply(ahead)
    finally:
        pool.shutdown(cancel_futures=True)
