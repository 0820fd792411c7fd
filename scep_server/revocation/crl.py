"""Full CRLs (RFC 5280 §5), encoded by hand: the builder of `cryptography` takes ten times as long."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import datetime
from typing import Final, Protocol

from scep_server import ber, oids
from scep_server.authority import IssuingAuthority
from scep_server.authority.issuing import authority_key_identifier, extension
from scep_server.authority.signing import signature_algorithm, signed
from scep_server.ber import tags

_VERSION_2: Final = ber.integer(1)
_ENUMERATED: Final = 0x0A


class Reason(Protocol):
    """A CRLReason (RFC 5280 §5.3.1): an enumeration member whose value is the number."""

    @property
    def value(self) -> int:
        """0 for unspecified, 1 for keyCompromise..."""
        ...


class RevokedCertificate(Protocol):
    """One entry of revokedCertificates (RFC 5280 §5.1.2.6)."""

    @property
    def serial(self) -> int:
        """Of the certificate; positive."""
        ...

    @property
    def at(self) -> datetime:
        """When it was revoked, aware."""
        ...

    @property
    def reason(self) -> Reason:
        """Why; unspecified is left out of the CRL (§5.3.1)."""
        ...


def build_crl(
    issuer: IssuingAuthority,
    revoked: Iterable[RevokedCertificate],
    *,
    number: int,
    this_update: datetime,
    next_update: datetime,
) -> bytes:
    """A signed full CRL, DER.

    Args:
        issuer: whose certificates were revoked; signs it.
        revoked: each serial once, in any order.
        number: rises with each CRL of the issuer (§5.2.3).
        this_update: aware; when it was true.
        next_update: aware; relying parties refuse it afterwards, so publish the next one well before.
    """
    entries = b"".join(
        [
            ber.sequence(ber.integer(entry.serial), _time(entry.at), _reason(entry.reason.value))
            for entry in revoked
        ]
    )
    extensions = ber.sequence(
        extension(authority_key_identifier(issuer.certificate)),
        ber.sequence(ber.object_identifier(oids.CRL_NUMBER), ber.octet_string(ber.integer(number))),
    )
    to_be_signed = ber.sequence(
        _VERSION_2,
        signature_algorithm(issuer.key),
        issuer.certificate.subject.public_bytes(),
        ber.utc_time(this_update),
        ber.utc_time(next_update),
        ber.tlv(tags.SEQUENCE, entries) if entries else b"",  # §5.1.2.6: absent when there are none
        ber.implicit(0, extensions),
    )
    return signed(to_be_signed, issuer.key)


@functools.lru_cache(maxsize=4096)
def _time(moment: datetime) -> bytes:
    return ber.utc_time(moment)


@functools.cache
def _reason(number: int) -> bytes:
    if number == 0:  # §5.3.1: absent rather than unspecified
        return b""
    value = ber.octet_string(ber.tlv(_ENUMERATED, bytes((number,))))
    return ber.sequence(ber.sequence(ber.object_identifier(oids.CRL_REASON), value))
