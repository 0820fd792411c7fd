"""What speaks for a request: a minted challenge, the certificate that signed it, or a static challenge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from scep_server.challenges import Challenge, StaticChallenge, digest, is_from, matching_static
from scep_server.errors import RequestRejectedError
from scep_server.messages import Csr, FailInfo
from scep_server.pkimessage import VerifiedRequest
from scep_server.policy import Approval, Grant, Identity
from scep_server.service.endpoint import ApprovalQueue, Endpoint
from scep_server.store import CertificateRecord, Objection, ReadingStore, Vouch, Voucher
from scep_server.store.rules import challenge_objection, objection_text

_MINT = "mint a challenge for the device"


class AlarmingError(RequestRejectedError):
    """A challenge was used beyond what it was given for (RFC 8894 §7.3): somebody should look.

    Attributes:
        challenge_id: which.
    """

    def __init__(self, challenge_id: str, objection: Objection) -> None:
        reason, remedy = objection_text(objection)
        super().__init__(FailInfo.BAD_REQUEST, reason, remedy=remedy)
        self.challenge_id = challenge_id


class UnknownChallengeError(RequestRejectedError):
    """A challenge that nobody here ever minted or shared: a stale payload, or a guess."""

    def __init__(self) -> None:
        super().__init__(
            FailInfo.BAD_REQUEST,
            "the challenge is not known here",
            remedy="compare the payload's challenge with the group's",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Warrant:
    """What the policy is asked with, and what the store checks again in its transaction.

    Attributes:
        grant: for the policy.
        voucher: for the store; an APPROVAL without id is a request that has to be queued first.
        renewed: the certificate that vouches, of a renewal.
    """

    grant: Grant
    voucher: Voucher
    renewed: CertificateRecord | None = None

    @property
    def is_queued(self) -> bool:
        """Whether the request has to wait for a person."""
        return self.voucher.kind is Vouch.APPROVAL and not self.voucher.id

    def check(self, approval: Approval) -> None:
        """Hold a renewal to what the renewed certificate says.

        A profile may have got new variables since; what nobody vouched for then is not vouched for now.

        Raises:
            RequestRejectedError: the request names more than the certificate that vouches for it.
        """
        if self.renewed is None:
            return
        new = sorted(approval.values.keys() - self.renewed.values.keys())
        if new:
            raise _refusal(
                f"the renewal names {', '.join(new)}, which the renewed certificate does not", _MINT
            )


def find_warrant(
    endpoint: Endpoint,
    verified: VerifiedRequest,
    csr: Csr,
    *,
    store: ReadingStore,
    pepper: bytes,
    address: str,
    now: datetime,
) -> Warrant:
    """The best that speaks for a request: minted challenge, then renewal, then static challenge.

    A minted challenge comes first, because it may give the device a new identity. A renewal comes before
    a static challenge, because it keeps what is known about the identity; macOS renews with PKCSReq and
    its old challenge, signed by the old certificate, so the message type decides nothing.

    Raises:
        RequestRejectedError: nothing does; the reason is the one closest to a success.
    """
    digested = None if not (csr.challenge and csr.challenge.reveal()) else digest(csr.challenge, pepper)
    minted = None if digested is None else store.challenge(digested)
    objection = None if minted is None else challenge_objection(minted, endpoint.groups, now)
    if minted is not None and objection is None:
        return _of_minted(minted)
    signer = _own(verified, store)
    unfit = None if signer is None else _renewal_problem(endpoint, signer, now)
    if signer is not None and unfit is None:
        return _of_renewal(signer)
    static = None if digested is None else matching_static(digested, endpoint.static)
    if static is not None:
        return _of_static(static, address, now)
    queue = endpoint.approval
    guard = None if digested is None or queue is None else matching_static(digested, queue.guards)
    if guard is not None and queue is not None:
        _demand_static(guard, address, now)
        return _of_queue(queue, address)
    if minted is not None and objection is not None:
        raise _minted_refusal(minted, objection)
    if digested is not None:
        raise UnknownChallengeError
    if unfit is not None:
        raise unfit
    if queue is not None and not queue.guards:
        return _of_queue(queue, address)
    raise _refusal(
        "the request has no challenge and is not signed by a certificate from here",
        "put a challenge into the payload, or let the device renew with its certificate",
    )


def _own(verified: VerifiedRequest, store: ReadingStore) -> CertificateRecord | None:
    """The record of the signer's certificate if it came from this store, byte for byte."""
    record = store.certificate(verified.signer_identity.serial)
    return record if record is not None and record.der == verified.signer_der else None


