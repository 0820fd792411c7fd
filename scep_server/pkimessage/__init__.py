"""The pkiMessage of RFC 8894 §3, staged by type: bytes, signed, verified, opened, payload, sealed reply."""

from __future__ import annotations

from scep_server.algorithms import AlgorithmPolicy, ContentCipher, DigestAlgorithm, KeyTransport
from scep_server.pkimessage.opening import open_request
from scep_server.pkimessage.payloads import (
    payload_csr,
    payload_issuer_and_serial,
    payload_issuer_and_subject,
)
from scep_server.pkimessage.replies import certs_only, next_ca_certs, seal
from scep_server.pkimessage.stages import (
    CertRep,
    Failure,
    IssuerAndSerial,
    IssuerAndSubject,
    OpenedRequest,
    Pending,
    Recipient,
    SignedRequest,
    Success,
    VerifiedRequest,
)
from scep_server.pkimessage.verification import parse, verify

__all__ = [
    "AlgorithmPolicy",
    "CertRep",
    "ContentCipher",
    "DigestAlgorithm",
    "Failure",
    "IssuerAndSerial",
    "IssuerAndSubject",
    "KeyTransport",
    "OpenedRequest",
    "Pending",
    "Recipient",
    "SignedRequest",
    "Success",
    "VerifiedRequest",
    "certs_only",
    "next_ca_certs",
    "open_request",
    "parse",
    "payload_csr",
    "payload_issuer_and_serial",
    "payload_issuer_and_subject",
    "seal",
    "verify",
]
