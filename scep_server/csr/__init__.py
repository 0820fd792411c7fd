"""Reading PKCS#10 certification requests (RFC 2986), tolerant of what devices send."""

from __future__ import annotations

from scep_server.csr.request import read

__all__ = ["read"]
