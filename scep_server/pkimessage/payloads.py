"""What was inside the envelope, by message type."""

from __future__ import annotations

from scep_server.messages import Csr
from scep_server.pkimessage.stages import IssuerAndSerial, IssuerAndSubject, OpenedRequest


def payload_csr(opened: OpenedRequest) -> Csr:
    """The certification request of PKCSReq and RenewalReq, its self-signature verified.

    Raises:
        UnprovenSenderError: for every cause, a failed decryption included.
    """
    raise NotImplementedError


def payload_issuer_and_serial(opened: OpenedRequest) -> IssuerAndSerial:
    """The IssuerAndSerialNumber of GetCert and GetCRL.

    Raises:
        UnprovenSenderError: for every cause.
    """
    raise NotImplementedError


def payload_issuer_and_subject(opened: OpenedRequest) -> IssuerAndSubject:
    """The IssuerAndSubject of CertPoll.

    Raises:
        UnprovenSenderError: for every cause.
    """
    raise NotImplementedError
