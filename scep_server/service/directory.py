"""What is published about authorities: issuer certificates, CRLs and OCSP answers, as `http` serves them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCrl:
    """A CRL with what HTTP caches need to know.

    Attributes:
        der: the CRL.
        this_update, next_update: aware UTC.
    """

    der: bytes = field(repr=False)
    this_update: datetime
    next_update: datetime


class Directory(Protocol):
    """Answers relying parties; None stands for an authority that is unknown or has no such thing."""

    def certificate(self, authority: str) -> bytes | None:
        """DER of the authority's certificate."""
        ...

    def published_crl(self, authority: str) -> PublishedCrl | None:
        """The CRL in force, rebuilt when a revocation or the clock asks for it."""
        ...

    def ocsp(self, authority: str, request: bytes) -> bytes | None:
        """DER OCSPResponse (RFC 6960) to a DER OCSPRequest; never raises for what a client sent."""
        ...
