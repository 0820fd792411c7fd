"""RSA keys that prove nothing because anybody can find the private half."""

from __future__ import annotations


def weak_key_reason(n: int, e: int) -> str | None:
    """Why the public key (n, e) must not be certified; None if nothing is known against it."""
    raise NotImplementedError
