"""The sequence of RFC 8894 §3 from message to answer, and every way it can end."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field

from scep_server.audit import EventKind, GuessWatch
from scep_server.errors import RequestRejectedError, UnanswerableError, UnprovenSenderError
from scep_server.keys import KeyStoreError
from scep_server.messages import FailInfo, MessageType
from scep_server.pkimessage import (
    CertRep,
    Failure,
    OpenedRequest,
    Pending,
    Success,
    VerifiedRequest,
    next_ca_certs,
    open_request,
    parse,
    payload_issuer_and_serial,
    seal,
    verify,
)
from scep_server.service.case import Case
from scep_server.service.endpoint import Endpoint
from scep_server.service.enrolling import Enrolling, GroupBusyError
from scep_server.service.ledger import Ledger
from scep_server.service.pace import abreast
from scep_server.service.ports import Answer, CrlSource, NotScep, Reply, TryLater
from scep_server.service.recording import RefusedInStoreError
from scep_server.service.warrants import AlarmingError, UnknownChallengeError
from scep_server.store import StoreError

LOGGER = logging.getLogger(__name__)

_WHO_IS_IT = "see at that address what sends this; it cannot be answered"
_NOT_SCEP = NotScep("this is not a SCEP message")
_STORE_PAUSE = 30  # seconds; a full disk or a long lock is not over at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Answers SCEP messages.

    Attributes:
        enrolling: gives certificates.
        crls: for GetCRL.
        guesses: notices many unknown challenges.
    """

    enrolling: Enrolling
    crls: CrlSource
    guesses: GuessWatch = field(default_factory=GuessWatch)

    async def handle(self, endpoint: Endpoint, message: bytes, address: str) -> Answer:
        """Answer one PKIOperation.

        Args:
            endpoint: where it came in.
            message: DER or BER, size already bounded.
            address: whose request it is.
        """
        world = self.enrolling.world
        case = Case(endpoint, address, world.clock())
        try:
            reply = await self._reply(case, message)
        except UnanswerableError as error:
            await self._ledger.count(case.event(EventKind.REFUSED, reason=str(error), remedy=_WHO_IS_IT))
            return _NOT_SCEP
        except GroupBusyError as busy:
            world.observe(
                case.event(EventKind.REFUSED, reason=str(busy), remedy="raise per_group in scep.limits")
            )
            return TryLater(math.ceil(busy.seconds))
        except (StoreError, KeyStoreError) as error:  # a full disk, or a token of the authority that is away
            remedy = error.remedy if isinstance(error, StoreError) else error.hint
            world.observe(case.event(EventKind.REFUSED, reason=str(error), remedy=remedy))
            return TryLater(_STORE_PAUSE)
        except RequestRejectedError as error:
            await self._note_refusal(case, error)
            return self._refused(case, error)
        except Exception:
            # A fault of ours must not tell a stranger how far his bytes came: it looks like any other.
            LOGGER.exception("a request to %r failed by a fault of this program", endpoint.group)
            return self._refused(case, UnprovenSenderError("fault")) if case.signed else _NOT_SCEP
        await abreast()
        sealed = Reply(self._sealed(reply, case))
        await abreast()
        return sealed

    async def _reply(self, case: Case, message: bytes) -> CertRep:
        """The one sequence; each stage takes only what the stage before it made."""
        case.signed = signed = parse(message)
        await abreast()
        case.signed = verified = verify(signed)
        await abreast()
        if verified.message_type is MessageType.CERT_POLL:
            return await self._poll(case, verified)
        case.opened = opened = self._open(case.endpoint, verified)
        match verified.message_type:
            case MessageType.PKCS_REQ | MessageType.RENEWAL_REQ:
                await abreast()
                return await self.enrolling.answer(case, opened)
            case MessageType.GET_CERT:
                return await self._get_cert(case, opened)
            case MessageType.GET_CRL:
                return await self._get_crl(case, opened)
            case other:
                raise RequestRejectedError(
                    FailInfo.BAD_REQUEST,
                    f"a client does not send message type {other.value}",
                    remedy="look for another client: this one is broken",
                )

    def _open(self, endpoint: Endpoint, verified: VerifiedRequest) -> OpenedRequest:
        return open_request(
            verified,
            endpoint.all_recipients,
            algorithms=endpoint.policy.algorithms,
            substitute_key=self.enrolling.world.entropy(32),
        )

    async def _poll(self, case: Case, verified: VerifiedRequest) -> Success | Pending:
        """§3.3.3. Where no request waits, the envelope is not opened: nothing is learnt from it."""
        pending = self.enrolling.approving.polled(case, verified)
        case.opened = self._open(case.endpoint, verified)  # a reply mirrors its algorithms
        case.proven = True
        return await self.enrolling.poll(case, pending)

    async def _get_cert(self, case: Case, opened: OpenedRequest) -> Success:
        """§3.3.4: a certificate of this group by serial; other groups' are as good as absent."""
        wanted = payload_issuer_and_serial(opened)
        case.proven = True
        record = self.enrolling.store.certificate(wanted.serial)
        if record is None or record.group not in case.endpoint.groups:
            raise RequestRejectedError(
                FailInfo.BAD_CERT_ID,
                f"this group has no certificate with the serial {wanted.serial:x}",
                remedy="compare with 'onboard cert list': it may be of another group, or of another server",
            )
        await self._note_delivery(case, "certificate", serial=f"{record.serial:x}")
        return Success(certificates=(record.der,))

    async def _get_crl(self, case: Case, opened: OpenedRequest) -> Success:
        """§3.3.5: the CRL of whoever issued the certificate that is named, in a rollover perhaps the old CA.

        For one that is not of this group, that of the authority that issues here.
        """
        wanted = payload_issuer_and_serial(opened)
        case.proven = True
        record = self.enrolling.store.certificate(wanted.serial)
        is_ours = record is not None and record.group in case.endpoint.groups
        name = record.issuer if record and is_ours else case.endpoint.authority_for(opened.recipient).name
        crl = self.crls.crl(name)
        if crl is None:
            raise RequestRejectedError(
                FailInfo.BAD_CERT_ID,
                f"the authority {name!r} has no CRL here",
                remedy="fetch it from where the certificates say, or serve SCEP and CRLs together",
            )
        await self._note_delivery(case, "CRL")
        return Success(crl=crl)

    async def _note_delivery(self, case: Case, what: str, **details: str) -> None:
        await self._ledger.write(case.event(EventKind.DELIVERED, reason=f"{what} delivered", **details))

    async def _note_refusal(self, case: Case, error: RequestRejectedError) -> None:
        if isinstance(error, RefusedInStoreError):
            return
        event = case.refusal(error, challenge=error.challenge_id if isinstance(error, AlarmingError) else "")
        if not case.proven:
            await self._ledger.count(event)
            return
        await self._ledger.write(event)
        alarm = self.guesses.count(event) if isinstance(error, UnknownChallengeError) else None
        if alarm is not None:
            await self._ledger.write(alarm)

    @property
    def _ledger(self) -> Ledger:
        return self.enrolling.ledger

    def next_ca(self, endpoint: Endpoint) -> bytes | None:
        """The GetNextCACert answer (§4.7.1), signed by the current RA; None without a next authority."""
        certificates = endpoint.next_ca_certificates
        if certificates is None:
            return None
        return next_ca_certs(certificates, endpoint.recipients[0], signing_time=self.enrolling.world.clock())

    async def turned_away(self, endpoint: Endpoint, address: str) -> None:
        """Count a request that came too fast; it is not looked at and not logged by itself."""
        now = self.enrolling.world.clock()
        await self._ledger.turned_away(address, endpoint.group, "more requests than per_address allows", now)

    async def flush(self) -> None:
        """Record the counts of minutes that are over; called every minute."""
        await self._ledger.flush(self.enrolling.world.clock())

    async def close(self) -> None:
        """Record every count; called at shutdown."""
        await self._ledger.close()

    def _refused(self, case: Case, error: RequestRejectedError) -> Reply:
        return Reply(self._sealed(Failure(fail_info=error.fail_info, text=error.public), case))

    def _sealed(self, reply: CertRep, case: Case) -> bytes:
        world = self.enrolling.world
        nonce, content_entropy = world.entropy(16), world.entropy(48)
        algorithms = case.endpoint.policy.algorithms
        if case.opened is not None:
            return seal(
                reply,
                case.opened,
                case.signs_reply,
                sender_nonce=nonce,
                content_entropy=content_entropy,
                signing_time=case.now,
                algorithms=algorithms,
            )
        if not isinstance(reply, Failure) or case.signed is None:
            msg = "a request that was not opened can only be refused"
            raise TypeError(msg)
        return seal(
            reply,
            case.signed,
            case.signs_reply,
            sender_nonce=nonce,
            content_entropy=content_entropy,
            signing_time=case.now,
            algorithms=algorithms,
        )