def _renewal_problem(
    endpoint: Endpoint, signer: CertificateRecord, now: datetime
) -> RequestRejectedError | None:
    policy = endpoint.policies_of(signer.profile)[0]
    opens = signer.not_after - policy.renew_within
    if signer.group not in endpoint.groups:
        return _refusal(f"the signer's certificate is of group {signer.group!r}", _MINT)
    if signer.revoked is not None:
        return _refusal(f"the signer's certificate was revoked on {signer.revoked:%Y-%m-%d}", _MINT)
    if now >= signer.not_after + policy.renew_after_expiry:
        return _refusal(f"the signer's certificate expired on {signer.not_after:%Y-%m-%d}", _MINT)
    if now < opens:
        return _refusal(
            f"the signer's certificate can be renewed from {opens:%Y-%m-%d} on",
            "raise renew_within in the profile if devices shall renew earlier",
        )
    return None


def _of_minted(minted: Challenge) -> Warrant:
    return Warrant(
        grant=Grant(challenge_id=minted.id, bound=minted.bound, asserted=False),
        voucher=Voucher(kind=Vouch.ONE_TIME, id=minted.id),
    )


def _of_renewal(signer: CertificateRecord) -> Warrant:
    asserted = signer.identity != Identity.BOUND.value
    return Warrant(
        grant=Grant(challenge_id=signer.challenge, bound=signer.values, asserted=asserted),
        voucher=Voucher(kind=Vouch.RENEWAL, id=signer.challenge, serial=signer.serial),
        renewed=signer,
    )


def _of_static(static: StaticChallenge, address: str, now: datetime) -> Warrant:
    _demand_static(static, address, now)
    return Warrant(
        grant=Grant(challenge_id=static.id, asserted=True),
        voucher=Voucher(kind=Vouch.STATIC, id=static.id, uses=static.uses),
    )


def _demand_static(static: StaticChallenge, address: str, now: datetime) -> None:
    if static.expires is not None and now >= static.expires:
        raise _refusal(
            f"the static challenge {static.id} expired on {static.expires:%Y-%m-%d}",
            "rotate it and renew the payloads that carry it",
        )
    if static.addresses and not is_from(address, static.addresses):
        raise _refusal(
            f"the static challenge {static.id} is not taken from {address}",
            "add the address to the challenge's `addresses` if devices enrol from there",
        )


def _of_queue(queue: ApprovalQueue, address: str) -> Warrant:
    """A place in the queue; what stands there vouches for nothing until a person says so."""
    if queue.addresses and not is_from(address, queue.addresses):
        raise _refusal(
            f"requests from {address} are not queued",
            "add the address to the challenge's `addresses` if devices enrol from there",
        )
    return Warrant(grant=Grant(challenge_id="", asserted=True), voucher=Voucher(kind=Vouch.APPROVAL, id=""))


def _minted_refusal(minted: Challenge, objection: Objection) -> RequestRejectedError:
    if objection is Objection.SPENT:
        return AlarmingError(minted.id, objection)
    if objection is Objection.UNKNOWN:
        return _refusal(
            f"the challenge {minted.id} was minted for another group",
            "point the device's payload to the group that the challenge was minted for",
        )
    if objection is Objection.EXPIRED:
        return _refusal(f"the challenge {minted.id} expired on {minted.expires:%Y-%m-%d %H:%M} UTC", _MINT)
    return _refusal(f"the challenge {minted.id} was {objection.value}", _MINT)


def _refusal(reason: str, remedy: str) -> RequestRejectedError:
    return RequestRejectedError(FailInfo.BAD_REQUEST, reason, remedy=remedy)
