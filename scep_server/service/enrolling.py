"""PKCSReq and RenewalReq: from a proven CSR to a recorded certificate."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from scep_server.audit import EventKind
from scep_server.errors import RequestRejectedError, ScepError
from scep_server.limits import TokenBuckets
from scep_server.messages import Csr, FailInfo
from scep_server.pkimessage import OpenedRequest, Success, payload_csr
from scep_server.policy import Approval, authorize
from scep_server.service.case import Case
from scep_server.service.ports import Recorder, World
from scep_server.service.warrants import Warrant, find_warrant
from scep_server.store import (
    AlreadyIssued,
    CertificateRecord,
    Issuance,
    ReadingStore,
    Recorded,
    RequestKey,
    SerialTaken,
    Spent,
)
from scep_server.store.rules import objection_event, repeated_event, rival_event
from scep_server.weakkeys import NOTHING_KNOWN, KnownWeak, weak_key_reason

_DRAWS = 3  # serials have 127 random bits: a second draw is a broken entropy source, not bad luck


class GroupBusyError(ScepError):
    """The group has been given as many certificates as its rate allows.

    Attributes:
        seconds: until the next one.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__("the group's rate of issued certificates is used up")
        self.seconds = seconds


class RefusedInStoreError(RequestRejectedError):
    """The voucher failed in the transaction; the audit event is written already."""


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
    """

    store: ReadingStore
    recorder: Recorder
    pepper: bytes = field(repr=False)
    world: World
    issued: TokenBuckets | None = None
    known_weak: KnownWeak = NOTHING_KNOWN

    async def answer(self, case: Case, opened: OpenedRequest) -> Success:
        """The certificate for a request, new or, for a retransmission, the one that it got before.

        Raises:
            RequestRejectedError: refused.
            GroupBusyError: the group's rate is used up.
            StoreError: nothing was recorded.
        """
        csr = payload_csr(opened)
        case.proven, case.ignored_extensions = True, csr.ignored_extensions
        key = _request_key(case, opened, csr)
        earlier = self.store.answered(key, case.now)
        if earlier is not None:
            event = repeated_event(case.event(EventKind.REPEATED), earlier.serial)
            await self.recorder.record(event)
            self.world.observe(event)
            return Success(certificates=(earlier.der,))
        warrant = find_warrant(
            case.endpoint,
            opened.request,
            csr,
            store=self.store,
            pepper=self.pepper,
            address=case.address,
            now=case.now,
        )
        self._demand_sound_key(case, csr)
        approval = authorize(csr, case.endpoint.policy, warrant.grant)
        warrant.check(approval)
        self._demand_room(case)
        return Success(certificates=(await self._issue(case, warrant, approval, key),))

    def _demand_sound_key(self, case: Case, csr: Csr) -> None:
        if not csr.modulus:
            return  # not RSA: the policy has its own words for that
        minimum = case.endpoint.policy.minimum_key_bits
        reason = weak_key_reason(csr.modulus, csr.exponent, minimum_bits=minimum, known=self.known_weak)
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
        for _ in range(_DRAWS):
            serial = int.from_bytes(self.world.entropy(16), "big") >> 1 or 1
            certificate = authority.issue(approval, serial=serial, now=case.now)
            record = _record(case, warrant, approval, key, certificate, authority.name)
            issuance = Issuance(certificate=record, voucher=warrant.voucher, event=case.issued(record))
            outcome = await self.recorder.record(issuance)
            match outcome:
                case Recorded(rival):
                    self._note_issued(case, issuance, rival=rival)
                    return record.der
                case AlreadyIssued(certificate=der, serial=before):
                    self.world.observe(repeated_event(issuance.event, before))
                    return der
                case Spent(objection):
                    event = objection_event(issuance.event, objection)
                    self.world.observe(event)
                    raise RefusedInStoreError(FailInfo.BAD_REQUEST, event.reason, remedy=event.remedy)
                case SerialTaken():
                    continue
        raise RequestRejectedError(
            FailInfo.BAD_REQUEST,
            f"{_DRAWS} random serials in a row were taken",
            remedy="the entropy source of this machine is broken; stop the server until it is repaired",
        )

    def _note_issued(self, case: Case, issuance: Issuance, *, rival: bool) -> None:
        if self.issued is not None:
            self.issued.spend(case.endpoint.group, self.world.seconds())
        self.world.observe(issuance.event)
        if rival:
            self.world.observe(rival_event(issuance.event))


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


def _record(
    case: Case,
    warrant: Warrant,
    approval: Approval,
    key: bytes,
    certificate: x509.Certificate,
    issuer: str,
) -> CertificateRecord:
    return CertificateRecord(
        serial=certificate.serial_number,
        issuer=issuer,
        group=case.endpoint.group,
        request=key,
        subject=certificate.subject.rfc4514_string(),
        identity=approval.identity.value,
        values=approval.values,
        challenge=approval.challenge_id,
        spki=hashlib.sha256(approval.spki).digest(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        issued=case.now,
        der=certificate.public_bytes(Encoding.DER),
        renews=None if warrant.renewed is None else warrant.renewed.serial,
    )
