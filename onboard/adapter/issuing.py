"""From a proven request to a recorded certificate: the policy, authority and store of the SCEP server.

Google's word stands where a challenge stands elsewhere: each process gets a voucher, a challenge on record
that nobody can say, bound to what Google told of the device. Recording the certificate spends it in the same
transaction, so one process gets one certificate, however many adapters try and whenever they crash.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from onboard.adapter.configuration import Desk
from onboard.adapter.process import Process
from onboard.variables import Holder
from scep_server.audit import Event, EventKind
from scep_server.authority import Issued
from scep_server.challenges import Challenge, ChallengeState
from scep_server.errors import RequestRejectedError
from scep_server.messages import Csr, FailInfo, MessageType, TransactionID
from scep_server.policy import Approval, Grant, authorize
from scep_server.service import Recorder, World, certificate_record, settle
from scep_server.store import (
    Issuance,
    RequestKey,
    Store,
    StoreError,
    StoreUnavailableError,
    UnusableStoreError,
    Vouch,
    Voucher,
    subjects_under,
)
from scep_server.weakkeys import weak_key_reason

MESSAGE_TYPE: Final = "ChromeOS"  # what the audit trail calls such a request
_VOUCHED_FOR: Final = timedelta(days=31)  # the longest that Pub/Sub keeps a message
_VOUCHER: Final = "google-"  # how the ids of vouchers begin
_SIGNER: Final = b"google"  # where a SCEP request has its signer's certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Gives certificates to processes.

    Attributes:
        store: for look-ups and vouchers; certificates go through `recorder`.
        recorder: makes the record durable.
        key: of the vouchers' names.
        world: clock, entropy and observer.
    """

    store: Store
    recorder: Recorder
    key: bytes = field(repr=False)
    world: World

    def earlier(self, process: Process) -> bytes | None:
        """The certificate that the process got before, DER; None: it got none.

        Raises:
            RequestRejectedError: it is not good any more.
        """
        voucher = self.store.challenge(self._digest(process))
        if voucher is None or voucher.spent_by is None:
            return None
        record = self.store.certificate(voucher.spent_by)
        if record is None or not record.is_valid(self.world.clock()):
            raise RequestRejectedError(
                FailInfo.BAD_REQUEST,
                f"the certificate {voucher.spent_by:x} of this process was revoked or has expired",
                remedy="let the device ask again: restart it, or wait a day",
            )
        return record.der

    async def issue(self, desk: Desk, process: Process, csr: Csr) -> bytes:
        """A certificate, DER, once it is on record.

        Raises:
            RequestRejectedError: refused.
            StoreError: nothing was recorded.
        """
        _demand_sound_key(desk, csr)
        voucher = self._voucher(desk, process)
        grant = Grant(challenge_id=voucher.id, bound=voucher.bound, asserted=False)
        approval = authorize(csr, desk.policy, grant)
        await self._put_on_record(voucher)
        return await self._record(desk, process, approval)

    def event(self, process: Process, kind: EventKind, group: str, **details: str) -> Event:
        """What happened to a process, for the audit trail."""
        return Event(
            at=self.world.clock(),
            kind=kind,
            group=group,
            message_type=MESSAGE_TYPE,
            transaction=process.resource.rpartition("/")[2],
            **details,  # type: ignore[arg-type] # details are text fields
        )

    def _digest(self, process: Process) -> bytes:
        return hmac.digest(self.key, process.resource.encode(), "sha256")

    def _voucher(self, desk: Desk, process: Process) -> Challenge:
        now, digest = self.world.clock(), self._digest(process)
        return Challenge(
            id=f"{_VOUCHER}{hashlib.sha256(digest).hexdigest()[:16]}",
            group=desk.group,
            digest=digest,
            bound=_bound(desk, process),
            minted=now,
            expires=now + _VOUCHED_FOR,
        )

    async def _put_on_record(self, voucher: Challenge) -> None:
        try:
            await asyncio.to_thread(self.store.add_challenges, [voucher])
        except (StoreUnavailableError, UnusableStoreError):
            raise
        except StoreError as error:  # by an earlier attempt, or another adapter's
            found = self.store.challenge(voucher.digest)
            if found is None or (found.group, dict(found.bound)) != (voucher.group, dict(voucher.bound)):
                raise RequestRejectedError(
                    FailInfo.BAD_REQUEST,
                    "the group or the identity changed while the process was under way",
                    remedy="let the device ask again: restart it, or wait a day",
                ) from error
            if found.state(self.world.clock()) is ChallengeState.EXPIRED:
                raise RequestRejectedError(
                    FailInfo.BAD_REQUEST,
                    f"the process was vouched for on {found.minted:%Y-%m-%d}, too long ago",
                    remedy="let the device ask again: restart it, or wait a day",
                ) from error

    async def _record(self, desk: Desk, process: Process, approval: Approval) -> bytes:
        async def make(serial: int) -> Issuance:
            issued = desk.authority.make(approval, serial=serial, now=self.world.clock())
            renews = await asyncio.to_thread(self._renewed, desk, issued.subject)
            return self._issuance(desk, process, approval, issued, renews)

        return (await settle(make, recorder=self.recorder, world=self.world)).der

    def _renewed(self, desk: Desk, subject: str) -> int | None:
        """The certificate that a device renews, so that `max_active` does not count it twice; None: none.

        A Chromebook renews with a new key and says nothing of the old one. A device is told by its name; a
        person may have several Chromebooks, so each certificate of a person counts.
        """
        if desk.policy.max_active is None or desk.holder is not Holder.DEVICE:
            return None
        now = self.world.clock()
        groups = (desk.group, *desk.formerly)
        subjects = subjects_under(subject, groups)
        found = [
            record
            for group in groups
            for record in self.store.certificates(group)
            if record.subject in subjects and record.challenge.startswith(_VOUCHER) and record.is_valid(now)
        ]
        found.sort(key=lambda record: record.issued)
        return found[-1].serial if found else None

    def _issuance(
        self, desk: Desk, process: Process, approval: Approval, issued: Issued, renews: int | None
    ) -> Issuance:
        record = certificate_record(
            issued,
            approval,
            issuer=desk.authority.name,
            group=desk.group,
            request=_request_key(desk, process),
            now=self.world.clock(),
            renews=renews,
        )
        event = self.event(
            process,
            EventKind.ISSUED,
            desk.group,
            serial=f"{record.serial:x}",
            subject=record.subject,
            identity=record.identity,
            challenge=record.challenge,
        )
        voucher = Voucher(kind=Vouch.ONE_TIME, id=approval.challenge_id, serial=renews)
        return Issuance(
            certificate=record,
            voucher=voucher,
            event=event,
            max_active=desk.policy.max_active,
            formerly=desk.formerly,
        )


def _request_key(desk: Desk, process: Process) -> bytes:
    """What makes two attempts at one process the same request."""
    return RequestKey(
        group=desk.group,
        issuer=desk.authority.name,
        message_type=MessageType.PKCS_REQ,
        transaction=TransactionID(process.resource),
        signer=_SIGNER,
        csr=process.spki,
    ).digest()


def _bound(desk: Desk, process: Process) -> Mapping[str, str]:
    return {name: value for name, value in process.values.items() if name in desk.policy.variables}


def _demand_sound_key(desk: Desk, csr: Csr) -> None:
    minimum = desk.policy.minimum_key_bits
    reason = weak_key_reason(csr.modulus, csr.exponent, minimum_bits=minimum) if csr.modulus else None
    if reason is not None:
        raise RequestRejectedError(
            FailInfo.BAD_REQUEST, reason, remedy="set the key size of the profile in the Admin console"
        )
