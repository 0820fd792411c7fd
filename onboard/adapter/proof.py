"""Has the device sign: asks, waits, and takes up again what an earlier attempt had begun."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from onboard.adapter.api import ChromeApi, Operation, Pause
from onboard.adapter.errors import ConflictError, RejectedError
from onboard.adapter.process import Process, read
from scep_server.errors import RequestRejectedError
from scep_server.messages import FailInfo

_LONGEST_POLL: Final = 30.0  # seconds between two looks
_GROWTH: Final = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Gets signatures.

    Attributes:
        api: Google.
        pause: waits between two looks.
        seconds: a monotonic clock.
        patience: seconds until a device that does not sign is given up.
        first_poll: seconds before the first look.
    """

    api: ChromeApi
    pause: Pause
    seconds: Callable[[], float]
    patience: float
    first_poll: float = 0.5

    async def signature(self, process: Process, data: bytes) -> bytes:
        """The device's signature over `data`.

        Raises:
            RequestRejectedError: the device refused, or took too long.
        """
        deadline = self.seconds() + self.patience
        operation = None
        if process.sign_data != data:
            try:
                operation = await self.api.sign(process.resource, data)
            except ConflictError:  # asked by an attempt of before, or at this moment by another adapter
                operation = None
            except RejectedError as error:
                raise _refusal(f"Google does not ask the device to sign: {error}") from error
        elif process.signature:
            return process.signature
        return await self._wait(process.resource, data, operation, deadline)

    async def _wait(self, resource: str, data: bytes, operation: Operation | None, deadline: float) -> bytes:
        wait = self.first_poll
        while True:
            if operation is not None and operation.error:
                raise _refusal(f"the device did not sign: {operation.error[:200]}")
            found = await self._look(resource, operation)
            if found is not None and found.is_finished:
                raise _refusal(f"the process ended while the device was to sign: {found.failure or 'issued'}")
            if found is not None and found.signature:
                if found.sign_data not in (b"", data):
                    raise _refusal("the device signed for a profile that has changed since")
                return found.signature
            if self.seconds() >= deadline:
                raise _refusal(f"the device did not sign within {self.patience:.0f} seconds")
            await self.pause(wait)
            wait = min(wait * _GROWTH, _LONGEST_POLL)
            if operation is not None and not operation.done:
                operation = await self.api.operation(operation.name)

    async def _look(self, resource: str, operation: Operation | None) -> Process | None:
        """The process as it is now; None while its operation is not done."""
        if operation is None:
            return read(await self.api.get(resource))
        if not operation.done:
            return None
        if operation.process is not None:
            found = read(operation.process)
            if found.signature:
                return found
        return read(await self.api.get(resource))


def _refusal(reason: str) -> RequestRejectedError:
    return RequestRejectedError(
        FailInfo.BAD_REQUEST,
        reason,
        remedy="the device asks again after a day or a restart; if it never signs, look at its settings page",
        public="the device did not sign in time; restart it to try again",
    )
