"""From an approval to a certificate on record: draws its serial and settles what the store says of it."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from scep_server.authority import Issued
from scep_server.errors import RequestRejectedError
from scep_server.messages import FailInfo
from scep_server.policy import Approval
from scep_server.service.ports import Recorder, World
from scep_server.store import (
    AlreadyIssued,
    CertificateRecord,
    Issuance,
    Recorded,
    SerialTaken,
    Spent,
)
from scep_server.store.rules import objection_event, repeated_event, rival_event

_DRAWS: Final = 3  # serials have 127 random bits: a second draw is a broken entropy source, not bad luck


class RefusedInStoreError(RequestRejectedError):
    """The voucher failed in the transaction; the audit event is written already."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What the store has for a request.

    Attributes:
        der: the certificate, on record.
        is_new: it was recorded now, and not for an earlier copy of the request.
    """

    der: bytes = field(repr=False)
    is_new: bool


async def settle(make: Callable[[int], Awaitable[Issuance]], *, recorder: Recorder, world: World) -> Settled:
    """Make a certificate, put it on record, and tell the observer how that ended.

    Args:
        make: the certificate with this serial; called again when the serial is taken.
        recorder: makes it durable.
        world: entropy and observer.

    Raises:
        RefusedInStoreError: what vouched for the request does not any more.
        RequestRejectedError: every serial that was drawn is taken.
        StoreError: nothing was recorded.
    """
    for _ in range(_DRAWS):
        issuance = await make(int.from_bytes(world.entropy(16), "big") >> 1 or 1)
        match await recorder.record(issuance):
            case Recorded(rival):
                world.observe(issuance.event)
                if rival:
                    world.observe(rival_event(issuance.event))
                return Settled(issuance.certificate.der, is_new=True)
            case AlreadyIssued(certificate=der, serial=before):
                world.observe(repeated_event(issuance.event, before))
                return Settled(der, is_new=False)
            case Spent(objection):
                event = objection_event(issuance.event, objection)
                world.observe(event)
                raise RefusedInStoreError(FailInfo.BAD_REQUEST, event.reason, remedy=event.remedy)
            case SerialTaken():
                continue
    raise RequestRejectedError(
        FailInfo.BAD_REQUEST,
        f"{_DRAWS} random serials in a row were taken",
        remedy="the entropy source of this machine is broken; issue nothing until it is repaired",
    )


def certificate_record(
    issued: Issued,
    approval: Approval,
    *,
    issuer: str,
    group: str,
    request: bytes,
    now: datetime,
    renews: int | None,
) -> CertificateRecord:
    """What is kept of a certificate.

    Args:
        issued: the certificate.
        approval: what it was made from.
        issuer: name of the authority.
        group: that it was made for.
        request: `RequestKey.digest()`.
        now: aware UTC.
        renews: serial of the certificate that it renews.
    """
    return CertificateRecord(
        serial=issued.serial,
        issuer=issuer,
        group=group,
        request=request,
        subject=issued.subject,
        identity=approval.identity.value,
        values=approval.values,
        challenge=approval.challenge_id,
        profile=approval.profile,
        spki=hashlib.sha256(approval.spki).digest(),
        not_before=issued.not_before,
        not_after=issued.not_after,
        issued=now,
        der=issued.der,
        renews=renews,
    )
