"""CertRep, degenerate certificate bundles and the GetNextCACert answer: DER only, in the order given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import overload

from scep_server.algorithms import AlgorithmPolicy
from scep_server.pkimessage.stages import (
    CertRep,
    Failure,
    OpenedRequest,
    Pending,
    Recipient,
    SignedRequest,
    Success,
)

STRICT = AlgorithmPolicy()


@overload
def seal(
    reply: Failure,
    to: SignedRequest | OpenedRequest,
    ra: Recipient,
    *,
    sender_nonce: bytes,
    content_entropy: bytes,
    signing_time: datetime,
    algorithms: AlgorithmPolicy = ...,
) -> bytes: ...
@overload
def seal(
    reply: Success | Pending | Failure,
    to: OpenedRequest,
    ra: Recipient,
    *,
    sender_nonce: bytes,
    content_entropy: bytes,
    signing_time: datetime,
    algorithms: AlgorithmPolicy = ...,
) -> bytes: ...
def seal(
    reply: CertRep,
    to: SignedRequest | OpenedRequest,
    ra: Recipient,
    *,
    sender_nonce: bytes,
    content_entropy: bytes,
    signing_time: datetime,
    algorithms: AlgorithmPolicy = STRICT,
) -> bytes:
    """Make the CertRep pkiMessage (RFC 8894 §3.3.2).

    Args:
        reply: what to say. Only a Failure can be said to a request that was not opened.
        to: whom to answer; its digest, cipher and key transport are mirrored.
        ra: signs, and is included.
        sender_nonce: 16 fresh random octets.
        content_entropy: 48 fresh random octets: content encryption key (cut to size), then initialisation vector.
        signing_time: aware, UTC.
        algorithms: what the endpoint allows; a failure is signed with SHA-1 only if it allows that.

    Returns:
        DER ContentInfo.
    """
    raise NotImplementedError


def certs_only(certificates: Sequence[bytes], crls: Sequence[bytes] = ()) -> bytes:
    """A degenerate SignedData (RFC 8894 §3.4) whose SET keeps the order given, because clients take the first."""
    raise NotImplementedError


def next_ca_certs(certificates: Sequence[bytes], ra: Recipient, *, signing_time: datetime) -> bytes:
    """The GetNextCACert answer (RFC 8894 §4.7.1): the next CA's certificates, signed by the current RA or CA."""
    raise NotImplementedError
