"""The physical limit of an enrolment: the RSA operations that no server can avoid."""

from __future__ import annotations

import subprocess
import sys
import time

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from support.bench_load import LOAD_CORE, SERVER_CORE, on_core


def limit() -> float:
    """CPU seconds of the RSA that no server can avoid: 3 private, 2 verifications, 1 encryption."""
    key = rsa.generate_private_key(65537, 2048)
    signature = key.sign(b"", padding.PKCS1v15(), SHA256())
    public, sealed = key.public_key(), key.public_key().encrypt(b"", padding.PKCS1v15())
    begin = time.process_time()
    for _ in range(200):
        key.decrypt(sealed, padding.PKCS1v15())
        key.sign(b"", padding.PKCS1v15(), SHA256())
        key.sign(b"", padding.PKCS1v15(), SHA256())
        public.verify(signature, b"", padding.PKCS1v15(), SHA256())
        public.verify(signature, b"", padding.PKCS1v15(), SHA256())
        public.encrypt(b"", padding.PKCS1v15())
    return (time.process_time() - begin) / 200


def limit_beside_load() -> float:
    """The same with the other core busy, as it is while a server is measured: cores share more than power."""
    with on_core(LOAD_CORE), subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        try:
            with on_core(SERVER_CORE):
                return limit()
        finally:
            busy.kill()
