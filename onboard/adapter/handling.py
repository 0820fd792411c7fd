"""One notification from beginning to end: who sees the whole way, and the only one who catches."""

from __future__ import annotations

import asyncio
import contextlib
import enum
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key

from onboard.adapter import certification_request
from onboard.adapter.api import ChromeApi, Pause
from onboard.adapter.configuration import Desk, Settings
from onboard.adapter.errors import (
    AdapterError,
    ConflictError,
    DeniedError,
    GoneError,
    InterruptedByShutdownError,
    RejectedError,
    UnreadableError,
)
from onboard.adapter.issuing import Issuer
from onboard.adapter.journal import LOGGER, Decision, note
from onboard.adapter.notification import ProcessName, parse
from onboard.adapter.process import Process, read
from onboard.adapter.proof import Proof
from scep_server import csr
from scep_server.audit import EventKind
from scep_server.errors import RequestRejectedError
from scep_server.limits import TokenBuckets
from scep_server.messages import FailInfo
from scep_server.service import RefusedInStoreError
from scep_server.store import StoreError

_ACCOUNT: Final = "see that the adapter's account may use the Certificate Provisioning API of this customer"
_MESSAGE: Final = 500  # characters that a device's certificate page can show


class Verdict(enum.Enum):
    """What Pub/Sub is told."""

    DONE = "done"  # the outcome is durable: acknowledge
    LATER = "later"  # deliver again


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """Answers notifications; many at a time.

    Attributes:
        settings: the organization's.
        api: Google.
        issuer: gives certificates.
        proof: gets signatures.
        pause: waits; ends when the adapter stops.
        issued: bucket of certificates for each group; None: no limit.
        hold: seconds that a message is kept before it is given back, so that it does not run in circles.
    """

    settings: Settings
    api: ChromeApi
    issuer: Issuer
    proof: Proof
    pause: Pause
    issued: TokenBuckets | None = None
    hold: float = 30.0
    _turns: dict[str, asyncio.Lock] = field(default_factory=dict, repr=False)
    _running: dict[str, asyncio.Task[Verdict]] = field(default_factory=dict, repr=False)

    async def handle(self, data: bytes) -> Verdict:
        """Answer one notification; a second one for a process that is being answered waits for the first."""
        try:
            name = parse(data)
        except UnreadableError as error:
            note(Decision.DROPPED, "", str(error), remedy="see what else publishes to this topic")
            return Verdict.DONE
        task = self._running.get(name.resource)
        if task is None:
            task = asyncio.create_task(self._guarded(name))
            self._running[name.resource] = task
            task.add_done_callback(lambda _: self._running.pop(name.resource, None))
        return await asyncio.shield(task)

    async def _guarded(self, name: ProcessName) -> Verdict:
        try:
            return await self._answer(name)
        except GoneError as error:
            note(
                Decision.DROPPED, name.process, str(error), remedy="nothing: the device asks again by itself"
            )
            return Verdict.DONE
        except InterruptedByShutdownError:
            note(Decision.LATER, name.process, "the adapter stops")
            return Verdict.LATER
        except DeniedError as error:
            note(Decision.LATER, name.process, str(error), remedy=_ACCOUNT)
        except (AdapterError, StoreError) as error:
            note(Decision.LATER, name.process, str(error), remedy=getattr(error, "remedy", ""))
        except Exception:  # noqa: BLE001 # one process must not end the others, and the message comes again
            LOGGER.exception("process %s: unexpected", name.process)
        return await self._later()

    async def _later(self) -> Verdict:
        with contextlib.suppress(InterruptedByShutdownError):
            await self.pause(self.hold)
        return Verdict.LATER

    async def _answer(self, name: ProcessName) -> Verdict:
        process = read(await self.api.get(name.resource))
        if process.is_finished:
            note(Decision.FINISHED, name.process, process.failure)
            return Verdict.DONE
        if process.organization != self.settings.organization:
            note(
                Decision.LEFT,
                name.process,
                f"its CA connection refers to {process.organization[:80]!r}",
                remedy=f"for this organization write {self.settings.organization!r} in the Admin console",
            )
            return Verdict.DONE
        try:
            await self.api.claim(process.resource, self.settings.instance)
        except ConflictError:
            # Not done before it is finished: should the other one crash, its message may come to us.
            note(Decision.WAITING, name.process, "an adapter with another state folder has claimed it")
            return await self._later()
        return await self._settle(process)

    async def _settle(self, process: Process) -> Verdict:
        group = ""
        try:
            desk = self.settings.desk(process.group).of(process.holder)
            group = desk.group
            certificate = self.issuer.earlier(process) or await self._enrol(desk, process)
        except RequestRejectedError as error:
            return await self._refuse(process, group, error)
        return await self._deliver(process, group, certificate)

    async def _enrol(self, desk: Desk, process: Process) -> bytes:
        _demand_holder(desk, process)
        _demand_key(process)
        info = certification_request.to_be_signed(desk.policy, process.values, process.spki)
        signature = await self.proof.signature(process, info)
        request = csr.read(certification_request.assemble(info, signature))
        if self.issued is None:
            return await self.issuer.issue(desk, process, request)
        async with self._turns.setdefault(
            desk.group, asyncio.Lock()
        ):  # two that look at the bucket together would both find room for one
            await self._await_room(self.issued, desk.group)
            certificate = await self.issuer.issue(desk, process, request)
            self.issued.spend(desk.group, self.issuer.world.seconds())
        return certificate

    async def _await_room(self, issued: TokenBuckets, group: str) -> None:
        while not issued.has(group, self.issuer.world.seconds()):
            await self.pause(issued.wait(group, self.issuer.world.seconds()))

    async def _deliver(self, process: Process, group: str, certificate: bytes) -> Verdict:
        pem = x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM).decode()
        name = process.resource.rpartition("/")[2]
        try:
            await self.api.upload(process.resource, pem)
        except (ConflictError, RejectedError) as error:
            if read(await self.api.get(process.resource)).is_finished:  # by another attempt
                note(Decision.FINISHED, name)
                return Verdict.DONE
            refused = RequestRejectedError(
                FailInfo.BAD_REQUEST,
                f"Google does not take the certificate: {error}",
                remedy="compare the profile in the Admin console with the group's",
                public="the certificate could not be delivered",
            )
            return await self._refuse(process, group, refused)
        note(Decision.DELIVERED, name)
        return Verdict.DONE

    async def _refuse(self, process: Process, group: str, error: RequestRejectedError) -> Verdict:
        """Record why, then tell the device; the process is finished when Google knows it."""
        if not isinstance(error, RefusedInStoreError):
            event = self.issuer.event(
                process,
                EventKind.REFUSED,
                group,
                fail_info="badRequest",
                reason=error.reason,
                remedy=error.remedy,
            )
            await self.issuer.recorder.record(event)
            self.issuer.world.observe(event)
        name = process.resource.rpartition("/")[2]
        try:
            await self.api.fail(process.resource, self._message(error))
        except ConflictError:
            if not read(await self.api.get(process.resource)).is_finished:
                raise
        note(Decision.FAILED, name, error.reason)
        return Verdict.DONE

    def _message(self, error: RequestRejectedError) -> str:
        """What the device shows: never what is wrong inside, always whom to ask."""
        support = self.settings.support.email or self.settings.support.url
        ask = f"Ask {support}" if support else "Ask your administrator"
        public = error.public[:1].upper() + error.public[1:]
        return f"{public[:_MESSAGE]}. {ask}."


def _demand_holder(desk: Desk, process: Process) -> None:
    if process.holder is desk.holder:
        return
    wanted = "a person's session (user)" if desk.holder.value == "user" else "the device"
    raise RequestRejectedError(
        FailInfo.BAD_REQUEST,
        f"the group {desk.group!r} has certificates for {wanted}, and the profile asks for another",
        remedy=f"make the profile in the Admin console for {wanted}, or refer to another group",
        public="the certificate profile is for users where it should be for devices, or the reverse",
    )


def _demand_key(process: Process) -> None:
    """The device is not asked to sign with a key that no group takes."""
    try:
        is_rsa = isinstance(load_der_public_key(process.spki), rsa.RSAPublicKey)
    except (ValueError, UnsupportedAlgorithm):
        is_rsa = False
    if not is_rsa:
        raise RequestRejectedError(
            FailInfo.BAD_REQUEST,
            "the key of the device is not RSA",
            remedy="choose RSA with 2048 bits as the key type of the profile in the Admin console",
        )
