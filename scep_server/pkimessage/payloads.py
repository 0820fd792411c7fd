"""What was inside the envelope, by message type; nonsense of every origin is refused alike."""

from __future__ import annotations

from scep_server import ber, csr
from scep_server.ber import tags
from scep_server.errors import UnprovenSenderError
from scep_server.messages import Csr
from scep_server.pkimessage.stages import IssuerAndSerial, IssuerAndSubject, OpenedRequest

_DAMAGED = "the envelope does not decrypt: it was made for another key, or changed on the way"


def payload_csr(opened: OpenedRequest) -> Csr:
    """The certification request of PKCSReq and RenewalReq, its self-signature verified.

    The padding is judged last, after the work that a good request costs.

    Raises:
        UnprovenSenderError: for every cause, a failed decryption included.
    """
    signer = opened.request
    try:
        request = csr.read(opened.payload, (signer.signer_identity.spki, signer.signer_key))
    except UnprovenSenderError as error:
        raise error if opened.intact else UnprovenSenderError(_DAMAGED) from error
    if not opened.intact:
        raise UnprovenSenderError(_DAMAGED)
    return request


def payload_issuer_and_serial(opened: OpenedRequest) -> IssuerAndSerial:
    """The IssuerAndSerialNumber of GetCert and GetCRL.

    Raises:
        UnprovenSenderError: for every cause.
    """
    try:
        pair = ber.read(opened.payload).enter()
        found = IssuerAndSerial(issuer=ber.definite(pair, tags.SEQUENCE), serial=pair.integer())
        pair.finish()
    except ber.BerError as error:
        raise _unreadable("IssuerAndSerialNumber", error, intact=opened.intact) from error
    if not opened.intact:
        raise UnprovenSenderError(_DAMAGED)
    return found


def payload_issuer_and_subject(opened: OpenedRequest) -> IssuerAndSubject:
    """The IssuerAndSubject of CertPoll.

    Raises:
        UnprovenSenderError: for every cause.
    """
    try:
        pair = ber.read(opened.payload).enter()
        issuer = ber.definite(pair, tags.SEQUENCE)
        found = IssuerAndSubject(issuer=issuer, subject=ber.definite(pair, tags.SEQUENCE))
        pair.finish()
    except ber.BerError as error:
        raise _unreadable("IssuerAndSubject", error, intact=opened.intact) from error
    if not opened.intact:
        raise UnprovenSenderError(_DAMAGED)
    return found


def _unreadable(what: str, error: ber.BerError, *, intact: bool) -> UnprovenSenderError:
    return UnprovenSenderError(f"the payload is no {what}: {error}" if intact else _DAMAGED)
