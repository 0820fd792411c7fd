"""PKCSReq and RenewalReq: from a proven CSR to a recorded certificate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from scep_server import csr
from scep_server.audit import EventKind
from scep_server.errors import RequestRejectedError, ScepError
from scep_server.limits import TokenBuckets
from scep_server.messages import Csr, FailInfo
from scep_server.pkimessage import OpenedRequest, Pending, Success, VerifiedRequest, payload_csr
from scep_server.policy import Approval, IssuancePolicy, authorize_any
from scep_server.service.approving import Approving
from scep_server.service.case import Case
from scep_server.service.ledger import Ledger
from scep_server.service.pace import abreast
from scep_server.service.ports import Recorder, World
from scep_server.service.recording import certificate_record, settle
from scep_server.service.warrants import AlarmingError, Warrant, find_warrant
from scep_server.store import (
    CertificateRecord,
    Issuance,
    PendingRequest,
    PendingState,
    ReadingStore,
    RequestKey,
)
from scep_server.store.rules import is_alarming, objection_text, repeated_event
from scep_server.weakkeys import NOTHING_KNOWN, KnownWeak, weak_key_reason

PENDING = Pending()


class GroupBusyError(ScepError):
    """The group has been given as many certificates as its rate allows.

    Attributes:
        seconds: until the next one.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__("the group's rate of issued certificates is used up")
        self.seconds = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolling:
    """Gives certificates.

    Attributes:
        store: for look-ups; writing goes through `recorder`.
        recorder: makes the record durable.
        pepper: key of the challenges' digests.
        world: clock, entropy and observer.
        issued: bucket of certificates for each group; None: no limit.
        known_weak: keys that are never certified.
        ledger: where decisions are written that are no certificates.
    """

    store: ReadingStore
    recorder: Recorder
    ledger: Ledger = field(init=False)
    pepper: bytes = field(repr=False)
    world: World
    issued: TokenBuckets | None = None
    known_weak: KnownWeak = NOTHING_KNOWN

    def __post_init__(self) -> None:
        world = self.world
        ledger = Ledger(
            recorder=self.recorder, observe=world.observe, tally=world.tally, seconds=world.seconds
        )
        object.__setattr__(self, "ledger", ledger)

    @property
    def approving(self) -> Approving:
        """The queues."""
        return Approving(store=self.store, recorder=self.recorder, ledger=self.ledger, world=self.world)

    async def answer(self, case: Case, opened: OpenedRequest) -> Success | Pending:
        """The certificate for a request, new or, for a retransmission, the one that it got before.

        Raises:
            RequestRejectedError: refused.
            GroupBusyError: the group's rate is used up.
            StoreError: nothing was recorded.
        """
        request = payload_csr(opened)
        case.proven, case.ignored_extensions = True, request.ignored_extensions
        await abreast()
        key = _request_key(case, opened, request)
        earlier = self.store.answered(key, case.now)
        if earlier is not None:
            return await self._repeat(case, earlier)
        warrant = find_warrant(
            case.endpoint,
            opened.request,
            request,
            store=self.store,
            pepper=self.pepper,
            address=case.address,
            now=case.now,
        )
        if warrant.is_queued:
            return await self._queue(case, opened.request, request, warrant, key)
        return await self._grant(case, request, warrant, key)

    async def poll(self, case: Case, pending: PendingRequest) -> Success | Pending:
        """What a CertPoll gets: the certificate, once somebody has approved the request.

        Args:
            case: of the poll.
            pending: of `Approving.polled`.

        Raises:
            RequestRejectedError: refused, by a person or by the policy.
            GroupBusyError: the group's rate is used up.
            StoreError: nothing was recorded.
        """
        earlier = self.store.answered(pending.request, case.now)
        if earlier is not None:
            return await self._repeat(case, earlier)
        if pending.state is PendingState.ISSUED:
            raise RequestRejectedError(
                FailInfo.BAD_CERT_ID,
                "the certificate of this transaction was given long ago, was revoked, or has expired",
                remedy="let the client send a new PKCSReq",
            )
        warrant = self.approving.warrant(case, pending)
        if warrant is None:
            return PENDING
        return await self._grant(case, csr.read(pending.csr), warrant, pending.request)

    async def _queue(
        self, case: Case, verified: VerifiedRequest, request: Csr, warrant: Warrant, key: bytes
    ) -> Success | Pending:
        """Let a request wait, or let it have what somebody approved."""
        present = self.approving.find(case, verified)
        if present is not None and present.request == key and present.state is not PendingState.ISSUED:
            decided = self.approving.warrant(case, present)
            return PENDING if decided is None else await self._grant(case, request, decided, key)
        approval = self._judge(case, request, warrant)
        await self.approving.submit(case, verified, request, approval, key)
        return PENDING

    async def _grant(self, case: Case, request: Csr, warrant: Warrant, key: bytes) -> Success:
        await abreast()
        approval = self._judge(case, request, warrant)
        self._demand_room(case)
        return Success(certificates=(await self._issue(case, warrant, approval, key),))

    def _judge(self, case: Case, request: Csr, warrant: Warrant) -> Approval:
        self._demand_sound_key(case, request)
        approval = authorize_any(request, _policies(case, warrant), warrant.grant)
        warrant.check(approval)
        return approval

    async def _repeat(self, case: Case, earlier: CertificateRecord) -> Success:
        await self.ledger.write(repeated_event(case.event(EventKind.REPEATED), earlier.serial))
        return Success(certificates=(earlier.der,))

    def _demand_sound_key(self, case: Case, request: Csr) -> None:
        if not request.modulus:
            return  # not RSA: the policy has its own words for that
        minimum = case.endpoint.minimum_key_bits
        reason = weak_key_reason(
            request.modulus, request.exponent, minimum_bits=minimum, known=self.known_weak
        )
        if reason is not None:
            raise RequestRejectedError(
                FailInfo.BAD_REQUEST, reason, remedy="let the device make a new key of the profile's size"
            )

    def _demand_room(self, case: Case) -> None:
        if self.issued is None:
            return
        seconds = self.world.seconds()
        if not self.issued.has(case.endpoint.group, seconds):
            raise GroupBusyError(self.issued.wait(case.endpoint.group, seconds))

    async def _issue(self, case: Case, warrant: Warrant, approval: Approval, key: bytes) -> bytes:
        authority = case.endpoint.authority_for(case.signs_reply)
        await abreast()

        async def make(serial: int) -> Issuance:
            issued = authority.make(approval, serial=serial, now=case.now)
            await abreast()
            record = certificate_record(
                issued,
                approval,
                issuer=authority.name,
                group=case.endpoint.group,
                request=key,
                now=case.now,
                renews=None if warrant.renewed is None else warrant.renewed.serial,
            )
            issuance = _issuance(case, record, warrant)
            self._demand_allowed(case, issuance)
            return issuance

        settled = await settle(make, recorder=self.recorder, world=self.world)
        if settled.is_new and self.issued is not None:
            self.issued.spend(case.endpoint.group, self.world.seconds())
        return settled.der

    def _demand_allowed(self, case: Case, issuance: Issuance) -> None:
        """Ask before the transaction what many requests in a row can fail at.

        A refusal in the transaction is written down whatever it costs; one before it is not.
        """
        if issuance.max_active is None and issuance.voucher.uses is None:
            return
        objection = self.store.objection(issuance, case.now)
        if objection is None:
            return
        if is_alarming(objection):
            raise AlarmingError(issuance.voucher.id, objection)
        reason, remedy = objection_text(objection)
        raise RequestRejectedError(FailInfo.BAD_REQUEST, reason, remedy=remedy)


def _request_key(case: Case, opened: OpenedRequest, csr: Csr) -> bytes:
    request = opened.request
    return RequestKey(
        group=case.endpoint.group,
        issuer=case.endpoint.authority_for(opened.recipient).name,
        message_type=request.message_type,
        transaction=request.transaction_id,
        signer=request.signer_der,
        csr=csr.der,
    ).digest()


def _policies(case: Case, warrant: Warrant) -> Sequence[IssuancePolicy]:
    if warrant.renewed is None:
        return case.endpoint.policies
    return case.endpoint.policies_of(warrant.renewed.profile)


def _issuance(case: Case, record: CertificateRecord, warrant: Warrant) -> Issuance:
    policy = case.endpoint.policies_of(record.profile)[0]
    return Issuance(
        certificate=record,
        voucher=warrant.voucher,
        event=case.issued(record),
        max_active=policy.max_active,
        supersede=None if policy.supersede_after is None else case.now + policy.supersede_after,
        formerly=case.endpoint.formerly,
    )
