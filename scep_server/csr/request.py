"""One certification request, from bytes to `messages.Csr`, with proof of possession."""

from __future__ import annotations

from scep_server.messages import Csr


def read(der: bytes) -> Csr:
    """Read a CSR and verify its self-signature.

    RSA and EC keys, any version number, BER; see RFC 2986 §4.

    Raises:
        UnprovenSenderError: whatever is wrong; the cause is in `reason` only.
    """
    raise NotImplementedError
