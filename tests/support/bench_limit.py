"""The physical limit of an enrolment: the RSA operations that no server can avoid."""

from __future__ import annotations

import subprocess
import sys
import time

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from support.bench_load import LOAD_CORE, SERVER_CORE, on_core

_TIMES = 60


class Limit:
    """CPU seconds of the RSA that no server can avoid: 3 private, 2 verifications, 1 encryption."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(65537, 2048)
        self._public = self._key.public_key()
        self._signature = self._key.sign(b"", padding.PKCS1v15(), SHA256())
        self._sealed = self._public.encrypt(b"", padding.PKCS1v15())

    def seconds(self) -> float:
        """As it is now: a processor that others use too is faster at one time and slower at another."""
        begin = time.process_time()
        for _ in range(_TIMES):
            self._once()
        return (time.process_time() - begin) / _TIMES

    def beside_load(self) -> float:
        """The same with the other core busy, as while a server is measured: they share more than power."""
        with on_core(LOAD_CORE), subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
            try:
                with on_core(SERVER_CORE):
                    return self.seconds()
            finally:
                busy.kill()

    def _once(self) -> None:
        self._key.decrypt(self._sealed, padding.PKCS1v15())
        for _ in range(2):
            self._key.sign(b"", padding.PKCS1v15(), SHA256())
            self._public.verify(self._signature, b"", padding.PKCS1v15(), SHA256())
        self._public.encrypt(b"", padding.PKCS1v15())
