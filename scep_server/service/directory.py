"""What is published about authorities: issuer certificates, CRLs and OCSP answers, as `http` serves them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCrl:
    """A CRL with what HTTP caches need to know.

    Attributes:
        der: the CRL.
        tag: a hash of it, hexadecimal.
        this_update, next_update: aware UTC.
    """

    der: bytes = field(repr=False)
    tag: str
    this_update: datetime
    next_update: datetime

    @classmethod
    def of(cls, der: bytes, *, this_update: datetime, next_update: datetime) -> PublishedCrl:
        """With its tag; costs a hash over all of it."""
        tag = hashlib.sha256(der).hexdigest()[:32]
        return cls(der=der, tag=tag, this_update=this_update, next_update=next_update)


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
