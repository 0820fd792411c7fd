"""Health: every key signs, the store writes; proved at most every ten seconds, and no certificate is made."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from scep_server.keys import KeyStoreError, PrivateKey
from scep_server.runtime.decisions import LOGGER
from scep_server.store import Store, StoreError

LASTS = 10.0  # seconds


class Health:
    """Remembers the last verdict, so that nobody can make the server sign by asking.

    Args:
        keys: each signs a test value.
        store: writes and rolls back.
        seconds: a monotonic clock.
    """

    def __init__(self, keys: Iterable[PrivateKey], store: Store, seconds: Callable[[], float]) -> None:
        self._keys = tuple(dict.fromkeys(keys))
        self._store = store
        self._seconds = seconds
        self._lock = threading.Lock()
        self._verdict: tuple[float, bool] | None = None

    def watch(self, keys: Iterable[PrivateKey]) -> None:
        """Prove other keys from now on."""
        self._keys = tuple(dict.fromkeys(keys))

    def __call__(self) -> bool:
        """Whether the server can do its work; may take a while every ten seconds."""
        with self._lock:
            if self._verdict is None or self._seconds() - self._verdict[0] >= LASTS:
                good = self._examine()
                self._verdict = (self._seconds(), good)  # a store that is busy takes longer than LASTS
            return self._verdict[1]

    def _examine(self) -> bool:
        try:
            for key in self._keys:
                _sign(key)
            self._store.probe()
        except StoreError as error:
            LOGGER.error("not healthy: %s; %s", error.reason, error.remedy)  # says it all
            return False
        except (ValueError, UnsupportedAlgorithm, KeyStoreError):
            LOGGER.exception("not healthy: a key does not sign")
            return False
        return True


def _sign(key: PrivateKey) -> None:
    test = b"health"
    if isinstance(key, rsa.RSAPrivateKey):
        key.sign(test, padding.PKCS1v15(), hashes.SHA256())
    else:
        key.sign(test, ec.ECDSA(hashes.SHA256()))
