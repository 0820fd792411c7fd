"""Requests that wait for a person: queueing them, and what follows from a decision (RFC 8894 §2.4, §3.3.3).

A certificate is made when the device comes for it, not when somebody approves: the CA's key stays with the
servers, and what is approved and never fetched leaves nothing behind.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography import x509

from scep_server.audit import EventKind
from scep_server.challenges import IDENTIFIER_BYTES, identifier
from scep_server.errors import RequestRejectedError
from scep_server.limits import bucket_key
from scep_server.messages import Csr, FailInfo
from scep_server.pkimessage import VerifiedRequest
from scep_server.policy import Approval, Grant
from scep_server.service.case import Case
from scep_server.service.endpoint import ApprovalQueue
from scep_server.service.ledger import Ledger
from scep_server.service.ports import Recorder, World
from scep_server.service.warrants import Warrant
from scep_server.store import (
    PendingRequest,
    PendingState,
    Queued,
    QueueFull,
    ReadingStore,
    Submission,
    Vouch,
    Voucher,
)
from scep_server.store.rules import approval_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Approving:
    """The queues of all endpoints.

    Attributes:
        store: for look-ups.
        recorder: makes submissions durable.
        ledger: says how many may be queued.
        world: entropy and observer.
    """

    store: ReadingStore
    recorder: Recorder
    ledger: Ledger
    world: World

    def find(self, case: Case, verified: VerifiedRequest) -> PendingRequest | None:
        """The queued request of a message's transaction and key; None: there is none, or its time is up."""
        group, signer = case.endpoint.group, _signer(verified)
        return self.store.pending_of(group, verified.transaction_id, signer, case.now)

    def polled(self, case: Case, verified: VerifiedRequest) -> PendingRequest:
        """The request that a CertPoll asks for.

        Only transactionID and key count: Apple may name the RA as issuer, and an envelope that nobody looks
        into tells an attacker nothing.

        Raises:
            RequestRejectedError: badCertId, there is none (§4.4).
        """
        found = None if case.endpoint.approval is None else self.find(case, verified)
        if found is None:
            raise RequestRejectedError(
                FailInfo.BAD_CERT_ID,
                "no request of this transaction is waiting for approval",
                remedy="let the client send a new PKCSReq; the old one has expired, or was never here",
            )
        return found

    def warrant(self, case: Case, pending: PendingRequest) -> Warrant | None:
        """What a decision is worth; None while there is none.

        Raises:
            RequestRejectedError: somebody rejected the request.
        """
        if pending.state is PendingState.WAITING:
            self.world.observe(case.event(EventKind.QUEUED, reason=f"{pending.id} still waits for approval"))
            return None
        if pending.state is PendingState.REJECTED:
            raise RequestRejectedError(
                FailInfo.BAD_REQUEST,
                f"the request was rejected{pending.reason and ': '}{pending.reason}",
                remedy="if it was rejected by mistake, let the device ask anew with a new key",
            )
        return Warrant(
            grant=Grant(challenge_id=approval_id(pending.id), bound=pending.values, asserted=False),
            voucher=Voucher(kind=Vouch.APPROVAL, id=pending.id),
        )

    async def submit(
        self, case: Case, verified: VerifiedRequest, csr: Csr, approval: Approval, key: bytes
    ) -> None:
        """Put a request into the queue.

        Args:
            case: of an endpoint with a queue.
            verified: who asks.
            csr: what for.
            approval: what it would be granted.
            key: `RequestKey.digest()`.

        Raises:
            RequestRejectedError: the queue is full, or too much comes from this address.
            StoreError: nothing was recorded.
        """
        if not self.ledger.admits(case.address):
            raise RequestRejectedError(
                FailInfo.BAD_REQUEST,
                "too many different requests from this address want to be queued",
                remedy="let the device ask again in some minutes; if it asks anew each time, look at it",
            )
        queue = case.endpoint.approval or ApprovalQueue(room=0)
        request = self._request(case, verified, csr, approval, key, queue)
        event = case.event(
            EventKind.QUEUED,
            subject=request.subject,
            challenge=approval_id(request.id),
            reason=f"waits for approval until {request.expires:%Y-%m-%d}",
            remedy=f"onboard cert approve {request.id}, or reject it",
        )
        match await self.recorder.record(Submission(request=request, room=queue.room, event=event)):
            case Queued(fresh=True):
                self.world.observe(event)
            case QueueFull():
                raise RequestRejectedError(
                    FailInfo.BAD_REQUEST,
                    f"{queue.room} requests wait for approval, most of them from this address",
                    remedy="approve or reject some: onboard cert pending",
                    public="too many requests wait for approval",
                )
            case _:
                pass  # a retransmission in the same moment: it waits already

    def _request(
        self,
        case: Case,
        verified: VerifiedRequest,
        csr: Csr,
        approval: Approval,
        key: bytes,
        queue: ApprovalQueue,
    ) -> PendingRequest:
        """What is kept of a request that waits, under an identifier of its own."""
        return PendingRequest(
            id=identifier(self.world.entropy(IDENTIFIER_BYTES)),
            group=case.endpoint.group,
            transaction=verified.transaction_id,
            signer=_signer(verified),
            request=key,
            csr=csr.der,
            subject=_text(approval),
            values=approval.values,
            spki=hashlib.sha256(csr.spki).digest(),
            source=bucket_key(case.address),
            received=case.now,
            expires=case.now + queue.lasts,
        )


def _signer(verified: VerifiedRequest) -> bytes:
    return hashlib.sha256(verified.signer_identity.spki).digest()


def _text(approval: Approval) -> str:
    attributes = [x509.NameAttribute(x509.ObjectIdentifier(a.oid), a.value) for a in approval.subject]
    return x509.Name(attributes).rfc4514_string()
