"""One request on its way: how far it got, and the audit event and log line that follow from that."""

from __future__ import annotations

import hashlib
from datetime import datetime

from scep_server.audit import Event, EventKind
from scep_server.errors import RequestRejectedError
from scep_server.messages import FailInfo, MessageType
from scep_server.pkimessage import OpenedRequest, Recipient, SignedRequest
from scep_server.service.endpoint import Endpoint
from scep_server.store import CertificateRecord

_MESSAGE_TYPES = {
    MessageType.RENEWAL_REQ: "RenewalReq",
    MessageType.PKCS_REQ: "PKCSReq",
    MessageType.CERT_POLL: "CertPoll",
    MessageType.GET_CERT: "GetCert",
    MessageType.GET_CRL: "GetCRL",
}
_IGNORED = 20  # extensions that an event names; clients ask for five or so
_FAIL_INFOS = {
    FailInfo.BAD_ALG: "badAlg",
    FailInfo.BAD_MESSAGE_CHECK: "badMessageCheck",
    FailInfo.BAD_REQUEST: "badRequest",
    FailInfo.BAD_TIME: "badTime",
    FailInfo.BAD_CERT_ID: "badCertId",
}


class Case:
    """The only mutable thing of a request: the furthest stage it reached.

    Attributes:
        signed: parsed; there is somebody to answer to.
        opened: the envelope was opened; a reply can mirror its algorithms.
        proven: the sender has shown possession of the key in the CSR or of the signer's certificate.
        ignored_extensions: what the CSR asks for and no policy grants.
    """

    __slots__ = ("address", "endpoint", "ignored_extensions", "now", "opened", "proven", "signed")

    def __init__(self, endpoint: Endpoint, address: str, now: datetime) -> None:
        self.endpoint = endpoint
        self.address = address
        self.now = now
        self.signed: SignedRequest | None = None
        self.opened: OpenedRequest | None = None
        self.proven = False
        self.ignored_extensions: tuple[str, ...] = ()

    @property
    def signs_reply(self) -> Recipient:
        """The pair that the request was addressed to, or the one that GetCACert offers."""
        return self.opened.recipient if self.opened else self.endpoint.recipients[0]

    def event(self, kind: EventKind, **details: str) -> Event:
        """What happened to this request."""
        signed = self.signed
        if signed is None:
            return Event(at=self.now, kind=kind, group=self.endpoint.group, address=self.address, **details)  # type: ignore[arg-type] # details are text fields
        return Event(
            at=self.now,
            kind=kind,
            group=self.endpoint.group,
            message_type=_MESSAGE_TYPES.get(signed.message_type, str(signed.message_type.value)),
            transaction=signed.transaction_id,
            address=self.address,
            signer=hashlib.sha256(signed.signer_der).hexdigest(),
            **details,  # type: ignore[arg-type] # same
        )

    def refusal(self, error: RequestRejectedError, *, challenge: str = "") -> Event:
        """The event of a refusal; a spent challenge shown again is an alarm."""
        return self.event(
            EventKind.ALARM if challenge else EventKind.REFUSED,
            fail_info=_FAIL_INFOS[error.fail_info],
            reason=error.reason,
            remedy=error.remedy,
            challenge=challenge,
        )

    def issued(self, record: CertificateRecord) -> Event:
        """The event of a certificate; it says which wishes of the CSR were left out."""
        return self.event(
            EventKind.ISSUED,
            serial=f"{record.serial:x}",
            subject=record.subject,
            identity=record.identity,
            challenge=record.challenge,
            ignored=" ".join(self.ignored_extensions[:_IGNORED]),
        )
